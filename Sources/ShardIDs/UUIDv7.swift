/// A UUID of version 7: 48 bits of Unix milliseconds, 12 bits of counter, 62 random bits. Source: RFC 9562, 5.7 and
/// 6.2 (method 1: a counter in `rand_a` directly behind the timestamp).
///
/// Compared as bytes or as text, UUIDs of one generator stand in the order they were made.
public struct UUIDv7: Sendable, Hashable {
    public let high: UInt64
    public let low: UInt64

    /// Puts a UUID together; the version and variant bits are set here.
    public init(unixMilliseconds: UInt64, counter: UInt64, random: UInt64) {
        high = (unixMilliseconds & 0xFFFF_FFFF_FFFF) << 16 | 0x7000 | (counter & 0xFFF)
        low = 0x8000_0000_0000_0000 | (random & 0x3FFF_FFFF_FFFF_FFFF)
    }

    /// The 16 bytes in network order.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        for word in [high, low] {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return bytes
    }

    /// When it was made: milliseconds since 1970.
    public var unixMilliseconds: UInt64 { high >> 16 }
}

extension UUIDv7: Comparable {
    public static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension UUIDv7: CustomStringConvertible {
    /// The usual text: `018f3c5e-9d70-7a31-8f2e-0123456789ab`.
    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
            text.append(Self.digit(byte >> 4))
            text.append(Self.digit(byte & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 48 + nibble : 87 + nibble }
}
