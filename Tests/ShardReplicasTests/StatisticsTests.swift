import ShardBase
@testable import ShardReplicas
import Testing

struct StatisticsTests {
    @Test("a quantile is never too low, at most a quarter too high, and never above the longest")
    func histogram() throws {
        #expect(TimeHistogram().quantile(0.5) == .zero)
        try forAll(200) { generator in
            var histogram = TimeHistogram()
            var times: [Int64] = []
            for _ in 0..<Int.random(in: 1...300, using: &generator) {
                let time = Int64(generator.next() >> UInt64.random(in: 33..<64, using: &generator))
                times.append(time)
                histogram.add(.microseconds(time))
            }
            times.sort()
            for share in [0.0, 0.5, 0.9, 0.99, 1.0] {
                let exact = times[max(1, min(times.count, Int((Double(times.count) * share).rounded(.up)))) - 1]
                let found = histogram.quantile(share)
                try require(found >= .microseconds(exact), "\(found) of \(exact)")
                try require(
                    found <= .microseconds(exact + exact / 4 + 1) && found <= histogram.longest, "\(found) of \(exact)")
            }
            try require(histogram.count == times.count)
            try require(histogram.total == .microseconds(times.reduce(0, +)))
        }
        var huge = TimeHistogram()
        huge.add(.seconds(1_000_000))
        huge.add(.seconds(-1))
        #expect(huge.quantile(1) == .seconds(1_000_000) && huge.quantile(0.1) == .microseconds(1))
    }

    @Test("merged histograms are the histogram of both")
    func merging() throws {
        try forAll(50) { generator in
            var (a, b, both) = (TimeHistogram(), TimeHistogram(), TimeHistogram())
            for turn in 0..<100 {
                let time = Duration.microseconds(Int64(generator.next() >> 40))
                both.add(time)
                if turn % 3 == 0 { a.add(time) } else { b.add(time) }
            }
            a.merge(b)
            try require(a == both)
        }
    }

    @Test("memory is bounded, what is frequent stays, and counts say what they may have missed")
    func spaceSaving() throws {
        try forAll(10) { generator in
            let statistics = StatementStatistics(capacity: 64)
            var truth: [UInt64: Int] = [:]
            for _ in 0..<20_000 {
                // A few frequent ones among many that come once.
                let fingerprint: UInt64 =
                    Int.random(in: 0..<3, using: &generator) == 0
                    ? UInt64.random(in: 0..<4, using: &generator) : generator.next() | 1 << 60
                truth[fingerprint, default: 0] += 1
                statistics.record(fingerprint, duration: .microseconds(1), rows: 1, rung: 1) { "SELECT ?" }
            }
            let lines = statistics.snapshot()
            try require(lines.count <= 64)
            for frequent in 0..<4 as Range<UInt64> {
                let line = try must(lines.first { $0.fingerprint == frequent })
                let count = truth[frequent] ?? 0
                try require(line.count <= count && count <= line.count + line.missed, "\(line.count) of \(count)")
            }
            for line in lines {
                try require(line.count == line.times.count && line.rows == line.count && line.rungs[0] == line.count)
            }
        }
    }

    @Test("a line sums time, rows, failures and rungs, and is asked for its text once")
    func lines() {
        let statistics = StatementStatistics()
        var asked = 0
        for turn in 1...10 {
            statistics.record(
                7, duration: .milliseconds(turn), rows: turn, rung: turn, hasFailed: turn == 10,
                text: {
                    asked += 1
                    return String(repeating: "ü", count: 2000)
                })
        }
        statistics.record(8, duration: .seconds(1), rows: 0, rung: 1) { "SELECT 1" }
        let lines = statistics.snapshot()
        #expect(lines.map(\.fingerprint) == [8, 7])
        #expect(lines[1].rows == 55 && lines[1].failures == 1 && lines[1].rungs == [1, 1, 1, 1, 6])
        #expect(lines[1].text == String(repeating: "ü", count: 512) + "…" && asked == 1)
        statistics.reset()
        #expect(statistics.snapshot().isEmpty)
    }

    @Test("many tasks count at once and lose nothing")
    func concurrentCounting() async {
        let statistics = StatementStatistics()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for turn in 0..<2000 {
                        statistics.record(UInt64(turn % 50), duration: .zero, rows: 1, rung: 1) { "" }
                    }
                }
            }
        }
        #expect(statistics.snapshot().map(\.count) == [Int](repeating: 320, count: 50))
    }

    @Test("the last slow statements are kept, the fast ones and their texts cost nothing")
    func slowStatements() {
        let slow = SlowStatements(threshold: .milliseconds(10), capacity: 3)
        func record(_ milliseconds: Int) -> Bool {
            slow.record(.milliseconds(milliseconds)) {
                SlowStatement(
                    fingerprint: UInt64(milliseconds), text: "SELECT ?", duration: .milliseconds(milliseconds), rows: 1,
                    rung: 2, shards: ["s0"], endedAt: 0)
            } != nil
        }
        #expect(!record(9) && record(10) && record(11) && record(12) && record(13))
        #expect(slow.snapshot().map(\.fingerprint) == [11, 12, 13])
        slow.change(threshold: nil)
        #expect(!record(100_000))
        slow.change(threshold: .zero)
        #expect(record(0))
    }
}
