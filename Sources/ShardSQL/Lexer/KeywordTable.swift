/// The keywords of one dialect, found by comparing packed bytes: a hash table without collisions chains of strings.
///
/// A word is packed into two integers: its first eight bytes and its next eight, each byte with bit 5 set. That folds
/// ASCII letters and keeps every other byte that a keyword holds apart (`_` becomes 0x7F, which no word holds).
/// The only longer keyword is `current_timestamp`; its last byte is compared by itself.
final class KeywordTable: Sendable {
    struct Entry: Sendable {
        var low: UInt64
        var high: UInt64
        var length: UInt8
        var roles: Token.Roles
        var keyword: Keyword
    }

    static let longest = 17
    /// A power of two, at least three times the number of keywords.
    private static let capacity = 1024
    private let entries: [Entry]

    /// - Parameter roles: The keywords with what each may be used as besides.
    init(_ roles: [Keyword: Token.Roles]) {
        var table = [Entry](
            repeating: Entry(low: 0, high: 0, length: 0, roles: [], keyword: .none), count: Self.capacity)
        for keyword in Keyword.allCases {
            guard let role = roles[keyword], keyword != .none else { continue }
            let word = Array(keyword.word.utf8)
            let (low, high) = word.withUnsafeBufferPointer { Self.packed($0.baseAddress!, $0.count, available: 0) }
            var slot = Self.slot(low, high)
            while table[slot].length != 0 { slot = (slot + 1) & (Self.capacity - 1) }
            table[slot] = Entry(low: low, high: high, length: UInt8(word.count), roles: role, keyword: keyword)
        }
        entries = table
    }

    /// The keyword a word of the text is, with its roles.
    ///
    /// - Parameters:
    ///   - word: The word's first byte.
    ///   - available: How many bytes may be read from there; more than the length lets whole words be loaded.
    @inline(__always)
    func lookUp(_ word: UnsafePointer<UInt8>, _ length: Int, available: Int) -> (Keyword, Token.Roles) {
        if length > Self.longest || length < 2 { return (.none, .all) }
        if length == Self.longest && word[16] | 0x20 != UInt8(ascii: "p") { return (.none, .all) }
        let (low, high) = Self.packed(word, length, available: available)
        return entries.withUnsafeBufferPointer { entries in
            var slot = Self.slot(low, high)
            while true {
                let entry = entries[slot]
                if entry.length == 0 { return (.none, .all) }
                if entry.low == low && entry.high == high && Int(entry.length) == length {
                    return (entry.keyword, entry.roles)
                }
                slot = (slot &+ 1) & (Self.capacity - 1)
            }
        }
    }

    @inline(__always)
    private static func slot(_ low: UInt64, _ high: UInt64) -> Int {
        let mixed = (low ^ (high &* 0x9E37_79B9_7F4A_7C15)) &* 0xD6E8_FEB8_6659_FD93
        return Int(truncatingIfNeeded: mixed >> 54)
    }

    @inline(__always)
    private static func packed(_ word: UnsafePointer<UInt8>, _ length: Int, available: Int) -> (UInt64, UInt64) {
        let fold: UInt64 = 0x2020_2020_2020_2020
        if available >= 16 {
            let raw = UnsafeRawPointer(word)
            var low = UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self)) | fold
            if length < 8 {
                low &= (1 &<< UInt64(length &* 8)) &- 1
                return (low, 0)
            }
            var high = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)) | fold
            if length < 16 { high &= (1 &<< UInt64((length &- 8) &* 8)) &- 1 }
            return (low, high)
        }
        var low: UInt64 = 0
        var high: UInt64 = 0
        for index in 0..<min(length, 8) { low |= UInt64(word[index] | 0x20) &<< UInt64(index &* 8) }
        if length > 8 {
            for index in 8..<min(length, 16) { high |= UInt64(word[index] | 0x20) &<< UInt64((index &- 8) &* 8) }
        }
        return (low, high)
    }
}
