import ShardBase
import ShardReplicas
import Testing

struct HealthTests {
    static var options: CircuitBreaker.Options {
        var options = CircuitBreaker.Options()
        options.failuresToOpen = 3
        options.backOff = BackOff(base: .seconds(2), maximum: .seconds(8))
        return options
    }

    @Test("back-off doubles up to its maximum, and keeps at least half")
    func backOff() throws {
        let backOff = BackOff(base: .seconds(1), maximum: .seconds(10))
        try forAll(200) { generator in
            for (failures, whole) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (60, 10), (100_000, 10)] {
                let wait = backOff.wait(afterFailures: failures, using: &generator)
                try require(wait >= .seconds(whole) / 2 && wait <= .seconds(whole), "\(failures): \(wait)")
            }
        }
    }

    @Test("a breaker opens after failures in a row, tries once after its back-off, and closes after enough successes")
    func breaker() throws {
        var breaker = CircuitBreaker(Self.options, generator: SeededGenerator(seed: 1))
        func pass(_ now: Duration) throws -> CircuitBreaker.Pass { try must(breaker.admit(now: now)) }
        breaker.failed(try pass(.zero), now: .zero)
        breaker.failed(try pass(.zero), now: .zero)
        breaker.succeeded(try pass(.zero))
        for _ in 0..<2 { breaker.failed(try pass(.zero), now: .zero) }
        #expect(breaker.state == .closed(failures: 2))
        let late = try pass(.zero)
        breaker.failed(try pass(.zero), now: .zero)
        let until = try #require(breaker.refusesUntil)
        #expect(until >= .seconds(1) && until <= .seconds(2))
        #expect(breaker.admit(now: until - .nanoseconds(1)) == nil)
        let trial = try pass(until)
        #expect(trial.isTrial && breaker.admit(now: until) == nil, "one trial at a time")
        // A call from before says nothing of now.
        breaker.failed(late, now: until)
        breaker.succeeded(late)
        #expect(breaker.state == .halfOpen(successes: 0))
        breaker.failed(trial, now: until)
        let again = try #require(breaker.refusesUntil)
        #expect(again - until >= .seconds(2) && again - until <= .seconds(4), "the second back-off is longer")
        breaker.succeeded(try pass(again))
        breaker.succeeded(try pass(again))
        #expect(breaker.state == .closed(failures: 0) && breaker.refusesUntil == nil)
    }

    @Test("a trial that is dropped makes room, and one that never ends does after its lifetime")
    func lostTrials() throws {
        var breaker = CircuitBreaker(Self.options, generator: SeededGenerator(seed: 1))
        for _ in 0..<3 { breaker.fail(now: .zero) }
        breaker.abandoned(try must(breaker.admit(now: .seconds(2))))
        _ = try must(breaker.admit(now: .seconds(2)))
        #expect(breaker.admit(now: .seconds(31)) == nil)
        #expect(breaker.refusesUntil == .seconds(32))
        #expect(breaker.admit(now: .seconds(32)) != nil)
    }

    @Test("whatever happens, a breaker lets no more trials through than it may, and always tries again in the end")
    func breakerLaws() throws {
        try forAll(500) { generator in
            var breaker = CircuitBreaker(Self.options, generator: generator.fork())
            var now = Duration.zero
            var passes: [CircuitBreaker.Pass] = []
            for _ in 0..<200 {
                now += .milliseconds(Int.random(in: 0...900, using: &generator))
                switch Int.random(in: 0..<5, using: &generator) {
                case 0, 1: if let pass = breaker.admit(now: now) { passes.append(pass) }
                case 2: if let pass = passes.popLast() { breaker.succeeded(pass) }
                case 3: if let pass = passes.popLast() { breaker.failed(pass, now: now) }
                default: if let pass = passes.popLast() { breaker.abandoned(pass) }
                }
                if case .halfOpen = breaker.state {
                    let trials = passes.filter { $0.isTrial && $0.generation == breaker.generation }.count
                    // Trials that outlived their time may be replaced.
                    try require(trials <= 1 + Int(now / .seconds(30)), "\(trials) trials")
                }
            }
            passes = []
            try require(breaker.admit(now: now + .seconds(60)) != nil, "it never tries again")
        }
    }

    @Test("connections begin a few at a time and a few a second, and one finds out for all after a failure")
    func pacing() throws {
        var options = ConnectionPacer.Options()
        options.attemptsAtOnce = 2
        options.attemptsPerSecond = 10
        options.burst = 3
        var pacer = ConnectionPacer(options, generator: SeededGenerator(seed: 7))
        #expect(pacer.ask(now: .zero) == .connect)
        #expect(pacer.ask(now: .zero) == .connect)
        #expect(pacer.ask(now: .zero) == .whenOneEnds)
        pacer.connected()
        #expect(pacer.ask(now: .zero) == .connect)
        pacer.connected()
        guard case .notBefore(let moment) = pacer.ask(now: .zero) else { throw Failed(description: "not paced") }
        #expect(moment >= .milliseconds(99) && moment <= .milliseconds(101))
        #expect(pacer.ask(now: moment) == .connect)
        pacer.failed(now: moment)
        guard case .notBefore(let quiet) = pacer.ask(now: moment) else { throw Failed(description: "no back-off") }
        #expect(quiet - moment >= .milliseconds(50) && quiet - moment <= .milliseconds(100))
        pacer.connected()
        #expect(pacer.ask(now: .seconds(10)) == .connect)
        pacer.failed(now: .seconds(10))
        #expect(pacer.ask(now: .seconds(20)) == .connect)
        #expect(pacer.ask(now: .seconds(20)) == .whenOneEnds, "after a failure one at a time")
    }

    @Test("one that claims to be primary is it; a probe that fails revokes it; a promoted replica takes over")
    func failover() {
        var tracker = FailoverTracker()
        #expect(tracker.verdict == .none)
        tracker.answered("a", isInRecovery: false, timeline: 1, now: .zero)
        tracker.answered("b", isInRecovery: true, timeline: 1, now: .zero)
        #expect(tracker.verdict == .primary("a", timeline: 1))
        tracker.revoked("a", now: .seconds(1))
        #expect(tracker.verdict == .none)
        tracker.answered("b", isInRecovery: false, timeline: 2, now: .seconds(2))
        #expect(tracker.verdict == .primary("b", timeline: 2))
        // The old one comes back and believes that nothing has happened.
        tracker.answered("a", isInRecovery: false, timeline: 1, now: .seconds(3))
        #expect(tracker.verdict == .primary("b", timeline: 2))
        tracker.revoked("b", now: .seconds(4))
        #expect(tracker.verdict == .deposed("a", timeline: 1, newest: 2))
        tracker.answered("a", isInRecovery: true, timeline: 2, now: .seconds(5))
        tracker.answered("b", isInRecovery: false, timeline: 2, now: .seconds(5))
        #expect(tracker.verdict == .primary("b", timeline: 2))
    }

    @Test("two that claim it are none, until one has been alone for a while")
    func contested() {
        var tracker = FailoverTracker(settling: .seconds(1))
        tracker.answered("a", isInRecovery: false, timeline: 1, now: .zero)
        tracker.answered("b", isInRecovery: false, timeline: 2, now: .seconds(1))
        #expect(tracker.verdict == .contested(["a", "b"]), "the old primary may still be written to by others")
        tracker.revoked("a", now: .seconds(2))
        #expect(tracker.verdict == .contested(["a", "b"]))
        tracker.answered("b", isInRecovery: false, timeline: 2, now: .milliseconds(2900))
        #expect(tracker.verdict == .contested(["a", "b"]))
        tracker.answered("b", isInRecovery: false, timeline: 2, now: .seconds(3))
        #expect(tracker.verdict == .primary("b", timeline: 2))
        var unknown = FailoverTracker()
        unknown.answered("a", isInRecovery: false, timeline: nil, now: .zero)
        #expect(unknown.verdict == .none)
    }

    @Test(
        "never is there a primary while another of its timeline or a newer one claims to be it, nor one of an older time"
    )
    func failoverLaws() throws {
        try forAll(500) { generator in
            var tracker = FailoverTracker(settling: .milliseconds(500))
            var claims: [String: UInt64] = [:]
            var newest: UInt64 = 0
            var now = Duration.zero
            for _ in 0..<100 {
                now += .milliseconds(Int.random(in: 0...400, using: &generator))
                let name = ["a", "b", "c"].randomElement(using: &generator) ?? ""
                switch Int.random(in: 0..<3, using: &generator) {
                case 0:
                    let timeline = UInt64.random(in: 1...3, using: &generator)
                    tracker.answered(name, isInRecovery: false, timeline: timeline, now: now)
                    claims[name] = timeline
                case 1:
                    tracker.answered(name, isInRecovery: true, timeline: 3, now: now)
                    claims[name] = nil
                default:
                    tracker.revoked(name, now: now)
                    claims[name] = nil
                }
                guard case .primary(let primary, let timeline) = tracker.verdict else { continue }
                try require(claims[primary] == timeline && timeline >= newest)
                try require(claims.allSatisfy { $0.key == primary || $0.value < timeline }, "\(claims)")
                newest = timeline
            }
        }
    }
}
