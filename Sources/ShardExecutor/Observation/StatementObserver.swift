public import Logging
import Metrics
public import ShardBase
import ShardPlanner
import ShardReplicas
public import ShardSQL
import ShardValues
import Tracing

/// Watches statements: counts them by fingerprint, logs slow ones, and tells metrics and traces.
///
/// Values never leave a statement: it is told of by its text without literals. What is measured is the time in which the caller waits for
/// the statement, not the time that a reader takes between batches.
public final class StatementObserver: Sendable {
    public struct Options: Sendable, Hashable {
        /// Counts by fingerprint, for `SHOW STATEMENTS`. Default: true.
        public var countsStatements = true
        /// Fingerprints that are kept. Default: 1,024.
        public var capacity = 1024
        /// Statements that take as long or longer are logged as warnings and kept. Default nil: none.
        public var slowerThan: Duration?
        /// A span for each statement, and one for each shard of a statement outside transactions. They cost little while no
        /// tracer is installed. Default: true.
        public var traces = true
        /// Counters and times in swift-metrics. Default: true.
        public var measures = true

        public init() {}
    }

    public let options: Options
    let statistics: StatementStatistics
    let slow: SlowStatements
    private let dialect: Dialect
    private let logger: Logger
    private let clock: any ShardClock
    private let meters: [Rung?: Meters]

    /// Made when the database is opened: a metrics backend has to be there already.
    private struct Meters: Sendable {
        let duration: Timer
        let rows: Counter
        let failures: Counter

        init(_ rung: Rung?) {
            let dimensions = [("rung", rung?.rawValue ?? "none")]
            duration = Timer(label: "shardkit.statements.duration", dimensions: dimensions)
            rows = Counter(label: "shardkit.statements.rows", dimensions: dimensions)
            failures = Counter(label: "shardkit.statements.failures", dimensions: dimensions)
        }
    }

    public init(
        _ options: Options = Options(), dialect: Dialect, clock: any ShardClock = SystemClock(),
        logger: Logger = Logger(label: "shardkit.statements")
    ) {
        self.options = options
        self.dialect = dialect
        self.clock = clock
        self.logger = logger
        statistics = StatementStatistics(capacity: options.capacity)
        slow = SlowStatements(threshold: options.slowerThan)
        var meters: [Rung?: Meters] = [:]
        if options.measures { for rung in Rung.allCases.map(Optional.some) + [nil] { meters[rung] = Meters(rung) } }
        self.meters = meters
    }

    // MARK: One statement

    /// Runs a statement and watches it, its rows included.
    func observe(_ sql: String, _ run: () async throws -> Answer) async throws -> Answer {
        guard options.traces else { return try await timed(sql, nil, run) }
        let span = startSpan("shardkit.statement", ofKind: .client)
        return try await ServiceContext.$current.withValue(span.context) { try await timed(sql, span, run) }
    }

    private func timed(
        _ sql: String, _ span: (any Span)?, _ run: () async throws -> Answer
    ) async throws -> Answer {
        let begin = clock.monotonic
        do {
            let answer = try await run()
            let spent = clock.monotonic - begin
            guard let rows = answer.rows else {
                ended(sql, Ending(answer, spent, rows: 0), span)
                return answer
            }
            rows.watch(clock) { [self] count, reading, error in
                ended(sql, Ending(answer, spent + reading, rows: count, error), span)
            }
            return answer
        } catch {
            ended(sql, Ending(nil, clock.monotonic - begin, rows: 0, error), span)
            throw error
        }
    }

    /// How a statement has ended.
    private struct Ending {
        var time: Duration
        var rows: Int
        var rung: Rung?
        var shards: [String]
        var changes: Int64
        var error: (any Error)?

        init(_ answer: Answer?, _ time: Duration, rows: Int, _ error: (any Error)? = nil) {
            self.time = time
            self.rows = rows
            self.error = error
            rung = answer?.rung
            shards = answer?.shards ?? []
            changes = answer?.changes ?? 0
        }

        /// By its number, from 1; refusals and errors before planning are the fifth.
        var number: Int {
            switch rung {
            case .fastPath: 1
            case .route: 2
            case .merge: 3
            case .combine: 4
            case nil: 5
            }
        }
    }

    private func ended(_ sql: String, _ ending: Ending, _ span: (any Span)?) {
        let text = { [dialect] in Fingerprint.normalizedText(sql, dialect: dialect) ?? "(no statement)" }
        if options.countsStatements {
            statistics.record(
                fingerprint(sql), duration: ending.time, rows: ending.rows, rung: ending.number,
                hasFailed: ending.error != nil, text: text)
        }
        let recorded = slow.record(ending.time) {
            SlowStatement(
                fingerprint: fingerprint(sql), text: text(), duration: ending.time, rows: ending.rows,
                rung: ending.number, shards: ending.shards, endedAt: clock.wallMilliseconds)
        }
        if let recorded {
            logger.warning(
                "slow statement",
                metadata: [
                    "statement": "\(recorded.text)", "milliseconds": "\(TopologyRows.microseconds(ending.time) / 1000)",
                    "rows": "\(ending.rows)", "rung": "\(ending.rung?.rawValue ?? "none")",
                    "shards": "\(ending.shards.joined(separator: ", "))",
                ])
        }
        if let meters = meters[ending.rung] {
            meters.duration.recordMicroseconds(TopologyRows.microseconds(ending.time))
            if ending.rows > 0 { meters.rows.increment(by: ending.rows) }
            if ending.error != nil { meters.failures.increment() }
        }
        guard let span else { return }
        span.attributes["db.system"] = dialect == .postgresql ? "postgresql" : "sqlite"
        if span.isRecording { span.attributes["db.query.text"] = text() }
        span.attributes["shardkit.rung"] = ending.rung?.rawValue ?? "none"
        span.attributes["shardkit.shards"] = ending.shards.joined(separator: ",")
        span.attributes["shardkit.rows"] = ending.rows
        if let error = ending.error {
            span.attributes["error.type"] = (error as? ShardError)?.code.rawValue ?? "error"
            span.setStatus(SpanStatus(code: .error))
        }
        span.end()
    }

    /// The same in every process.
    private func fingerprint(_ sql: String) -> UInt64 {
        var scratch = FingerprintScratch()
        return Fingerprint.of(sql, dialect: dialect, options: .init(seed: Fingerprint.stableSeed), into: &scratch) ?? 0
    }

    /// A span for what a statement asks of one shard; the caller ends it.
    func shardSpan(_ shard: String) -> (any Span)? {
        guard options.traces else { return nil }
        let span = startSpan("shardkit.shard", ofKind: .client)
        span.attributes["shardkit.shard"] = shard
        return span
    }
}
