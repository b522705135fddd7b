public import ShardValues

/// Which lane of an outbox a key's messages travel in: relays share out lanes, so that a key has one relay at a time.
public enum Lane {
    /// The same in every process and version: it is stored. FNV-1a, 64 bits (Fowler, Noll, Vo).
    public static func of(_ key: Value, among lanes: Int) -> Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        switch key {
        case .null: add([0])
        case .integer(let integer): add("\(integer)".utf8)
        case .real(let real): add("\(real)".utf8)
        case .text(let text): add(text.utf8)
        case .blob(let bytes), .malformedText(let bytes): add(bytes)
        }
        return Int64(hash % UInt64(max(1, lanes)))
    }
}
