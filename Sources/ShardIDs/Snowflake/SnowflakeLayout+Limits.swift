/// How long a field of a layout lasts.
public struct FieldLimit: Sendable, Hashable {
    public enum Field: String, Sendable, Hashable {
        case rollback, timestamp, datacenter, worker, sequence
    }
    public let field: Field
    public let bits: Int
    /// How many values it has.
    public let capacity: UInt64
    /// The day on which it runs out (`yyyy-mm-dd`), for the timestamp; nil for fields that no clock uses up.
    public let runsOut: String?
    /// The same in milliseconds since 1970: the first moment without a timestamp.
    public let runsOutUnixMilliseconds: Int64?
    /// What it means, in one sentence: what `check` prints.
    public let sentence: String
}

extension SnowflakeLayout {
    /// The first moment for which there is no timestamp: milliseconds since 1970.
    public var endUnixMilliseconds: Int64 { epoch + Int64(maximumTimestamp) + 1 }

    /// What runs out, and when: one entry for each field with bits, in the order of the bits.
    ///
    /// - Parameters:
    ///   - usedRollbacks: rollback values used so far (of the worker that used most).
    ///   - usedWorkers: workers that have a row in the store.
    public func limits(usedRollbacks: UInt64 = 0, usedWorkers: UInt64 = 0) -> [FieldLimit] {
        let end = endUnixMilliseconds
        let day = CalendarDate(unixMilliseconds: end).description
        var limits: [FieldLimit] = []
        func add(_ field: FieldLimit.Field, _ bits: Int, _ sentence: String, runsOut: Bool = false) {
            guard bits > 0 else { return }
            limits.append(
                FieldLimit(
                    field: field, bits: bits, capacity: 1 << UInt64(bits), runsOut: runsOut ? day : nil,
                    runsOutUnixMilliseconds: runsOut ? end : nil, sentence: sentence))
        }
        add(
            .rollback, rollbackBits,
            "the clock may be set back too far \(maximumRollback) times in a worker's life; \(usedRollbacks) are used")
        add(
            .timestamp, timestampBits,
            "milliseconds since \(CalendarDate(unixMilliseconds: epoch)) run out on \(day)"
                + (isJavaScriptSafe ? "" : javaScriptSentence), runsOut: true)
        add(.datacenter, datacenterBits, "\(maximumDatacenter + 1) datacenters")
        add(
            .worker, workerBits,
            "\(maximumWorker + 1) workers\(datacenterBits > 0 ? " in each datacenter" : "")"
                + "; \(usedWorkers) have been used"
        )
        add(
            .sequence, sequenceBits,
            "\(maximumSequence + 1) identifiers a millisecond and worker; more wait for the next millisecond")
        return limits
    }

    private var javaScriptSentence: String {
        let exactBits = 53 - nodeBits - sequenceBits
        guard exactBits > 0 else { return "; JavaScript's numbers do not hold these identifiers exactly" }
        let until = epoch + (1 << Int64(min(exactBits, timestampBits)))
        return "; JavaScript's numbers hold identifiers made before \(CalendarDate(unixMilliseconds: until)) exactly"
    }
}
