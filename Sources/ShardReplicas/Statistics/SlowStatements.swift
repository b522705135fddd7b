import DequeModule
import Synchronization

/// A statement that took long.
public struct SlowStatement: Sendable, Hashable {
    public var fingerprint: UInt64
    /// With literals left out: values never stand in it.
    public var text: String
    public var duration: Duration
    public var rows: Int
    public var rung: Int
    /// Names of the shards that were asked.
    public var shards: [String]
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public var endedAt: Int64

    public init(
        fingerprint: UInt64, text: String, duration: Duration, rows: Int, rung: Int, shards: [String], endedAt: Int64
    ) {
        self.fingerprint = fingerprint
        self.text = text
        self.duration = duration
        self.rows = rows
        self.rung = rung
        self.shards = shards
        self.endedAt = endedAt
    }
}

/// The last statements that took longer than a threshold. A fast statement costs one comparison.
public final class SlowStatements: Sendable {
    /// Nanoseconds; Int64.max: none is slow.
    private let threshold: Atomic<Int64>
    private let capacity: Int
    private let state = Mutex(Deque<SlowStatement>())

    /// - Parameters:
    ///   - threshold: nil: nothing is recorded.
    ///   - capacity: how many are kept. Default 128.
    public init(threshold: Duration?, capacity: Int = 128) {
        self.threshold = Atomic(Self.nanoseconds(threshold))
        self.capacity = max(1, capacity)
    }

    /// May be changed while statements go on.
    public func change(threshold: Duration?) {
        self.threshold.store(Self.nanoseconds(threshold), ordering: .relaxed)
    }

    /// Records a statement if it was slow.
    /// - Parameter statement: asked for only then.
    /// - Returns: the record, for the log.
    @discardableResult
    public func record(_ duration: Duration, _ statement: () -> SlowStatement) -> SlowStatement? {
        guard Self.nanoseconds(duration) >= threshold.load(ordering: .relaxed) else { return nil }
        var statement = statement()
        statement.text = StatementStatistics.cut(statement.text)
        state.withLock { state in
            if state.count >= capacity { state.removeFirst() }
            state.append(statement)
        }
        return statement
    }

    /// From the oldest to the newest.
    public func snapshot() -> [SlowStatement] { state.withLock { Array($0) } }

    private static func nanoseconds(_ duration: Duration?) -> Int64 {
        guard let duration else { return .max }
        return Int64(clamping: duration.attoseconds / 1_000_000_000)
    }
}
