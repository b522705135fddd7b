/// A fast 64-bit hash of a statement's text: one folded 64 × 64 → 128 bit multiplication for each sixteen bytes (the
/// construction of wyhash). Not cryptographic; the seed of the process keeps clients from preparing collisions, and who
/// looks up by it compares the texts.
enum TextHash {
    private static let seed = UInt64.random(in: .min ... .max)
    private static let first: UInt64 = 0xA076_1D64_78BD_642F
    private static let second: UInt64 = 0xE703_7ED1_A0B4_28DB

    static func of(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
        guard let base = bytes.baseAddress else { return seed }
        let raw = UnsafeRawPointer(base)
        let count = bytes.count
        var state = seed
        var at = 0
        while count &- at >= 16 {
            state = fold(load(raw, at) ^ first, load(raw, at &+ 8) ^ state)
            at &+= 16
        }
        var low: UInt64 = 0
        var high: UInt64 = 0
        if count >= 16 {
            // The last sixteen bytes, some of them again.
            low = load(raw, count &- 16)
            high = load(raw, count &- 8)
        } else {
            for index in at..<min(count, at &+ 8) { low = low << 8 | UInt64(bytes[index]) }
            if count > at &+ 8 { for index in (at &+ 8)..<count { high = high << 8 | UInt64(bytes[index]) } }
        }
        state = fold(low ^ second, high ^ state)
        return fold(state ^ UInt64(count), first)
    }

    @inline(__always)
    static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    @inline(__always)
    private static func load(_ raw: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
