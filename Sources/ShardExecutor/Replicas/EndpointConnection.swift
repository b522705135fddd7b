import ShardBackend
import ShardBase
import ShardReplicas
import ShardValues

/// A connection to one endpoint, lent by a ``ReplicatedShard``: the endpoint's own, with what is noted of how it fares.
///
/// `@unchecked Sendable`: used by one owner at a time, as every connection.
final class EndpointConnection: ServerConnection, @unchecked Sendable {
    private let inner: any ServerConnection
    private let database: any ShardDatabase
    private let gate: AdmissionGate?
    private let clock: SystemClock
    private var lease: EndpointLease?
    let endpoint: String
    let isPrimary: Bool
    /// Of the endpoint, when it was chosen: that of all that the connection shows and writes.
    let timeline: UInt64
    private let begunAt: Duration
    /// How long the first answer took.
    private var time: Duration?
    private var outcome = EndpointOutcome.answered
    /// Its owner has closed it.
    private var isClosed = false

    init(
        _ inner: any ServerConnection, of database: any ShardDatabase, _ lease: consuming EndpointLease,
        _ gate: AdmissionGate?, _ clock: SystemClock
    ) {
        self.inner = inner
        self.database = database
        self.gate = gate
        self.clock = clock
        endpoint = lease.endpoint.name
        isPrimary = lease.isPrimary
        timeline = lease.timeline ?? 0
        begunAt = clock.monotonic
        self.lease = consume lease
    }

    /// Its server has gone, or it broke on the way.
    var isLost: Bool { outcome == .failed || !isClosed && !inner.isOpen }

    func giveBack() {
        if isLost { outcome = .failed }
        database.release(inner)
        gate?.leave()
        lease.take()?.end(outcome, took: time)
    }

    /// Runs a part of a statement and notes how it went.
    private func noting<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            let result = try await body()
            if time == nil { time = clock.monotonic - begunAt }
            return result
        } catch {
            let own = EndpointOutcome(of: error)
            if own != .answered { outcome = own }
            throw error
        }
    }

    // MARK: What the connection does

    func query(_ statement: ShardStatement, values: [Value], rowLimit: Int) async throws -> QueryStart {
        try await noting { try await inner.query(statement, values: values, rowLimit: rowLimit) }
    }

    func execute(_ statement: ShardStatement, values: [Value]) async throws -> WriteOutcome {
        try await noting { try await inner.execute(statement, values: values) }
    }

    func execute(_ statement: ShardStatement, rows: Range<Int>, of batch: RowBatch) async throws -> WriteOutcome {
        try await noting { try await inner.execute(statement, rows: rows, of: batch) }
    }

    func executeScript(_ sql: String) async throws { try await noting { try await inner.executeScript(sql) } }
    var isInTransaction: Bool { inner.isInTransaction }
    func openSnapshot() async throws { try await noting { try await inner.openSnapshot() } }

    func describe(_ sql: String, parameterTypes: [UInt32]) async throws -> StatementDescription {
        try await noting { try await inner.describe(sql, parameterTypes: parameterTypes) }
    }

    func copy(
        _ query: String, into table: String, of target: any ServerConnection, isBinary: Bool, byteLimit: Int
    ) async throws -> Int {
        try await noting {
            try await inner.copy(query, into: table, of: target, isBinary: isBinary, byteLimit: byteLimit)
        }
    }

    func copyLines(of query: String, _ body: ([UInt8]) async throws -> Void) async throws {
        try await noting { try await inner.copyLines(of: query, body) }
    }

    func copy(lines: [UInt8], into table: String) async throws -> Int64 {
        try await noting { try await inner.copy(lines: lines, into: table) }
    }

    func carry(_ settings: SessionSettings) async throws { try await noting { try await inner.carry(settings) } }

    func close() {
        isClosed = true
        inner.close()
    }

    func forgetStatements() { inner.forgetStatements() }
    var isOpen: Bool { inner.isOpen }
    var openedAt: Duration { inner.openedAt }
    var underlying: any ServerConnection { inner }
    var isTransactionFailed: Bool { inner.isTransactionFailed }
}
