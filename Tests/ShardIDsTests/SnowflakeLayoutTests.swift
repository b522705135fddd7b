import ShardIDs
import Testing

struct SnowflakeLayoutTests {
    static func layouts() throws -> [SnowflakeLayout] {
        [
            .standard, .javaScriptSafe, try SnowflakeLayout(timestampBits: 39, workerBits: 16, sequenceBits: 8),
            try SnowflakeLayout(timestampBits: 40, workerBits: 5, sequenceBits: 11, datacenterBits: 5, rollbackBits: 2),
            try SnowflakeLayout(timestampBits: 41, workerBits: 0, sequenceBits: 22),
            try SnowflakeLayout(timestampBits: 1, workerBits: 0, sequenceBits: 62),
        ]
    }

    @Test("a layout composes and takes apart its fields at their extremes, each without touching the others")
    func roundTrip() throws {
        for layout in try Self.layouts() {
            for rollback in Set([0, layout.maximumRollback]) {
                for timestamp in [0, layout.maximumTimestamp] {
                    for datacenter in Set([0, layout.maximumDatacenter]) {
                        for worker in Set([0, layout.maximumWorker]) {
                            for sequence in [0, layout.maximumSequence] {
                                let parts = SnowflakeParts(
                                    rollback: rollback, unixMilliseconds: layout.epoch + Int64(timestamp),
                                    datacenter: datacenter, worker: worker, sequence: sequence)
                                let id = try layout.compose(parts)
                                #expect(id >= 0)
                                #expect(layout.inspect(id) == parts)
                            }
                        }
                    }
                }
            }
        }
    }

    @Test("identifiers of the 53-bit layout are exact as doubles")
    func javaScript() throws {
        let layout = SnowflakeLayout.javaScriptSafe
        #expect(layout.bits == 53)
        #expect(layout.isJavaScriptSafe && !SnowflakeLayout.standard.isJavaScriptSafe)
        let largest = try layout.compose(
            SnowflakeParts(unixMilliseconds: layout.endUnixMilliseconds - 1, worker: 31, sequence: 127))
        #expect(largest == SnowflakeLayout.maximumJavaScriptInteger)
        #expect(Int64(Double(largest)) == largest)
    }

    @Test("layouts of more than 63 bits, without time or sequence, or with negative fields are refused")
    func badLayouts() async {
        await expect(.badLayout) { try SnowflakeLayout(timestampBits: 42, workerBits: 10, sequenceBits: 12) }
        await expect(.badLayout) { try SnowflakeLayout(timestampBits: 42, workerBits: 10, sequenceBits: 0) }
        await expect(.badLayout) { try SnowflakeLayout(timestampBits: 0, workerBits: 10, sequenceBits: 12) }
        await expect(.badLayout) { try SnowflakeLayout(timestampBits: 41, workerBits: -1, sequenceBits: 12) }
        await expect(.badLayout) { try SnowflakeLayout(timestampBits: 63, workerBits: 0, sequenceBits: 1) }
        await expect(.badLayout) {
            try SnowflakeLayout(timestampBits: 41, workerBits: 10, sequenceBits: 12, epoch: .max - 5)
        }
    }

    @Test("a part beyond its field is refused, never cut to fit or let flow into its neighbour")
    func overflow() async {
        let layout = SnowflakeLayout.standard
        let start = layout.epoch
        for parts in [
            SnowflakeParts(unixMilliseconds: start, worker: 1024, sequence: 0),
            SnowflakeParts(unixMilliseconds: start, worker: 0, sequence: 4096),
            SnowflakeParts(unixMilliseconds: start - 1, worker: 0, sequence: 0),
            SnowflakeParts(unixMilliseconds: layout.endUnixMilliseconds, worker: 0, sequence: 0),
            SnowflakeParts(unixMilliseconds: .min, worker: 0, sequence: 0),
            SnowflakeParts(unixMilliseconds: start, datacenter: 1, worker: 0, sequence: 0),
            SnowflakeParts(rollback: 1, unixMilliseconds: start, worker: 0, sequence: 0),
        ] {
            await expect(.exhausted) { try layout.compose(parts) }
        }
    }

    @Test("an identifier that no generator of the layout can have made is not taken apart")
    func foreign() {
        #expect(SnowflakeLayout.standard.inspect(-1) == nil)
        #expect(SnowflakeLayout.javaScriptSafe.inspect(1 << 53) == nil)
    }

    @Test("an inspected identifier reads as a sentence")
    func sentence() throws {
        let layout = SnowflakeLayout.standard
        let id = try layout.compose(SnowflakeParts(unixMilliseconds: 1_767_225_600_007, worker: 5, sequence: 9))
        #expect(layout.inspect(id)?.description == "2026-01-01T00:00:00.007Z, worker 5, sequence 9")
    }

    @Test("the report names the day on which the timestamps of each layout run out")
    func limits() throws {
        let standard = SnowflakeLayout.standard.limits(usedWorkers: 3)
        #expect(standard.map(\.field) == [.timestamp, .worker, .sequence])
        #expect(standard[0].runsOut == "2093-09-06")
        #expect(standard[0].runsOutUnixMilliseconds == SnowflakeLayout.standard.endUnixMilliseconds)
        #expect(standard[0].sentence.contains("JavaScript's numbers hold identifiers made before 2024-01-25 exactly"))
        #expect(standard[1].sentence == "1024 workers; 3 have been used")
        #expect(standard[2].capacity == 4096)
        let seconds = try SnowflakeLayout(timestampBits: 38, workerBits: 22, sequenceBits: 3, epoch: 1_463_673_600_000)
        #expect(seconds.limits()[0].runsOut == "2025-02-03")
        let old = try SnowflakeLayout(timestampBits: 41, workerBits: 3, sequenceBits: 12, epoch: -1)
        #expect(old.limits()[0].sentence.hasPrefix("milliseconds since 1969-12-31"))
        #expect(
            try Self.layouts()[3].limits().map(\.field) == [.rollback, .timestamp, .datacenter, .worker, .sequence])
    }
}
