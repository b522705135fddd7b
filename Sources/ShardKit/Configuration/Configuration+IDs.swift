import ShardBase
public import ShardIDs
import Yams

extension Configuration {
    /// How identifiers are made.
    ///
    /// ```yaml
    /// ids:
    ///   snowflake:
    ///     worker: leased           # from the database; or a number of this process' own, or $VARIABLE that holds one
    ///     layout: standard         # or javascript, or {timestamp: 41, datacenter: 0, worker: 10, sequence: 12, rollback: 0}
    ///     epoch: 2024-01-01        # or milliseconds since 1970
    ///     runAhead: 10ms           # 0ms: strict, timestamps are never ahead of the clock
    ///   segments: {maximumStep: 16777216, target: 15m, prefetch: 0.1}
    ///   publicKey: 00112233445566778899aabbccddeeff
    /// ```
    public struct IDs: Sendable, Hashable {
        /// Nil: there are no snowflakes, for there is no default worker.
        public var snowflake: Snowflakes?
        public var segments = Segments()
        /// The key under which ``ShardIDs/KeyedPermutation`` shows identifiers to others, 16 bytes. Nil: there is no public form.
        public var publicKey: [UInt8]?

        public init(snowflake: Snowflakes? = nil) { self.snowflake = snowflake }

        /// Which worker a process is.
        public enum Worker: Sendable, Hashable, CustomStringConvertible {
            /// Any that is free, leased from the database and renewed.
            case leased
            /// This one. Another process that is given the same takes it over, and the first one stops.
            case fixed(UInt64)
            /// The number that an environment variable holds.
            case environment(String)

            public var description: String {
                switch self {
                case .leased: "leased"
                case .fixed(let worker): "\(worker)"
                case .environment(let name): "$\(name)"
                }
            }
        }

        public struct Snowflakes: Sendable, Hashable {
            public var worker: Worker
            public var datacenter: UInt64?
            /// Default: 41 bits of milliseconds since 2024, 10 of worker, 12 of sequence.
            public var layout = SnowflakeLayout.standard
            /// Default: up to 10 ms ahead of the clock.
            public var pace = SnowflakePace.runAhead(limit: .milliseconds(10))
            /// Default: 5 s.
            public var maximumWait: Duration = .seconds(5)
            /// Default: 30 s.
            public var leaseTime: Duration = .seconds(30)
            /// Default: 365 days.
            public var warnBefore: Duration = .seconds(365 * 86_400)
            /// Default: 1 day.
            public var refuseBefore: Duration = .seconds(86_400)

            public init(worker: Worker) { self.worker = worker }
        }

        public struct Segments: Sendable, Hashable {
            /// The first step of tags that a declaration makes. Default: 1,000.
            public var step: Int64 = 1_000
            /// Default: 16,777,216.
            public var maximumStep: Int64 = 1 << 24
            /// How long a segment should last. Default: 15 minutes.
            public var target: Duration = .seconds(900)
            /// The share of a segment that may be used before the next is fetched. Default: 0.1.
            public var prefetch = 0.1
            /// Each call asks the store for just what it needs. Default: false.
            public var isSequence = false
            /// Stores besides the database's own, for availability: SQLite files or PostgreSQL databases whose segments interleave.
            /// The list can never be changed. Empty: the database's own alone.
            public var stores: [String] = []

            public init() {}
        }
    }
}

// MARK: - Reading

extension Configuration.IDs {
    init(_ reader: ConfigurationReader) throws(ShardError) {
        for (key, value) in try reader.pairs(known: ["snowflake", "segments", "publicKey"]) {
            switch key {
            case "snowflake": snowflake = try Snowflakes(value)
            case "segments": segments = try Segments(value)
            default:
                let text = try value.text()
                guard let key = Self.bytes(hexadecimal: text), key.count == 16 else {
                    throw value.error("a public key has 32 hexadecimal digits, not \(text.count) characters")
                }
                publicKey = key
            }
        }
    }

