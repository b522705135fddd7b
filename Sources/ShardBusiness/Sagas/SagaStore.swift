import ShardBackend
import ShardBase
import ShardValues

/// Sagas in the catalog: each a row, with the lease of who runs it. Every change asks for the fencing token, so one that was
/// stopped for longer than its lease writes nothing.
struct SagaStore: Sendable {
    let store: BusinessStore

    /// A saga that is ours for now.
    struct Claim: Sendable {
        var id: String
        var definition: String
        var input: String
        var state: SagaState
        var token: Int64
    }

    /// Stores a saga, unless one was started by the same request.
    ///
    /// - Returns: the id of the one that is there, and whether it is new.
    func start(
        _ id: String, definition: String, request: String, input: String, state: SagaState
    ) async throws -> (id: String, isNew: Bool) {
        try await store.write { connection in
            let now = store.wall
            let outcome = try await connection.execute(
                StoreStatements.newSaga,
                values: [
                    .text(id), .text(definition), .text(request), .text(input), .text(state.status.rawValue),
                    .text(try SagaJSON.text(state)), .integer(now), .integer(now), .integer(now),
                ])
            if outcome.changes > 0 { return (id, true) }
            let row = try await connection.rows(
                StoreStatements.sagaOfRequest, [.text(definition), .text(request)]
            ).first
            guard let row else { throw [Value].damaged }
            guard try row.text(1) == input else {
                throw ShardError(
                    .alreadyExists, "the request \(request) has started a saga of \(definition) with another input",
                    hint: "One request is one saga: ask again with the same input, or under another name.")
            }
            return (try row.text(0), false)
        }
    }

    /// Takes a saga that is under way and that nobody runs.
    ///
    /// - Parameter definitions: known here.
    func claim(_ id: String, owner: String, lease: Duration, definitions: Set<String>) async throws -> Claim? {
        try await store.write { connection in
            let statement = store.isServer ? StoreStatements.sagaForUpdate : StoreStatements.saga
            guard let row = try await connection.rows(statement, [.text(id)]).first else { return nil }
            let definition = try row.text(0)
            guard definitions.contains(definition),
                let status = SagaState.Status(rawValue: try row.text(2)), status.isUnderWay
            else { return nil }
            let now = try await store.now(connection)
            if try row.optionalText(4) != nil, try row.text(7) == store.epoch, try row.integer(6) > now { return nil }
            let token = try row.integer(5) + 1
            _ = try await connection.execute(
                StoreStatements.claimSaga,
                values: [
                    .text(owner), .integer(token), .integer(now + lease.milliseconds), .text(store.epoch), .text(id),
                ])
            return Claim(
                id: id, definition: definition, input: try row.text(1), state: try SagaJSON.value(try row.text(3)),
                token: token)
        }
    }

    /// - Returns: false when it is not ours any more; nothing is written then.
    func renew(_ claim: Claim, lease: Duration) async throws -> Bool {
        try await store.write { connection in
            let now = try await store.now(connection)
            let outcome = try await connection.execute(
                StoreStatements.renewSaga,
                values: [
                    .integer(now + lease.milliseconds), .text(claim.id), .integer(claim.token), .integer(now),
                    .text(store.epoch),
                ])
            return outcome.changes > 0
        }
    }

    /// - Parameter due: given back, to be gone on with from this time on, in milliseconds since 1970; nil: it stays ours.
    /// - Returns: false when it is not ours any more; nothing is written then.
    func save(_ claim: Claim, givenBackFor due: Int64? = nil) async throws -> Bool {
        try await store.write { connection in
            let outcome = try await connection.execute(
                due == nil ? StoreStatements.saveSaga : StoreStatements.saveAndReleaseSaga,
                values: [
                    .text(claim.state.status.rawValue), .text(try SagaJSON.text(claim.state)), .integer(due ?? 0),
                    .integer(store.wall), .text(claim.id), .integer(claim.token),
                ])
            return outcome.changes > 0
        }
    }

    /// Sagas that are under way and due, and that nobody runs.
    func due(limit: Int) async throws -> [(id: String, definition: String)] {
        try await store.read { connection in
            let now = try await store.now(connection)
            return try await connection.rows(
                StoreStatements.dueSagas,
                [.integer(store.wall), .integer(now), .text(store.epoch), .integer(Int64(limit))]
            ).map { (try $0.text(0), try $0.text(1)) }
        }
    }

    func report(_ id: String) async throws -> SagaReport? {
        try await store.read { try await $0.rows(StoreStatements.sagaReport, [.text(id)]).first.map(SagaReport.init) }
    }

    func reports(underWayOnly: Bool) async throws -> [SagaReport] {
        try await store.read { connection in
            try await connection.rows(underWayOnly ? StoreStatements.openSagas : StoreStatements.sagas)
                .map(SagaReport.init)
        }
    }

    /// Lets a saga go on that needs attention.
    ///
    /// - Returns: whether there was one.
    func retry(_ id: String) async throws -> Bool {
        try await store.write { connection in
            let statement = store.isServer ? StoreStatements.sagaForUpdate : StoreStatements.saga
            guard let row = try await connection.rows(statement, [.text(id)]).first else { return false }
            var state: SagaState = try SagaJSON.value(try row.text(3))
            guard state.retry() else { return false }
            _ = try await connection.execute(
                StoreStatements.reviveSaga,
                values: [
                    .text(state.status.rawValue), .text(try SagaJSON.text(state)), .integer(store.wall), .text(id),
                ])
            return true
        }
    }

    func forget(endedBefore time: Int64) async throws -> Int64 {
        try await store.write { connection in
            try await connection.execute(StoreStatements.forgetSagas, values: [.integer(time)]).changes
        }
    }
}

/// A saga as somebody else sees it.
public struct SagaReport: Sendable, Hashable {
    public var id: String
    /// Name and version of its definition.
    public var definition: String
    /// Who asked for it: two of one request are one.
    public var request: String
    public var state: SagaState
    /// Milliseconds since 1970.
    public var started: Int64
    /// Milliseconds since 1970: when something was last written down of it.
    public var changed: Int64

    init(_ row: [Value]) throws {
        id = try row.text(0)
        definition = try row.text(1)
        request = try row.text(2)
        state = try SagaJSON.value(try row.text(3))
        started = try row.integer(4)
        changed = try row.integer(5)
    }
}
