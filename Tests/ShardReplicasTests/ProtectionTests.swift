import ShardBase
@testable import ShardReplicas
import Synchronization
import Testing

struct ProtectionTests {
    private final class Counters: Sendable {
        let order = Mutex<[Int]>([])
        let inside = Atomic<Int>(0)
        let most = Atomic<Int>(0)
        let entered = Atomic<Int>(0)
    }

    @Test("first come, first served: never more than the limit, nobody waits while there is room, nobody is forgotten")
    func queueLaws() throws {
        try forAll(500) { generator in
            var limit = Int.random(in: 1...4, using: &generator)
            var queueLimit = Int.random(in: 0...6, using: &generator)
            var queue = AdmissionQueue(limit: limit, queueLimit: queueLimit)
            var underWay = 0
            var waiting: [AdmissionQueue.Ticket] = []
            var isShrunk = false
            func admit(_ tickets: [AdmissionQueue.Ticket]) throws {
                try require(tickets == Array(waiting.prefix(tickets.count)), "out of turn")
                waiting.removeFirst(tickets.count)
                underWay += tickets.count
            }
            for _ in 0..<300 {
                switch Int.random(in: 0..<10, using: &generator) {
                case 0..<5:
                    switch queue.ask() {
                    case .admitted:
                        try require(underWay < limit && waiting.isEmpty)
                        underWay += 1
                    case .queued(let ticket):
                        try require(underWay >= limit && waiting.count < queueLimit)
                        waiting.append(ticket)
                    case .turnedAway: try require(underWay >= limit && waiting.count >= queueLimit)
                    }
                case 5..<8:
                    guard underWay > 0 else { continue }
                    underWay -= 1
                    try admit(queue.ended())
                case 8:
                    guard let gone = waiting.randomElement(using: &generator) else { continue }
                    try require(queue.leave(gone) && !queue.leave(gone))
                    waiting.removeAll { $0 == gone }
                default:
                    limit = Int.random(in: 1...4, using: &generator)
                    queueLimit = Int.random(in: 0...6, using: &generator)
                    isShrunk = true
                    try admit(queue.change(limit: limit, queueLimit: queueLimit))
                }
                try require(queue.underWay == underWay && queue.waitingCount == waiting.count)
                try require(waiting.isEmpty || underWay >= limit, "somebody waits while there is room")
                try require(isShrunk || underWay <= limit)
            }
        }
    }

    @Test(
        "a gate lets in as many as it may, others in order, and refuses when its queue is full", .timeLimit(.minutes(1))
    )
    func gate() async throws {
        let gate = AdmissionGate("statements of shard 's0'", limit: 1, queueLimit: 2)
        try await gate.enter()
        let counters = Counters()
        var tasks: [Task<Void, any Error>] = []
        for number in 0..<2 {
            tasks.append(
                Task { try await gate.withAdmission { counters.order.withLock { $0.append(number) } } })
            while gate.waiting <= number { await Task.yield() }
        }
        #expect(gate.pressure == 1 && !gate.tryEnter())
        let error = await #expect(throws: ShardError.self) { try await gate.enter() }
        #expect(error?.code == .overloaded && error?.message.hasPrefix("statements of shard 's0'") == true)
        gate.leave()
        for task in tasks { try await task.value }
        #expect(counters.order.withLock { $0 } == [0, 1])
        #expect(gate.underWay == 0 && gate.tryEnter())
    }

    @Test("who waits too long or is cancelled leaves the queue, and the others go on", .timeLimit(.minutes(1)))
    func leaving() async throws {
        let gate = AdmissionGate("g", limit: 1, queueLimit: 10)
        try await gate.enter()
        let error = await #expect(throws: ShardError.self) { try await gate.enter(within: .milliseconds(2)) }
        #expect(error?.code == .overloaded)
        let cancelled = Task { try await gate.enter() }
        let patient = Task { try await gate.enter(within: .seconds(3600)) }
        while gate.waiting < 2 { await Task.yield() }
        cancelled.cancel()
        await #expect(throws: ShardError.self) { try await cancelled.value }
        gate.leave()
        try await patient.value
        gate.leave()
        #expect(gate.underWay == 0 && gate.waiting == 0)
    }

