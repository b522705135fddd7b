import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where rooms read the time, so that tests can hold it in their hand.
public protocol ShardClock: Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z. It may jump, also backwards.
    var wallMilliseconds: Int64 { get }
    /// Time since an arbitrary moment; it never goes backwards.
    var monotonic: Duration { get }
}

/// The operating system's clocks. A reading costs about 25 ns and allocates nothing.
public struct SystemClock: ShardClock {
    public init() {}

    public var wallMilliseconds: Int64 {
        let time = Self.read(CLOCK_REALTIME)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    public var monotonic: Duration {
        let time = Self.read(CLOCK_MONOTONIC)
        return Duration(
            secondsComponent: Int64(time.tv_sec), attosecondsComponent: Int64(time.tv_nsec) * 1_000_000_000)
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }
}

/// A clock that stands still until a test moves it. Safe to share between tasks.
public final class ManualClock: ShardClock {
    private let state: Mutex<(wall: Int64, monotonic: Duration)>

    /// - Parameter wallMilliseconds: what the wall clock says at first; default 2026-01-01T00:00:00Z.
    public init(wallMilliseconds: Int64 = 1_767_225_600_000) {
        state = Mutex((wallMilliseconds, .zero))
    }

    public var wallMilliseconds: Int64 { state.withLock { $0.wall } }
    public var monotonic: Duration { state.withLock { $0.monotonic } }

    /// Both clocks go on by a duration, whole milliseconds on the wall clock.
    public func advance(by duration: Duration) {
        let (seconds, attoseconds) = duration.components
        state.withLock {
            $0.wall += seconds * 1000 + attoseconds / 1_000_000_000_000_000
            $0.monotonic += duration
        }
    }

    /// Sets the wall clock alone, as an administrator or a time server does; the monotonic clock is not touched.
    public func setWall(milliseconds: Int64) {
        state.withLock { $0.wall = milliseconds }
    }
}
