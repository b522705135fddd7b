/// SHA-1, for UUIDs of version 5 only; it is broken as a cryptographic hash. Source: RFC 3174.
enum SHA1 {
    /// The digest: 20 bytes.
    static func hash(_ message: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
        let padded = Padding.padded(message, isBigEndian: true)
        for start in stride(from: 0, to: padded.count, by: 64) {
            var words = (0..<16).map { index in
                (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(padded[start + index * 4 + $1]) }
            }
            for index in 16..<80 {
                let word = words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]
                words.append(Padding.rotatedLeft(word, by: 1))
            }
            var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
            for step in 0..<80 {
                let mixed: UInt32
                switch step / 20 {
                case 0: mixed = ((b & c) | (~b & d)) &+ 0x5a82_7999
                case 1: mixed = (b ^ c ^ d) &+ 0x6ed9_eba1
                case 2: mixed = ((b & c) | (b & d) | (c & d)) &+ 0x8f1b_bcdc
                default: mixed = (b ^ c ^ d) &+ 0xca62_c1d6
                }
                let next = Padding.rotatedLeft(a, by: 5) &+ mixed &+ e &+ words[step]
                (a, b, c, d, e) = (next, a, Padding.rotatedLeft(b, by: 30), c, d)
            }
            state = zip(state, [a, b, c, d, e]).map { $0 &+ $1 }
        }
        return state.flatMap { word in
            stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
        }
    }
}

/// What both hashes share: a bit 1, zeros, and the length in bits, up to a multiple of 64 bytes.
enum Padding {
    static func padded(_ message: [UInt8], isBigEndian: Bool) -> [UInt8] {
        var padded = message
        padded.append(0x80)
        while padded.count % 64 != 56 { padded.append(0) }
        let length = UInt64(message.count) * 8
        for index in 0..<8 {
            padded.append(UInt8(truncatingIfNeeded: length >> UInt64((isBigEndian ? 7 - index : index) * 8)))
        }
        return padded
    }

    @inline(__always)
    static func rotatedLeft(_ word: UInt32, by bits: UInt32) -> UInt32 { word << bits | word >> (32 - bits) }
}
