import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Random bits of the operating system, drawn some kilobytes at a time: a system call for each UUID would cost ten
/// times all the rest of it.
///
/// The bits are those of the system's generator; nothing is derived from them, so none can be computed from others, and
/// those given out are wiped. A process that forks and goes on in the child would share the rest of the pool with it;
/// Swift programs do not.
public final class RandomPool: Sendable {
    public static let shared = RandomPool()

    private struct State {
        var words = [UInt64](repeating: 0, count: 256)
        var left = 0
    }
    private let state = Mutex(State())

    init() {}

    /// 64 random bits.
    public func next() -> UInt64 {
        state.withLock { state in
            if state.left == 0 {
                Self.fill(&state.words)
                state.left = state.words.count
            }
            state.left -= 1
            let word = state.words[state.left]
            state.words[state.left] = 0
            return word
        }
    }

    private static func fill(_ words: inout [UInt64]) {
        words.withUnsafeMutableBytes { bytes in
            #if canImport(Darwin)
                arc4random_buf(bytes.baseAddress, bytes.count)
            #else
                // It gives 256 bytes at a time.
                for start in stride(from: 0, to: bytes.count, by: 256) {
                    guard let base = bytes.baseAddress else { return }
                    let code = getentropy(base + start, min(256, bytes.count - start))
                    precondition(code == 0, "the system gives no random bits: error \(errno)")
                }
            #endif
        }
    }
}