    @Test("cancellation, timeouts and admissions that meet lose no place and no wake-up", .timeLimit(.minutes(2)))
    func torture() async throws {
        let gate = AdmissionGate("g", limit: 3, queueLimit: 50)
        let counters = Counters()
        for round in 0..<20 {
            var generator = SeededGenerator(seed: UInt64(round))
            let tasks = (0..<40).map { number in
                let limit: Duration? = number % 3 == 0 ? .microseconds(Int.random(in: 1...800, using: &generator)) : nil
                return Task {
                    try await gate.withAdmission(within: limit) {
                        let now = counters.inside.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
                        counters.most.max(now, ordering: .sequentiallyConsistent)
                        counters.entered.wrappingAdd(1, ordering: .relaxed)
                        await Task.yield()
                        counters.inside.wrappingSubtract(1, ordering: .sequentiallyConsistent)
                    }
                }
            }
            for (number, task) in tasks.enumerated() where number % 5 == 0 { task.cancel() }
            for task in tasks { _ = await task.result }
            #expect(gate.underWay == 0 && gate.waiting == 0, "round \(round)")
        }
        #expect(counters.most.load(ordering: .relaxed) <= 3)
        #expect(counters.entered.load(ordering: .relaxed) > 100)
    }

    @Test(
        "no limit is ever exceeded, and what a denial names is allowed then",
        arguments: [
            RateLimit.tokenBucket(rate: 10, burst: 5), .tokenBucket(rate: 0.5, burst: 1),
            .leakyBucket(rate: 7, queue: 3), .leakyBucket(rate: 100, queue: 0),
            .fixedWindow(count: 4, window: .seconds(1)), .slidingWindow(count: 6, window: .seconds(2)),
            .slidingWindow(count: 1, window: .nanoseconds(100_000_007)),
        ])
    func rateLimits(limit: RateLimit) throws {
        try forAll(60) { generator in
            var limiter = RateLimiter(limit)
            var now = Duration.zero
            var allowed: [Duration] = []
            for _ in 0..<400 {
                now += .microseconds(
                    Int.random(in: 0...300_000, using: &generator) * (Bool.random(using: &generator) ? 1 : 0))
                switch limiter.take(now: now) {
                case .allowed: allowed.append(now)
                case .allowedAt(let moment):
                    try require(moment > now)
                    allowed.append(moment)
                case .denied(let moment):
                    try require(moment > now, "denied until \(moment) at \(now)")
                    var later = limiter
                    if case .denied = later.take(now: moment) {
                        throw Failed(description: "denied again at the moment that was named")
                    }
                }
            }
            try require(zip(allowed, allowed.dropFirst()).allSatisfy { $0 <= $1 })
            for (first, begin) in allowed.enumerated() {
                for (last, end) in allowed[first...].enumerated() {
                    let count = last + 1
                    let seconds = (end - begin) / .seconds(1)
                    switch limit {
                    case .tokenBucket(let rate, let burst):
                        try require(Double(count) <= burst + rate * seconds + 1e-6, "\(count) in \(seconds) s")
                    case .leakyBucket(let rate, _):
                        try require(Double(count - 1) <= rate * seconds + 1e-6, "\(count) in \(seconds) s")
                    case .fixedWindow(let most, let window):
                        let windows = Int64(end / window) - Int64(begin / window) + 1
                        try require(count <= most * Int(windows))
                    case .slidingWindow(let most, let window):
                        if end - begin <= window { try require(count <= most, "\(count) within a window") }
                    }
                }
            }
        }
    }

    @Test("limits are found by label, table and fingerprint, and say who has exceeded what")
    func limitsBySubject() throws {
        let clock = ManualClock()
        let limits = RateLimits(
            [.label("batch"): .tokenBucket(rate: 1, burst: 1), .table("t"): .leakyBucket(rate: 1, queue: 1)],
            clock: clock)
        #expect(try limits.take([.label("web"), .table("u"), .fingerprint(5)]) == .zero)
        #expect(try limits.take([.label("batch")]) == .zero)
        let error = #expect(throws: ShardError.self) { try limits.take([.label("batch"), .table("t")]) }
        #expect(error?.code == .rateLimited && error?.message.contains("label 'batch'") == true)
        #expect(try limits.take([.table("t")]) == .zero, "nothing was taken from what came after the refusal")
        #expect(try limits.take([.table("t")]) == .seconds(1))
    }

    @Test("scatters are shed before keyed statements, by hand or under pressure, without flickering")
    func degradation() {
        let degradation = Degradation()
        #expect(!degradation.sheds(.scatter))
        degradation.report(pressure: 0.6)
        #expect(degradation.sheds(.scatter) && !degradation.sheds(.keyed))
        degradation.report(pressure: 0.3)
        #expect(degradation.isDegraded)
        degradation.report(pressure: 0.05)
        #expect(!degradation.isDegraded)
        degradation.position = .on
        #expect(degradation.sheds(.scatter))
        #expect(degradation.staleness(.seconds(1), degraded: .seconds(30)) == .seconds(30))
        #expect(degradation.staleness(.seconds(1), degraded: nil) == .seconds(1))
        degradation.position = .off
        degradation.report(pressure: 1)
        #expect(!degradation.sheds(.scatter))
        #expect(degradation.staleness(.seconds(1), degraded: .seconds(30)) == .seconds(1))
    }
}
