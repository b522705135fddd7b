/// How a snowflake's 63 bits are shared out; the sign bit is 0.
///
/// ```
/// 0 | rollback | timestamp: ms since the epoch | datacenter | worker | sequence
/// ```
///
/// Identifiers of one generator grow strictly; identifiers of all grow with the clock. A field that is not wanted has
/// 0 bits. The *rollback* bits, for those who want them, count how often the clock was set back too far to be waited
/// out: they stand above the timestamp, so that identifiers go on growing on an older clock. Each step is used once
/// in the life of a worker, and the identifiers of that worker are above those of all others from then on.
public struct SnowflakeLayout: Sendable, Hashable {
    public let rollbackBits: Int
    public let timestampBits: Int
    public let datacenterBits: Int
    public let workerBits: Int
    public let sequenceBits: Int
    /// The moment whose timestamp is 0: milliseconds since 1970-01-01T00:00:00Z.
    public let epoch: Int64

    /// 2024-01-01T00:00:00Z, the epoch unless another is given.
    public static let defaultEpoch: Int64 = 1_704_067_200_000

    /// 41 bits of milliseconds from ``defaultEpoch`` (until 2093), 10 of worker (1,024), 12 of sequence (4,096 a
    /// millisecond).
    public static let standard = SnowflakeLayout(
        checked: (0, 41, 0, 10, 12), epoch: defaultEpoch)

    /// 53 bits in all, so that JavaScript's numbers hold them exactly: 41 of milliseconds from ``defaultEpoch`` (until
    /// 2093), 5 of worker (32), 7 of sequence (128 a millisecond).
    public static let javaScriptSafe = SnowflakeLayout(
        checked: (0, 41, 0, 5, 7), epoch: defaultEpoch)

    /// The largest integer that JavaScript's numbers hold exactly with all below it: 2^53 - 1.
    public static let maximumJavaScriptInteger: Int64 = (1 << 53) - 1

    /// A layout of one's own.
    ///
    /// - Parameter epoch: milliseconds since 1970; not in the future of the first identifier.
    /// - Throws: ``IDError/Code/badLayout`` unless the timestamp and the sequence have at least one bit each, no field
    ///   is negative, the fields add up to 63 bits at most and the last moment fits a count of milliseconds.
    public init(
        timestampBits: Int, workerBits: Int, sequenceBits: Int, datacenterBits: Int = 0, rollbackBits: Int = 0,
        epoch: Int64 = defaultEpoch
    ) throws(IDError) {
        let fields = [
            ("timestamp", timestampBits, 1), ("worker", workerBits, 0), ("sequence", sequenceBits, 1),
            ("datacenter", datacenterBits, 0), ("rollback", rollbackBits, 0),
        ]
        for (name, bits, least) in fields where bits < least || bits > 62 {
            throw IDError(
                .badLayout, "the \(name) field of the layout has \(bits) bits",
                advice: "Give it \(least) to 62 bits.")
        }
        let total = fields.reduce(0) { $0 + $1.1 }
        guard total <= 63 else {
            throw IDError(
                .badLayout, "the layout's fields add up to \(total) bits",
                advice: "An identifier has 63 bits besides its sign: make fields smaller by \(total - 63) bits.")
        }
        // Its last moment must be a number of milliseconds that calendars can still be computed from.
        let (end, overflow) = epoch.addingReportingOverflow(1 << Int64(timestampBits))
        guard !overflow, abs(epoch) <= 1 << 60, end <= 1 << 62 else {
            throw IDError(
                .badLayout,
                "the layout's epoch \(epoch) with \(timestampBits) bits of milliseconds ends beyond all calendars",
                advice: "Choose an epoch in milliseconds since 1970 near the first use.")
        }
        self.init(
            checked: (rollbackBits, timestampBits, datacenterBits, workerBits, sequenceBits), epoch: epoch)
    }

    private init(checked bits: (Int, Int, Int, Int, Int), epoch: Int64) {
        (rollbackBits, timestampBits, datacenterBits, workerBits, sequenceBits) = bits
        self.epoch = epoch
    }

    public var bits: Int { rollbackBits + timestampBits + datacenterBits + workerBits + sequenceBits }
    public var maximumRollback: UInt64 { Self.mask(rollbackBits) }
    public var maximumTimestamp: UInt64 { Self.mask(timestampBits) }
    public var maximumDatacenter: UInt64 { Self.mask(datacenterBits) }
    public var maximumWorker: UInt64 { Self.mask(workerBits) }
    public var maximumSequence: UInt64 { Self.mask(sequenceBits) }
    /// Whether every identifier of this layout is exact as a number of JavaScript.
    public var isJavaScriptSafe: Bool { bits <= 53 }

    static func mask(_ bits: Int) -> UInt64 { (1 << UInt64(bits)) - 1 }

    /// Width of datacenter and worker together, and the largest *node*: both as one number, as stores key them.
    var nodeBits: Int { datacenterBits + workerBits }
    var maximumNode: Int64 { Int64(Self.mask(nodeBits)) }
}
