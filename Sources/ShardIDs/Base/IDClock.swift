#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where generators read the time; ``system`` unless a test or an embedding gives its own.
public struct IDClock: Sendable {
    /// The operating system's clocks. The wall clock is read at its coarse resolution first (3 ns; it may be some
    /// milliseconds late, never early) and exactly (22 ns) only where the coarse reading would make a caller wait.
    public static let system = IDClock()

    /// Given clocks; nil throughout for ``system``.
    struct Closures: Sendable {
        let wall: @Sendable () -> Int64
        let monotonic: @Sendable () -> Int64
        let sleep: (@Sendable (Duration) async throws -> Void)?
    }
    let closures: Closures?

    private init() { closures = nil }

    /// A clock of one's own.
    ///
    /// - Parameters:
    ///   - wall: milliseconds since 1970-01-01T00:00:00Z. It may jump and stand still.
    ///   - monotonic: nanoseconds since any moment; must not go back. Default: the system's.
    ///   - sleep: how to wait. Default: `Task.sleep`. A test moves `wall` on instead.
    public init(
        wall: @escaping @Sendable () -> Int64, monotonic: (@Sendable () -> Int64)? = nil,
        sleep: (@Sendable (Duration) async throws -> Void)? = nil
    ) {
        closures = Closures(wall: wall, monotonic: monotonic ?? { Self.systemMonotonic }, sleep: sleep)
    }

    /// Milliseconds since 1970, exactly.
    var milliseconds: Int64 {
        if let closures { return closures.wall() }
        let time = Self.read(CLOCK_REALTIME)
        return Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000
    }

    /// Nanoseconds that never go back.
    var monotonicNanoseconds: Int64 { closures?.monotonic() ?? Self.systemMonotonic }

    /// How long it is until the wall clock has gone on by so many milliseconds, as exactly as it can be known.
    func time(forward milliseconds: Int64) -> Duration {
        if closures != nil { return .milliseconds(milliseconds) }
        let within = Int64(Self.read(CLOCK_REALTIME).tv_nsec) % 1_000_000
        return .nanoseconds(milliseconds * 1_000_000 - within)
    }

    func sleep(_ duration: Duration) async throws {
        if let sleep = closures?.sleep {
            try Task.checkCancellation()
            try await sleep(duration)
        } else {
            try await Task.sleep(for: duration, tolerance: .zero)
        }
    }

    /// The system's milliseconds since 1970, perhaps a few late: what the fast path uses.
    @inline(__always)
    static var systemCoarse: Int64 {
        #if canImport(Darwin)
            let time = read(CLOCK_REALTIME)
        #else
            let time = read(CLOCK_REALTIME_COARSE)
        #endif
        return Int64(time.tv_sec) &* 1000
            &+ Int64(truncatingIfNeeded: UInt64(truncatingIfNeeded: time.tv_nsec) / 1_000_000)
    }

    static var systemMonotonic: Int64 {
        let time = read(CLOCK_MONOTONIC)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

    @inline(__always)
    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }
}

extension Duration {
    /// Whole milliseconds, rounded down, at most what an `Int64` holds of nanoseconds.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let bounded = min(max(seconds, -9_000_000_000), 9_000_000_000)
        return bounded * 1000 + attoseconds / 1_000_000_000_000_000
    }

    /// Whole nanoseconds, at most some 285 years.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return min(max(seconds, -9_000_000_000), 9_000_000_000) * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
