#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The three collations that SQLite has of itself, over bytes. Negative, 0 or positive; no allocation.
///
/// Source: binCollFunc, rtrimCollFunc and nocaseCollatingFunc in SQLite's src/main.c, sqlite3StrNICmp in src/util.c.
public enum TextOrder {
    public static func binary(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int {
        if let startA = a.baseAddress, let startB = b.baseAddress {
            let order = memcmp(startA, startB, min(a.count, b.count))
            if order != 0 { return Int(order) }
        }
        return a.count - b.count
    }

    /// Letters are compared up to the first NUL that both have at one place: `a␀b` equals `A␀c`.
    public static func nocase(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int {
        for index in 0..<min(a.count, b.count) {
            let left = fold(a[index])
            let right = fold(b[index])
            if left != right { return Int(left) - Int(right) }
            if left == 0 { break }
        }
        return a.count - b.count
    }

    public static func rtrim(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int {
        binary(trimmed(a), trimmed(b))
    }

    /// A text without the spaces at its end.
    @inlinable public static func trimmed(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        var count = text.count
        while count > 0, text[count - 1] == 0x20 { count -= 1 }
        return UnsafeBufferPointer(rebasing: text[..<count])
    }

    /// ASCII capitals to small letters; every other byte stays.
    @inlinable @inline(__always)
    public static func fold(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 0x20 : byte }

    /// Compares under a collation.
    /// - Precondition: the collation is comparable (``Collation/requireComparable()`` was asked).
    @inlinable public static func compare(
        _ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>, _ collation: Collation
    ) -> Int {
        switch collation {
        case .binary: return binary(a, b)
        case .nocase: return nocase(a, b)
        case .rtrim: return rtrim(a, b)
        case .custom(let name): preconditionFailure("a comparison under the custom collation \(name) was not refused")
        }
    }
}
