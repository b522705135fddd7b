/// How a snowflake's 63 bits are shared out: milliseconds since an epoch, a worker, a sequence; the sign bit is 0.
///
/// ```
/// 0 | 41 bits: milliseconds since the epoch | 10 bits: worker | 12 bits: sequence
/// ```
///
/// Identifiers of one worker grow strictly; identifiers of all workers grow with the clock. The default layout lasts
/// 69 years from its epoch, serves 1,024 workers and gives each 4,096 identifiers a millisecond.
public struct SnowflakeLayout: Sendable, Hashable {
    public let timestampBits: Int
    public let workerBits: Int
    public let sequenceBits: Int
    /// The moment whose timestamp is 0: milliseconds since 1970-01-01T00:00:00Z.
    public let epoch: Int64

    /// 2024-01-01T00:00:00Z, the epoch unless another is given.
    public static let defaultEpoch: Int64 = 1_704_067_200_000
    /// 41, 10 and 12 bits from ``defaultEpoch``.
    public static let standard = SnowflakeLayout(
        checkedTimestampBits: 41, workerBits: 10, sequenceBits: 12, epoch: defaultEpoch)

    /// A layout of one's own.
    ///
    /// - Throws: ``SnowflakeError/badLayout`` unless the timestamp and the sequence have at least one bit each and
    ///   the three add up to 63 at most.
    public init(timestampBits: Int, workerBits: Int, sequenceBits: Int, epoch: Int64 = defaultEpoch)
        throws(SnowflakeError)
    {
        guard timestampBits > 0, workerBits >= 0, sequenceBits > 0, timestampBits <= 62, workerBits <= 62,
            sequenceBits <= 62, timestampBits + workerBits + sequenceBits <= 63
        else { throw .badLayout }
        self.init(
            checkedTimestampBits: timestampBits, workerBits: workerBits, sequenceBits: sequenceBits, epoch: epoch)
    }

    private init(checkedTimestampBits: Int, workerBits: Int, sequenceBits: Int, epoch: Int64) {
        self.timestampBits = checkedTimestampBits
        self.workerBits = workerBits
        self.sequenceBits = sequenceBits
        self.epoch = epoch
    }

    public var maximumTimestamp: UInt64 { (1 << UInt64(timestampBits)) - 1 }
    public var maximumWorker: UInt64 { (1 << UInt64(workerBits)) - 1 }
    public var maximumSequence: UInt64 { (1 << UInt64(sequenceBits)) - 1 }

    /// Puts the fields together. Each must be within its maximum: a field never flows into its neighbour.
    public func compose(timestamp: UInt64, worker: UInt64, sequence: UInt64) -> Int64 {
        precondition(
            timestamp <= maximumTimestamp && worker <= maximumWorker && sequence <= maximumSequence,
            "a snowflake field is beyond its bits: \(timestamp), \(worker), \(sequence)")
        return Int64(
            timestamp << UInt64(workerBits + sequenceBits) | worker << UInt64(sequenceBits) | sequence)
    }

    /// Takes an identifier apart; the timestamp is milliseconds since 1970.
    public func decompose(_ identifier: Int64) -> (unixMilliseconds: Int64, worker: UInt64, sequence: UInt64) {
        let word = UInt64(bitPattern: identifier)
        let timestamp = (word >> UInt64(workerBits + sequenceBits)) & maximumTimestamp
        return (
            epoch + Int64(timestamp), (word >> UInt64(sequenceBits)) & maximumWorker, word & maximumSequence
        )
    }
}