    private static func bytes(hexadecimal text: String) -> [UInt8]? {
        guard text.utf8.count % 2 == 0, text.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else {
            return nil
        }
        let digits = text.utf8.map { UInt8(Character(Unicode.Scalar($0)).hexDigitValue ?? 0) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

extension Configuration.IDs.Snowflakes {
    init(_ reader: ConfigurationReader) throws(ShardError) {
        var worker: Configuration.IDs.Worker?
        var bits: ConfigurationReader?
        var epoch: Int64?
        self.init(worker: .leased)
        let known = [
            "worker", "datacenter", "layout", "epoch", "runAhead", "maximumWait", "lease", "warnBefore", "refuseBefore",
        ]
        var workerReader = reader
        for (key, value) in try reader.pairs(known: known) {
            switch key {
            case "worker":
                worker = try Self.worker(value)
                workerReader = value
            case "datacenter": datacenter = UInt64(try value.integer(0...Int64.max))
            case "layout": bits = value
            case "epoch": epoch = try Self.epoch(value)
            case "runAhead":
                let limit = try value.duration()
                pace = limit == .zero ? .strict : .runAhead(limit: limit)
            case "maximumWait": maximumWait = try value.duration()
            case "lease": leaseTime = try value.duration()
            case "warnBefore": warnBefore = try value.duration()
            default: refuseBefore = try value.duration()
            }
        }
        guard let worker else {
            throw reader.error(
                "snowflakes have no worker",
                hint:
                    "worker: leased takes one from the database; or give each process a number of its own. There is no default."
            )
        }
        self.worker = worker
        layout = try Self.layout(bits, epoch: epoch, in: reader)
        if case .fixed(let number) = worker, number > layout.maximumWorker {
            throw workerReader.error("worker \(number) is not within 0 and \(layout.maximumWorker)")
        }
        if let datacenter, datacenter > layout.maximumDatacenter {
            throw reader.error("datacenter \(datacenter) is not within 0 and \(layout.maximumDatacenter)")
        }
        if datacenter == nil, layout.datacenterBits > 0 {
            throw reader.error("the layout has bits for a datacenter, and none is given", hint: "Add: datacenter: 0")
        }
    }

    private static func worker(_ reader: ConfigurationReader) throws(ShardError) -> Configuration.IDs.Worker {
        let text = try reader.text()
        if text == "leased" { return .leased }
        if text.hasPrefix("$"), text.count > 1 { return .environment(String(text.dropFirst())) }
        guard let number = UInt64(text) else {
            throw reader.error("a worker is leased, a number, or $VARIABLE, not \"\(text)\"")
        }
        return .fixed(number)
    }

    /// A day, or milliseconds since 1970.
    private static func epoch(_ reader: ConfigurationReader) throws(ShardError) -> Int64 {
        let text = try reader.text()
        if let milliseconds = Int64(text), milliseconds >= 0 { return milliseconds }
        let parts = text.prefix(10).split(separator: "-").compactMap { Int64($0) }
        guard parts.count == 3, text.count == 10 || text.hasSuffix("T00:00:00Z"), (1970...9999).contains(parts[0]),
            (1...12).contains(parts[1]), (1...31).contains(parts[2])
        else {
            throw reader.error("\"\(text)\" is no day such as 2024-01-01, and no number of milliseconds since 1970")
        }
        // Days from civil (H. Hinnant, chrono-compatible low-level date algorithms).
        let year = parts[1] <= 2 ? parts[0] - 1 : parts[0]
        let dayOfYear = (153 * (parts[1] > 2 ? parts[1] - 3 : parts[1] + 9) + 2) / 5 + parts[2] - 1
        let yearOfEra = year % 400
        let days = year / 400 * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        return days * 86_400_000
    }

    private static func layout(
        _ bits: ConfigurationReader?, epoch: Int64?, in section: ConfigurationReader
    ) throws(ShardError) -> SnowflakeLayout {
        var widths = (rollback: 0, timestamp: 41, datacenter: 0, worker: 10, sequence: 12)
        let reader = bits ?? section
        if let bits, bits.node.scalar != nil {
            switch try bits.text().lowercased() {
            case "standard": break
            case "javascript": widths = (0, 41, 0, 5, 7)
            default:
                throw reader.error(
                    "a layout is standard, javascript, or bits such as {timestamp: 41, worker: 10, sequence: 12}")
            }
        } else if let bits {
            widths = (0, 0, 0, 0, 0)
            for (key, value) in try bits.pairs(known: ["rollback", "timestamp", "datacenter", "worker", "sequence"]) {
                let count = Int(try value.integer(0...63))
                switch key {
                case "rollback": widths.rollback = count
                case "timestamp": widths.timestamp = count
                case "datacenter": widths.datacenter = count
                case "worker": widths.worker = count
                default: widths.sequence = count
                }
            }
        }
        do throws(IDError) {
            return try SnowflakeLayout(
                timestampBits: widths.timestamp, workerBits: widths.worker, sequenceBits: widths.sequence,
                datacenterBits: widths.datacenter, rollbackBits: widths.rollback,
                epoch: epoch ?? SnowflakeLayout.defaultEpoch)
        } catch {
            throw reader.error(error.message, hint: error.advice)
        }
    }
}

extension Configuration.IDs.Segments {
    init(_ reader: ConfigurationReader) throws(ShardError) {
        self.init()
        for (key, value) in try reader.pairs(
            known: ["step", "maximumStep", "target", "prefetch", "mode", "stores"])
        {
            switch key {
            case "step": step = try value.integer(1...Int64.max)
            case "maximumStep": maximumStep = try value.integer(1...Int64.max)
            case "target": target = try value.duration()
            case "prefetch":
                guard let share = Double(try value.text()), share >= 0, share <= 0.9 else {
                    throw value.error("the share of a segment that may be used before the next is fetched is 0 to 0.9")
                }
                prefetch = share
            case "mode":
                switch try value.text() {
                case "buffered": isSequence = false
                case "sequence": isSequence = true
                default: throw value.error("the mode of segments is buffered or sequence")
                }
            default: stores = try value.elements().map { (element) throws(ShardError) in try element.text() }
            }
        }
        guard step <= maximumStep else {
            throw reader.error("the step \(step) is above the maximum \(maximumStep)")
        }
    }
}
