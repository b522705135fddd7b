import ShardBackend
import ShardBase
import ShardTopology
import ShardValues
import Synchronization

@testable import ShardExecutor

/// A shard whose statements answer scripted rows; it counts leases and finds calls that overlap on one connection.
final class FakeShard: ShardDatabase {
    enum Script: Sendable {
        case rows([[Value]])
        /// Rows, then an error at the first refill.
        case failing([[Value]])
        /// Rows, then a refill that waits for cancellation.
        case hanging([[Value]])
    }

    private struct State {
        var leased = 0
        var released = 0
        var overlaps = 0
        var openCursors = 0
        var transactions = 0
        var leftOpen = 0
        var statements: [String] = []
    }

    let name: String
    let columnCount: Int
    private let scripts: [String: Script]
    private let state = Mutex(State())
    let workExecutor: (any TaskExecutor)?

    /// - Parameter scripts: by statement text.
    init(_ name: String, columnCount: Int, scripts: [String: Script], executor: (any TaskExecutor)? = nil) {
        self.name = name
        self.columnCount = columnCount
        self.scripts = scripts
        workExecutor = executor
    }

    var leased: Int { state.withLock { $0.leased } }
    var released: Int { state.withLock { $0.released } }
    var overlaps: Int { state.withLock { $0.overlaps } }
    var openCursors: Int { state.withLock { $0.openCursors } }
    var transactions: Int { state.withLock { $0.transactions } }
    /// Connections given back inside a transaction.
    var leftOpen: Int { state.withLock { $0.leftOpen } }

    func acquire(_ purpose: ConnectionPurpose, settings: SessionSettings) async throws -> any ShardConnection {
        state.withLock { $0.leased += 1 }
        return Connection(shard: self)
    }

    func release(_ connection: any ShardConnection) {
        state.withLock {
            $0.released += 1
            if connection.isInTransaction { $0.leftOpen += 1 }
        }
    }

    func close() async {}

    final class Connection: ShardConnection {
        private let shard: FakeShard
        private let isBusy = Atomic<Bool>(false)
        private let inTransaction = Atomic<Bool>(false)

        init(shard: FakeShard) { self.shard = shard }

        var isInTransaction: Bool { inTransaction.load(ordering: .relaxed) }

        /// Marks a call; two at a time are an overlap.
        func call<Result>(_ body: () async throws -> Result) async throws -> Result {
            if isBusy.exchange(true, ordering: .acquiringAndReleasing) { shard.state.withLock { $0.overlaps += 1 } }
            defer { isBusy.store(false, ordering: .releasing) }
            await Task.yield()
            return try await body()
        }

        func query(_ statement: ShardStatement, values: [Value], rowLimit: Int) async throws -> QueryStart {
            try await call {
                guard let script = shard.scripts[statement.sql] else {
                    throw ShardError(.engine, "no such statement: \(statement.sql)")
                }
                let rows: [[Value]]
                switch script {
                case .rows(let all), .failing(let all), .hanging(let all): rows = all
                }
                var batch = RowBatch(columnCount: shard.columnCount)
                for row in rows.prefix(rowLimit) { batch.append(row) }
                if case .rows = script, rows.count <= rowLimit {
                    return QueryStart(columns: [], batch: batch)
                }
                shard.state.withLock { $0.openCursors += 1 }
                let cursor = Cursor(
                    connection: self, shard: shard, script: script, rows: Array(rows.dropFirst(rowLimit)),
                    limit: rowLimit)
                return QueryStart(columns: [], batch: batch, cursor: cursor)
            }
        }

        func execute(_ statement: ShardStatement, values: [Value]) async throws -> WriteOutcome {
            try await call {
                if statement.sql == "BEGIN" {
                    inTransaction.store(true, ordering: .relaxed)
                    shard.state.withLock { $0.transactions += 1 }
                }
                if statement.sql == "COMMIT" { inTransaction.store(false, ordering: .relaxed) }
                return WriteOutcome()
            }
        }

        func executeScript(_ sql: String) async throws {}

        func openSnapshot() async throws { _ = try await execute(ShardStatement("BEGIN"), values: []) }
    }

    final class Cursor: ShardCursor {
        private let connection: Connection
        private let shard: FakeShard
        private let script: Script
        private let limit: Int
        private let rows: Mutex<[[Value]]>
        private let isOpen = Atomic<Bool>(true)
        let outcome = WriteOutcome()

        init(connection: Connection, shard: FakeShard, script: Script, rows: [[Value]], limit: Int) {
            self.connection = connection
            self.shard = shard
            self.script = script
            self.limit = limit
            self.rows = Mutex(rows)
        }

        func next(_ recycled: consuming RowBatch) async throws -> RowBatch {
            var batch = recycled
            batch.removeAll()
            let columnCount = shard.columnCount
            precondition(batch.columnCount == columnCount)
            let next = try await connection.call { () -> [[Value]] in
                switch script {
                case .rows: break
                case .failing:
                    if rows.withLock({ $0.isEmpty }) { throw ShardError(.engine, "the shard broke") }
                case .hanging:
                    if rows.withLock({ $0.isEmpty }) {
                        try? await Task.sleep(for: .seconds(60))
                        throw ShardError(.cancelled, "interrupted")
                    }
                }
                return rows.withLock { rows in
                    let next = Array(rows.prefix(limit))
                    rows.removeFirst(next.count)
                    return next
                }
            }
            for row in next { batch.append(row) }
            return batch
        }

        func close() {
            if isOpen.exchange(false, ordering: .relaxed) { shard.state.withLock { $0.openCursors -= 1 } }
        }
    }
}

extension RowBatch {
    mutating func append(_ row: [Value]) {
        for value in row { append(value) }
        endRow()
    }
}

/// Connections one by one, where nobody commits.
protocol PlainProvider: ConnectionProvider {}

extension PlainProvider {
    func snapshots(of shards: [ShardIndex]) async throws -> [any ShardConnection] {
        var leased: [any ShardConnection] = []
        do {
            for shard in shards { leased.append(try await connection(for: shard)) }
        } catch {
            for (shard, connection) in zip(shards, leased) { giveBack(connection, of: shard) }
            throw error
        }
        return leased
    }

    func withMoment<Result>(
        of shards: [ShardIndex], _ body: ([any ShardConnection]) async throws -> Result
    ) async throws -> Result {
        let leased = try await snapshots(of: shards)
        defer { for (shard, connection) in zip(shards, leased) { giveBack(connection, of: shard) } }
        return try await body(leased)
    }
}

/// Leases from fakes and counts what comes back.
struct FakeProvider: PlainProvider {
    let shards: [FakeShard]

    func connection(for shard: ShardIndex) async throws -> any ShardConnection {
        try await shards[shard].acquire(.read, settings: .engineDefaults)
    }

    func giveBack(_ connection: any ShardConnection, of shard: ShardIndex) { shards[shard].release(connection) }

    /// Every lease came back once and outside of transactions, no cursor is open, no calls met on one connection.
    var isClean: Bool {
        shards.allSatisfy { $0.leased == $0.released && $0.openCursors == 0 && $0.overlaps == 0 && $0.leftOpen == 0 }
    }
}
