import CLibPQ
public import ShardBackend
import ShardBase
import ShardValues
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One connection to one PostgreSQL database.
///
/// It belongs to one owner at a time, whose calls never overlap; ``cancel()`` alone may come from anywhere. Everything that
/// waits, waits on the ``PostgresLoop`` of its configuration without holding a thread. A task that runs on that loop uses
/// the connection without changing threads.
///
/// Statements go by the extended protocol and stay prepared on the server, found again by text and parameter types. Rows
/// come one by one from the server and are copied into flat batches; what is not asked for stays in the socket, so memory
/// is bounded by the batch whatever the size of the answer.
///
/// `@unchecked Sendable`: used by one owner at a time.
public final class PostgresConnection: ShardConnection, @unchecked Sendable {
    let handle: OpaquePointer
    /// Taken when the server had answered: a server that was asked anything later is still the same one.
    public let openedAt: Duration
    let configuration: PostgresConfiguration
    let watch: SocketWatch
    let flight: Flight
    private let notices: NoticeSink
    // Accesses are not checked for overlaps at run time: the owner's calls never overlap.
    @exclusivity(unchecked) var statements: StatementCache
    @exclusivity(unchecked) var parameters = ParameterBuffer()
    /// The answer that is being read.
    @exclusivity(unchecked) var stream: PostgresCursor?
    /// An answer that nobody wants any more and whose rest is still to come.
    @exclusivity(unchecked) var hasLeftovers = false
    /// What begins a transaction together with the next statement.
    @exclusivity(unchecked) var pendingBegin: String?
    /// The statement under way was sent in pipeline mode, behind its BEGIN.
    @exclusivity(unchecked) var isInPipeline = false
    /// A COPY is under way.
    @exclusivity(unchecked) var isCopying = false
    /// The socket failed or the answer made no sense: good for nothing any more.
    @exclusivity(unchecked) private(set) var isBroken = false
    /// The schema that its prepared statements were made with, as its pool counts.
    @exclusivity(unchecked) var schemaVersion: UInt64 = 0
    /// What the connection carries of the session's settings.
    @exclusivity(unchecked) var settings = SessionSettings.engineDefaults

    /// Connects.
    ///
    /// - Throws: `.configuration` for a connection string that is not understood, `.connectionLost` for a server that does not
    ///   answer or says no, with its words.
    public static func connect(_ configuration: PostgresConfiguration) async throws -> PostgresConnection {
        let handle = try await Connecting.connect(configuration)
        let connection = PostgresConnection(handle, configuration, SystemClock().monotonic)
        // Texts of dates and intervals are read in these styles only; other servers' defaults are set aside.
        var styles: [String] = []
        if connection.parameterStatus("DateStyle")?.hasPrefix("ISO") == false { styles.append("SET datestyle = ISO") }
        if connection.parameterStatus("IntervalStyle") != "postgres" { styles.append("SET intervalstyle = postgres") }
        if !styles.isEmpty { try await connection.executeScript(styles.joined(separator: "; ")) }
        return connection
    }

    private init(_ handle: OpaquePointer, _ configuration: PostgresConfiguration, _ openedAt: Duration) {
        self.handle = handle
        self.openedAt = openedAt
        self.configuration = configuration
        PQsetnonblocking(handle, 1)
        watch = configuration.loop.watch(PQsocket(handle))
        flight = Flight(handle, watch, patience: configuration.cancelTimeout)
        notices = NoticeSink(configuration)
        statements = StatementCache(limit: configuration.statementCacheLimit)
        notices.attach(to: handle)
    }

    deinit {
        watch.end()
        PQfinish(handle)
    }

    /// Closes it; a statement under way is lost. The memory goes with the object.
    public func close() {
        isBroken = true
        watch.cut()
    }

    // MARK: What it is

    /// Whether it can be used: not closed, and not found broken by a statement.
    public var isOpen: Bool { !isBroken && PQstatus(handle) == CONNECTION_OK }

    public var isInTransaction: Bool {
        if pendingBegin != nil { return true }
        return switch PQtransactionStatus(handle) {
        case PQTRANS_INTRANS, PQTRANS_INERROR: true
        case PQTRANS_ACTIVE: activeContext.isInTransaction
        default: false
        }
    }

    /// Whether a statement of the open transaction failed, so that only ROLLBACK is left.
    public var isTransactionFailed: Bool { PQtransactionStatus(handle) == PQTRANS_INERROR }

    /// The process of the server that answers.
    public var serverProcess: Int32 { PQbackendPID(handle) }

    /// `150018` for 15.18.
    public var serverVersion: Int { Int(PQserverVersion(handle)) }

    /// Whether the connection is encrypted.
    public var usesSSL: Bool { PQsslInUse(handle) != 0 }

    /// A parameter that the server reports by itself (`server_version`, `TimeZone`, `DateStyle`, `in_hot_standby` …).
    public func parameterStatus(_ name: String) -> String? {
        PQparameterStatus(handle, name).map { String(cString: $0) }
    }

    /// How many statements are prepared.
    public var preparedStatementCount: Int { statements.count }

    /// Asks the server to end the statement that is under way, if there is one; it then fails with `.cancelled`. May be called
    /// from anywhere.
    public func cancel() { flight.cancel(nil) }

