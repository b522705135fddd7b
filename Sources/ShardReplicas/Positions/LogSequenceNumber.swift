/// PostgreSQL's place in the write-ahead log, as `pg_lsn` writes it: two hexadecimal halves, `16/B374D848`.
public struct LogSequenceNumber: Sendable, Hashable, Comparable {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Reads the server's text, as strictly as pg_lsn_in does: 1 to 8 digits, a slash, 1 to 8 digits. Nil for anything else.
    public init?(_ text: some StringProtocol) {
        var halves: [UInt64] = []
        var digits = 0
        var half: UInt64 = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): half = half << 4 | UInt64(byte - 48)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): half = half << 4 | UInt64(byte - 87)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): half = half << 4 | UInt64(byte - 55)
            case UInt8(ascii: "/"):
                guard digits > 0, halves.isEmpty else { return nil }
                halves.append(half)
                half = 0
                digits = -1
            default: return nil
            }
            digits += 1
            guard digits <= 8 else { return nil }
        }
        guard halves.count == 1, digits > 0 else { return nil }
        rawValue = halves[0] << 32 | half
    }

    public static func < (a: LogSequenceNumber, b: LogSequenceNumber) -> Bool { a.rawValue < b.rawValue }

    /// Bytes of log from another place to this one; negative where the other is ahead. As `pg_wal_lsn_diff`.
    public func bytes(since other: LogSequenceNumber) -> Int64 {
        Int64(bitPattern: rawValue &- other.rawValue)
    }
}

extension LogSequenceNumber: CustomStringConvertible {
    public var description: String {
        String(rawValue >> 32, radix: 16, uppercase: true) + "/"
            + String(rawValue & 0xFFFF_FFFF, radix: 16, uppercase: true)
    }
}
