/// Tells texts apart, the same in every run and on every machine.
enum TextDigest {
    /// 64-bit FNV-1a of the UTF-8 bytes (Fowler, Noll and Vo).
    static func of(_ text: some StringProtocol) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash
    }
}
