import Testing

@testable import ShardIDs

/// Decisions over values: no clocks, no stores, no tasks.
struct DecisionTests {
    static let rule = StepRule(targetTime: .seconds(900), prefetchShare: 0.1, minimum: 100, maximum: 1_000_000)

    @Test("a step is doubled under the target time, kept up to twice that, halved from there on, within its bounds")
    func step() {
        #expect(Self.rule.next(after: 1_000, lasted: .seconds(899)) == 2_000)
        #expect(Self.rule.next(after: 1_000, lasted: .seconds(900)) == 1_000)
        #expect(Self.rule.next(after: 1_000, lasted: .seconds(1_799)) == 1_000)
        #expect(Self.rule.next(after: 1_000, lasted: .seconds(1_800)) == 500)
        #expect(Self.rule.next(after: 150, lasted: .seconds(5_000)) == 100)
        #expect(Self.rule.next(after: 600_000, lasted: .zero) == 1_000_000)
        let wide = StepRule(targetTime: .seconds(1), prefetchShare: 0.1, minimum: 1, maximum: .max)
        #expect(wide.next(after: .max - 1, lasted: .zero) == .max)
    }

    @Test("after a drought the step is what the rate needs for twice the store's latency, at least doubled")
    func drought() {
        // 1,000 in 1 ms is a million a second; in 50 ms that is 50,000, and the last tenth is not waited for.
        let step = Self.rule.next(after: 1_000, dryAfter: 1_000, lasted: .milliseconds(1), latency: .milliseconds(50))
        #expect((110_000...112_000).contains(step))
        #expect(
            Self.rule.next(after: 1_000, dryAfter: 1_000, lasted: .seconds(10), latency: .milliseconds(1)) == 2_000)
        #expect(
            Self.rule.next(after: 1_000, dryAfter: 1_000, lasted: .zero, latency: .seconds(3_600)) == 1_000_000)
    }

    private static func row(_ node: Int64, expires: Int64?, holder: String = "a#1", mark: Int64 = 0) -> WorkerRow {
        WorkerRow(
            node: node, holder: holder, fence: 1, expires: expires, mark: HighWaterMark(milliseconds: mark))
    }

    @Test("a newcomer takes workers never used, then those free the longest, and none that is held")
    func choice() {
        let snapshot = WorkerSnapshot(
            rows: [
                Self.row(0, expires: 900), Self.row(1, expires: 1_001), Self.row(2, expires: nil),
                Self.row(3, expires: 500), Self.row(4, expires: 5_000, holder: ""), Self.row(9, expires: 0),
            ], now: 1_000)
        func nodes(_ range: ClosedRange<Int64>, limit: Int) -> [Int64] {
            WorkerChoice.candidates(snapshot, nodes: range, limit: limit).map(\.node)
        }
        #expect(nodes(0...7, limit: 2) == [5, 6])
        #expect(nodes(0...7, limit: 99) == [5, 6, 7, 3, 0, 4])
        #expect(nodes(0...4, limit: 1) == [3])
        #expect(nodes(1...2, limit: 9).isEmpty)
    }

    @Test(
        "it begins above the marks of those who are gone, and of those who seem alive only if the clock must be wrong")
    func floor() {
        let lease = Duration.seconds(30)
        let gone = Self.row(0, expires: 900, mark: 800)
        let alive = Self.row(1, expires: 31_000, mark: 25_000)
        let now: Int64 = 1_000
        #expect(
            WorkerChoice.floor(WorkerSnapshot(rows: [gone, alive], now: now), lease: lease)
                == HighWaterMark(milliseconds: 800))
        let tomorrow = Self.row(2, expires: 86_431_000, mark: 86_425_000)
        #expect(
            WorkerChoice.floor(WorkerSnapshot(rows: [gone, alive, tomorrow], now: now), lease: lease)
                == HighWaterMark(milliseconds: 86_425_000 - 120_000))
        #expect(
            WorkerChoice.floor(WorkerSnapshot(rows: [], now: now), lease: lease) == HighWaterMark(milliseconds: .min))
    }

    @Test("days and moments are those of the calendar, before and after 1970 and at its borders")
    func calendar() {
        for (milliseconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (-2_208_988_800_000, "1900-01-01T00:00:00.000Z"),
        ] as [(Int64, String)] {
            #expect(CalendarDate.moment(unixMilliseconds: milliseconds) == text)
        }
        // Not a trap, whatever the number.
        #expect(!CalendarDate.moment(unixMilliseconds: .max).isEmpty)
        #expect(!CalendarDate.moment(unixMilliseconds: .min).isEmpty)
    }

    @Test("words and moments are each other's inverse, and keep their order")
    func words() throws {
        let layout = try SnowflakeLayout(timestampBits: 41, workerBits: 8, sequenceBits: 12, rollbackBits: 2)
        var last: UInt64 = 0
        for rollback in 0...3 as ClosedRange<UInt64> {
            for time in [1, 5, layout.maximumTimestamp] {
                let moment = Moment(rollback: rollback, milliseconds: layout.epoch + Int64(time))
                let word = layout.word(moment)
                #expect(word > last && layout.moment(word) == moment && layout.moment(word + 4_095) == moment)
                last = word
            }
            let beyond = Moment(rollback: rollback, milliseconds: .max)
            #expect(layout.word(beyond) == layout.word(rollback: rollback + 1, timestamp: 0))
        }
    }

    @Test("every error and notice says what is wrong and what to do, in sentences")
    func sentences() {
        let error = IDError(
            .storeFailed, "the store failed", advice: "Look at it.", cause: DeadlinePassed(limit: .seconds(5)))
        #expect("\(error)" == "the store failed (no answer within 5.0 seconds). Look at it.")
        #expect("\(IDNotice.stepChanged(tag: "a", from: 1, to: 2))" == "the step of a went from 1 to 2")
    }
}
