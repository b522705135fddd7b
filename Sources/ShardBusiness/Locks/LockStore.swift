import ShardBackend
import ShardBase
import ShardValues

/// Reads a lock's record, has it decide, and stores what has changed, in one transaction.
struct LockStore: Sendable {
    let store: BusinessStore

    func record(of name: String) async throws -> (record: LockRecord, now: Int64) {
        try await store.read { connection in
            (try await load(name, connection, locking: false), try await store.now(connection))
        }
    }

    func names() async throws -> [String] {
        try await store.read { try await $0.rows(StoreStatements.lockNames).map { try $0.text(0) } }
    }

    func change<Result>(
        _ name: String, _ body: (inout LockRecord, _ now: Int64) throws -> Result
    ) async throws -> Result {
        try await store.write { connection in
            _ = try await connection.execute(StoreStatements.newLock, values: [.text(name)])
            let before = try await load(name, connection, locking: store.isServer)
            // After the row is locked: what was waited for it counts.
            let now = try await store.now(connection)
            var after = before
            let result = try body(&after, now)
            try await put(after, before, name, connection)
            return result
        }
    }

    private func load(_ name: String, _ connection: any ShardConnection, locking: Bool) async throws -> LockRecord {
        let statement = locking ? StoreStatements.lockForUpdate : StoreStatements.lock
        guard let row = try await connection.rows(statement, [.text(name)]).first else { return LockRecord() }
        let token = try row.integer(0)
        var holder: LockRecord.Holder?
        if let owner = try row.optionalText(2) {
            holder = LockRecord.Holder(owner: owner, token: token, expires: try time(row, 3))
        }
        let waiters = try await connection.rows(StoreStatements.waiters, [.text(name)]).map { row in
            LockRecord.Waiter(ticket: try row.integer(0), owner: try row.text(1), expires: try time(row, 2))
        }
        return LockRecord(token: token, ticket: try row.integer(1), holder: holder, waiters: waiters)
    }

    /// What another run of the system has promised is over.
    private func time(_ row: [Value], _ column: Int) throws -> Int64 {
        try row.text(column + 1) == store.epoch ? try row.integer(column) : Int64.min
    }

    private func put(
        _ after: LockRecord, _ before: LockRecord, _ name: String, _ connection: any ShardConnection
    ) async throws {
        if after.holder != before.holder || after.token != before.token || after.ticket != before.ticket {
            _ = try await connection.execute(
                StoreStatements.putLock,
                values: [
                    .integer(after.token), .integer(after.ticket), after.holder.map { .text($0.owner) } ?? .null,
                    .integer(after.holder?.expires ?? 0), .text(store.epoch), .text(name),
                ])
        }
        for waiter in after.waiters where !before.waiters.contains(waiter) {
            _ = try await connection.execute(
                StoreStatements.putWaiter,
                values: [
                    .text(name), .integer(waiter.ticket), .text(waiter.owner), .integer(waiter.expires),
                    .text(store.epoch),
                ])
        }
        for waiter in before.waiters where !after.waiters.contains(where: { $0.ticket == waiter.ticket }) {
            _ = try await connection.execute(
                StoreStatements.dropWaiter, values: [.text(name), .integer(waiter.ticket)])
        }
    }
}
