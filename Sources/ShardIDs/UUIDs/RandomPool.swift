import Synchronization

/// Random bits of the operating system, drawn some kilobytes at a time: a system call for each UUID would cost more than
/// all the rest of it.
///
/// The bits are those of the system's generator; nothing is derived from them, so none can be computed from others. A process
/// that forks and goes on in the child would share the pool's rest with it; Swift programs do not.
public final class RandomPool: Sendable {
    public static let shared = RandomPool()

    private struct State {
        var words: [UInt64] = []
        var generator = SystemRandomNumberGenerator()
    }
    private let state = Mutex(State())

    init() {}

    /// 64 random bits.
    public func next() -> UInt64 {
        state.withLock { state in
            if let word = state.words.popLast() { return word }
            for _ in 0..<256 { state.words.append(state.generator.next()) }
            return state.words.removeLast()
        }
    }
}
