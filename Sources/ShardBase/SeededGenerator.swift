/// A random number generator whose whole sequence follows from its seed: the same on every machine and run.
///
/// xoshiro256** by David Blackman and Sebastiano Vigna (public domain, prng.di.unimi.it), its state filled from the seed
/// by SplitMix64. Not for secrets.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    /// What made this sequence; print it when a test fails.
    public let seed: UInt64
    private var state: (UInt64, UInt64, UInt64, UInt64)

    public init(seed: UInt64) {
        self.seed = seed
        var split = SplitMix64(state: seed)
        state = (split.next(), split.next(), split.next(), split.next())
    }

    /// A generator with a seed from the operating system.
    public init() {
        self.init(seed: UInt64.random(in: .min ... .max))
    }

    public mutating func next() -> UInt64 {
        let product = state.1 &* 5
        let result = (product << 7 | product >> 57) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = state.3 << 45 | state.3 >> 19
        return result
    }

    /// A generator of its own for a part of the work: what one part draws does not move the others.
    public mutating func fork() -> SeededGenerator { SeededGenerator(seed: next()) }
}

/// Sebastiano Vigna's SplitMix64 (public domain).
struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
