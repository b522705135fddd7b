import ShardBase
import ShardReplicas
import Testing

struct PositionTests {
    @Test("an LSN is read as PostgreSQL reads it, and written as it writes it")
    func sequenceNumbers() throws {
        #expect(LogSequenceNumber("16/B374D848")?.rawValue == 0x16_B374_D848)
        #expect(LogSequenceNumber("0/0")?.description == "0/0")
        #expect(LogSequenceNumber("ffffffff/FFFFFFFF")?.rawValue == .max)
        for wrong in ["", "/", "1", "1/", "/1", "1/2/3", "000000001/1", "1/123456789", "g/1", "1 /2", "1/-1"] {
            #expect(LogSequenceNumber(wrong) == nil, "\(wrong)")
        }
        try forAll(500) { generator in
            let number = LogSequenceNumber(rawValue: generator.next() >> UInt64.random(in: 0..<64, using: &generator))
            try require(LogSequenceNumber(number.description) == number, "\(number)")
            let other = LogSequenceNumber(rawValue: number.rawValue &+ 77)
            try require(other.bytes(since: number) == 77 && number.bytes(since: other) == -77)
        }
    }

    @Test("a position of an ancestor is reached up to the fork, lost behind it, and unknown where no fork is known")
    func lineage() {
        let lineage = Lineage(timeline: 3, forks: [.init(timeline: 1, offset: 100), .init(timeline: 2, offset: 200)])
        func reach(_ timeline: UInt64, _ offset: UInt64, from: UInt64) -> Lineage.Reach {
            lineage.reach(Position(timeline: timeline, offset: offset), from: from)
        }
        #expect(reach(3, 300, from: 300) == .reached)
        #expect(reach(3, 301, from: 300) == .behind)
        #expect(reach(1, 100, from: 300) == .reached)
        #expect(reach(1, 101, from: 300) == .lost)
        #expect(reach(2, 200, from: 199) == .behind)
        #expect(reach(4, 1, from: 1000) == .behind)
        // Promoted before it had come to where its own timeline began.
        let early = Lineage(timeline: 2, forks: [.init(timeline: 1, offset: 100)]).forking(to: 3, at: 40)
        #expect(early.reach(Position(timeline: 1, offset: 41), from: 1000) == .lost)
        #expect(early.reach(Position(timeline: 1, offset: 40), from: 1000) == .reached)
        #expect(early.reach(Position(timeline: 2, offset: 41), from: 1000) == .lost)
        #expect(Lineage(timeline: 3).reach(Position(timeline: 2, offset: 1), from: 1000) == .unknown)
    }

    @Test("unknown lag is never within any bound, and an old measurement is none")
    func lag() {
        #expect(!Lag.unknown.isWithin(nil, lifetime: .seconds(100), now: .zero))
        #expect(!Lag.unknown.isWithin(.seconds(1000), lifetime: .seconds(100), now: .zero))
        #expect(Lag.unknown.staleness(now: .zero) == nil)
        let lag = Lag.measured(.seconds(2), at: .seconds(10))
        #expect(lag.isWithin(.seconds(2), lifetime: .seconds(5), now: .seconds(15)))
        #expect(!lag.isWithin(.seconds(2), lifetime: .seconds(5), now: .seconds(16)))
        #expect(!lag.isWithin(.seconds(1), lifetime: .seconds(5), now: .seconds(10)))
        #expect(lag.staleness(now: .seconds(15)) == .seconds(7))
    }

    @Test("the lag of an idle primary's replica does not grow, and that of a paused replica does")
    func idleAndPaused() throws {
        var log = PositionLog()
        for second in 1...100 { log.note(Position(timeline: 1, offset: 500), askedAt: .seconds(second)) }
        let idle = log.lag(replayed: Position(timeline: 1, offset: 500), at: .seconds(100) + .milliseconds(300))
        #expect(idle == .measured(.milliseconds(300), at: .seconds(100) + .milliseconds(300)))
        for second in 101...160 {
            log.note(Position(timeline: 1, offset: 500 + UInt64(second)), askedAt: .seconds(second))
        }
        // All that was committed before second 100 is there, and what came then is not.
        let paused = log.lag(replayed: Position(timeline: 1, offset: 500), at: .seconds(160))
        #expect(paused == .measured(.seconds(60), at: .seconds(160)))
        #expect(log.lag(replayed: Position(timeline: 1, offset: 499), at: .seconds(160)) == .unknown)
        #expect(log.lag(replayed: Position(timeline: 2, offset: 9999), at: .seconds(160)) == .unknown)
        #expect(PositionLog().lag(replayed: Position(timeline: 1, offset: 1), at: .zero) == .unknown)
    }

    @Test("a measured lag never says that a replica shows more than it does")
    func lagIsABound() throws {
        try forAll(300) { generator in
            // The truth: when which offset was committed. Probes see it at random moments.
            var commits: [(at: Int, offset: UInt64)] = [(0, 1)]
            var log = PositionLog(capacity: Int.random(in: 2...20, using: &generator))
            var now = 0
            var offset: UInt64 = 1
            for _ in 0..<200 {
                now += Int.random(in: 1...500, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0, 1:
                    offset += UInt64.random(in: 1...9, using: &generator)
                    commits.append((now, offset))
                case 2: log.note(Position(timeline: 1, offset: offset), askedAt: .milliseconds(now))
                default:
                    // A replica that has replayed up to a random commit.
                    let replayed = commits[Int.random(in: 0..<commits.count, using: &generator)].offset
                    let lag = log.lag(replayed: Position(timeline: 1, offset: replayed), at: .milliseconds(now))
                    guard let asOf = lag.asOf else { continue }
                    for commit in commits where Duration.milliseconds(commit.at) < asOf {
                        try require(commit.offset <= replayed, "as of \(asOf) misses \(commit) at \(replayed)")
                    }
                }
            }
        }
    }
}
