/// SipHash-2-4: a keyed hash of 64 bits that cannot be forged without the key.
///
/// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012; the test compares with their vectors. (The
/// standard library's Hasher is another variant, with a key that changes from process to process.)
public struct SipHash: Sendable {
    public var key: (UInt64, UInt64)

    public init(_ key0: UInt64, _ key1: UInt64) { key = (key0, key1) }

    public func hash(_ bytes: some Collection<UInt8>) -> UInt64 {
        var v0 = key.0 ^ 0x736F_6D65_7073_6575
        var v1 = key.1 ^ 0x646F_7261_6E64_6F6D
        var v2 = key.0 ^ 0x6C79_6765_6E65_7261
        var v3 = key.1 ^ 0x7465_6462_7974_6573
        func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 { word << count | word >> (64 - count) }
        func rounds(_ count: Int) {
            for _ in 0..<count {
                v0 &+= v1
                v1 = rotate(v1, 13) ^ v0
                v0 = rotate(v0, 32)
                v2 &+= v3
                v3 = rotate(v3, 16) ^ v2
                v0 &+= v3
                v3 = rotate(v3, 21) ^ v0
                v2 &+= v1
                v1 = rotate(v1, 17) ^ v2
                v2 = rotate(v2, 32)
            }
        }
        var word: UInt64 = 0
        var count = 0
        for byte in bytes {
            word |= UInt64(byte) << UInt64(8 * (count & 7))
            count += 1
            if count & 7 == 0 {
                v3 ^= word
                rounds(2)
                v0 ^= word
                word = 0
            }
        }
        word |= UInt64(count & 0xFF) << 56
        v3 ^= word
        rounds(2)
        v0 ^= word
        v2 ^= 0xFF
        rounds(4)
        return v0 ^ v1 ^ v2 ^ v3
    }
}
