/// An identifier taken apart.
public struct SnowflakeParts: Sendable, Hashable {
    /// How often the clock was set back too far before; 0 without rollback bits.
    public var rollback: UInt64
    /// When it was made by its generator's clock: milliseconds since 1970.
    public var unixMilliseconds: Int64
    public var datacenter: UInt64
    public var worker: UInt64
    /// Counts from 0 within a millisecond.
    public var sequence: UInt64

    public init(rollback: UInt64 = 0, unixMilliseconds: Int64, datacenter: UInt64 = 0, worker: UInt64, sequence: UInt64)
    {
        self.rollback = rollback
        self.unixMilliseconds = unixMilliseconds
        self.datacenter = datacenter
        self.worker = worker
        self.sequence = sequence
    }
}

extension SnowflakeParts: CustomStringConvertible {
    /// The moment as text: `2026-01-01T00:00:00.000Z`.
    public var time: String { CalendarDate.moment(unixMilliseconds: unixMilliseconds) }

    public var description: String {
        let rollbackText = rollback == 0 ? "" : "rollback \(rollback), "
        let datacenterText = datacenter == 0 ? "" : "datacenter \(datacenter), "
        return "\(time), \(rollbackText)\(datacenterText)worker \(worker), sequence \(sequence)"
    }
}

extension SnowflakeLayout {
    /// Takes an identifier apart, in constant time.
    ///
    /// - Returns: nil when the identifier is negative or has more bits than the layout: another layout made it. That
    ///   is all that can be told; any other number has parts under any layout.
    public func inspect(_ identifier: Int64) -> SnowflakeParts? {
        let word = UInt64(bitPattern: identifier)
        guard identifier >= 0, word >> UInt64(bits) == 0 else { return nil }
        let node = word >> UInt64(sequenceBits)
        let time = node >> UInt64(nodeBits)
        return SnowflakeParts(
            rollback: time >> UInt64(timestampBits), unixMilliseconds: epoch + Int64(time & maximumTimestamp),
            datacenter: (node >> UInt64(workerBits)) & maximumDatacenter, worker: node & maximumWorker,
            sequence: word & maximumSequence)
    }

    /// Puts an identifier together: the inverse of ``inspect(_:)``.
    ///
    /// - Throws: ``IDError/Code/exhausted`` when a part is beyond its field. A field never flows into its neighbour.
    public func compose(_ parts: SnowflakeParts) throws(IDError) -> Int64 {
        let (timestamp, overflow) = parts.unixMilliseconds.subtractingReportingOverflow(epoch)
        let fields: [(String, UInt64, UInt64)] = [
            ("rollback", parts.rollback, maximumRollback),
            ("timestamp", timestamp < 0 || overflow ? .max : UInt64(timestamp), maximumTimestamp),
            ("datacenter", parts.datacenter, maximumDatacenter), ("worker", parts.worker, maximumWorker),
            ("sequence", parts.sequence, maximumSequence),
        ]
        for (name, value, maximum) in fields where value > maximum {
            throw IDError(
                .exhausted, "the \(name) of \(parts) is not within 0 and \(maximum)",
                advice: "Take a layout with more bits for it, or a later epoch.")
        }
        let node = parts.datacenter << UInt64(workerBits) | parts.worker
        let word = word(rollback: parts.rollback, timestamp: UInt64(timestamp)) | parts.sequence
        return identifier(word: word, shiftedNode: node << UInt64(sequenceBits))
    }
}

// A *word* is an identifier without its node: rollback, timestamp and sequence as one number that only grows. Adding 1
// takes the next sequence and, when that is used up, carries into the next millisecond.
extension SnowflakeLayout {
    func word(rollback: UInt64, timestamp: UInt64) -> UInt64 {
        (rollback << UInt64(timestampBits) | timestamp) << UInt64(sequenceBits)
    }

    func identifier(word: UInt64, shiftedNode: UInt64) -> Int64 {
        let sequence = maximumSequence
        return Int64(bitPattern: (word & ~sequence) << UInt64(nodeBits) | shiftedNode | (word & sequence))
    }
}
