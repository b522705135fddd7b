import IDStores
import ShardIDs
import Synchronization
import Testing

/// A clock that tests move by hand. Sleeping on it moves it on.
final class HandClock: Sendable {
    private let wall: Atomic<Int64>
    private let monotonic = Atomic<Int64>(0)

    init(_ milliseconds: Int64 = HandClock.start) { wall = Atomic(milliseconds) }

    static let start = SnowflakeLayout.defaultEpoch + 1_000_000

    var now: Int64 { wall.load(ordering: .relaxed) }
    /// Sets the wall clock alone.
    func set(_ milliseconds: Int64) { wall.store(milliseconds, ordering: .relaxed) }
    /// Moves both clocks on; the wall clock also back.
    func advance(_ milliseconds: Int64) {
        wall.add(milliseconds, ordering: .relaxed)
        if milliseconds > 0 { monotonic.add(milliseconds * 1_000_000, ordering: .relaxed) }
    }

    var clock: IDClock {
        IDClock(
            wall: { self.now }, monotonic: { self.monotonic.load(ordering: .relaxed) },
            sleep: { self.advance(max(1, $0.milliseconds)) })
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): what a seed decides. Seeds are in the messages of what fails.
struct Dice: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}

func options(
    _ clock: HandClock, layout: SnowflakeLayout = .standard, pace: SnowflakePace = .runAhead(limit: .milliseconds(10)),
    maximumWait: Duration = .seconds(5), refuseBefore: Duration = .zero
) -> SnowflakeOptions {
    var options = SnowflakeOptions()
    options.layout = layout
    options.pace = pace
    options.maximumWait = maximumWait
    options.refuseBefore = refuseBefore
    options.warnBefore = refuseBefore
    options.clock = clock.clock
    return options
}

/// Expects an error of this room with a code.
func expect(
    _ code: IDError.Code, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ work: () async throws -> some Any
) async {
    do {
        let value = try await work()
        Issue.record("\(value) instead of \(code)", sourceLocation: sourceLocation)
    } catch let error as IDError {
        #expect(error.code == code, comment, sourceLocation: sourceLocation)
    } catch {
        Issue.record("\(error) instead of \(code)", sourceLocation: sourceLocation)
    }
}

/// Waits until something is so, for ten seconds at most.
func eventually(_ condition: () throws -> Bool, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    for _ in 0..<2_000 {
        if try condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("it did not come about in ten seconds", sourceLocation: sourceLocation)
}

/// As `#expect`, for loops over many thousands: it costs nothing while all is well.
func check(
    _ condition: Bool, _ comment: @autoclosure () -> Comment = "it does not hold",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    if !condition { Issue.record(comment(), sourceLocation: sourceLocation) }
}