    // MARK: Turns

    /// What the statement under way does, for its errors.
    @exclusivity(unchecked) var activeContext = FailureContext()

    /// Makes the connection ready for a statement: what came before is read to its end or put aside.
    func beginTurn() async throws {
        guard isOpen else {
            throw PostgresFailure.lost("the connection is closed", FailureContext(mayWrite: false))
        }
        if isCopying {
            throw ShardError(.transactionState, "a COPY is under way on this connection", hint: "Finish it first.")
        }
        if stream != nil || hasLeftovers {
            let number = flight.currentNumber
            try await withTaskCancellationHandler {
                if let stream { try await stream.readAhead() }
                if hasLeftovers { try await dropLeftovers() }
            } onCancel: { [flight] in
                // The answer is this task's own, too.
                flight.cancel(number)
            }
        }
        if Task.isCancelled { throw PostgresFailure.cancelled }
    }

    /// Reads what nobody wants any more.
    func dropLeftovers() async throws {
        while let result = await nextResult() { PQclear(result) }
        await leavePipeline()
        hasLeftovers = false
        await flight.end()
        guard isOpen else { throw PostgresFailure.lost(handle, FailureContext(mayWrite: false)) }
    }

    /// Begins a transaction with the next statement. Nothing is sent now; a statement that is prepared already travels
    /// together with the BEGIN, which saves the transaction a round trip.
    ///
    /// - Parameter text: `BEGIN` with the characteristics wanted.
    public func begin(_ text: String = "BEGIN") {
        precondition(!isInTransaction, "a transaction is open already")
        pendingBegin = text
    }

    /// Sends a BEGIN that waits for a statement on its way, where it cannot travel with it.
    func flushBegin() async throws {
        guard let text = pendingBegin else { return }
        pendingBegin = nil
        try await executeScript(text)
    }

    /// Reads the sync behind a statement that was sent in pipeline mode.
    func leavePipeline() async {
        guard isInPipeline else { return }
        isInPipeline = false
        while isOpen {
            guard let result = await nextResult() else { continue }
            defer { PQclear(result) }
            if PQresultStatus(result) == PGRES_PIPELINE_SYNC { break }
        }
        if isOpen { _ = PQexitPipelineMode(handle) }
    }

    /// Does the part of a statement between sending and its last result, so that cancelling the task cancels the statement.
    func inFlight<Result>(
        _ context: FailureContext, _ work: () async throws -> Result
    ) async throws -> Result {
        activeContext = context
        let number = flight.begin()
        return try await withTaskCancellationHandler(operation: work) { [flight] in flight.cancel(number) }
    }

    /// Sends what is left in libpq's buffer.
    func flush() async {
        while true {
            let left = PQflush(handle)
            if left == 0 { return }
            guard left > 0 else {
                isBroken = true
                return
            }
            await watch.wait(for: [.readable, .writable])
            // The server may be unable to read because we do not.
            _ = PQconsumeInput(handle)
        }
    }

    /// The next result of what was sent; nil after its last. A broken connection gives an error result.
    @inline(__always)
    func nextResult() async -> OpaquePointer? {
        if PQisBusy(handle) != 0 { await receive() }
        return PQgetResult(handle)
    }

    /// Reads until a result is complete, or there will be none: then getting it does not block either.
    private func receive() async {
        repeat {
            guard PQstatus(handle) == CONNECTION_OK else { return }
            await watch.wait(for: .readable)
            var isWhole = PQconsumeInput(handle) != 0
            // A record of SSL may be longer than what libpq takes at a time, and the poller does not see the rest.
            if isWhole && usesSSL && PQisBusy(handle) != 0 { isWhole = PQconsumeInput(handle) != 0 }
            if !isWhole {
                isBroken = true
                // Only a connection that libpq has given up lets itself be asked without waiting.
                if PQstatus(handle) == CONNECTION_OK { watch.cut() } else { return }
            }
        } while PQisBusy(handle) != 0
    }

    /// Waits for more bytes and takes them in.
    func receiveMore() async {
        guard PQstatus(handle) == CONNECTION_OK else { return }
        await watch.wait(for: .readable)
        if PQconsumeInput(handle) == 0 {
            isBroken = true
            if PQstatus(handle) == CONNECTION_OK { watch.cut() }
        }
    }

    /// An error as the statement under way gives it.
    func failure(_ result: OpaquePointer, sql: String) -> ShardError {
        var context = activeContext
        context.wasCancelled = flight.wasCancelled
        let error = PostgresFailure.error(result, on: handle, sql: sql, context)
        if PQstatus(handle) != CONNECTION_OK || error.details?.severity == "FATAL" { isBroken = true }
        return error
    }

    /// Gives up a connection whose next bytes nobody understands.
    func markBroken() { isBroken = true }

    /// What a statement's errors depend on besides the server's report.
    func context(of traits: StatementTraits) -> FailureContext {
        FailureContext(
            isInTransaction: PQtransactionStatus(handle) == PQTRANS_INTRANS
                || PQtransactionStatus(handle) == PQTRANS_INERROR,
            mayWrite: traits.mayWrite, endsTransaction: traits.endsTransaction)
    }
}
