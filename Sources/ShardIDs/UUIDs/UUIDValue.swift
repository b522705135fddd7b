/// A UUID of any version: 128 bits. Source of all that is said about them here: RFC 9562.
///
/// Not called `UUID`, so that Foundation's can be imported beside it. UUIDs compare as their bytes and their texts do.
public struct UUIDValue: Sendable, Hashable {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// All bits 0, and all bits 1.
    public static let zero = UUIDValue(high: 0, low: 0)
    public static let max = UUIDValue(high: .max, low: .max)

    /// With the bits of a version and of the RFC's variant set, whatever they were.
    init(version: UInt64, high: UInt64, low: UInt64) {
        self.high = high & ~0xF000 | version << 12
        self.low = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    }

    /// 16 bytes in network order; nil for any other number of bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.init(
            high: bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }, low: bytes[8...].reduce(0) { $0 << 8 | UInt64($1) })
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

    /// The version, 0 to 15, of a UUID of the RFC's variant; nil for those of other variants and for ``zero`` and
    /// ``max``.
    public var version: Int? {
        guard low >> 62 == 0b10 else { return nil }
        return Int(high >> 12 & 0xF)
    }

    /// When it was made: milliseconds since 1970. Versions 1, 6 and 7 know; nil for the others.
    public var unixMilliseconds: Int64? {
        switch version {
        case 7: Int64(high >> 16)
        case 1, 6:
            // 100 ns since the Gregorian calendar began, 1582-10-15, which was 12,219,292,800 s before 1970.
            gregorianTicks.map { (Int64($0) - 122_192_928_000_000_000) / 10_000 }
        default: nil
        }
    }

    /// Of versions 1 and 6, which are only read here: their time in steps of 100 ns since 1582-10-15.
    public var gregorianTicks: UInt64? {
        switch version {
        case 1: (high & 0xFFF) << 48 | (high >> 16 & 0xFFFF) << 32 | high >> 32
        case 6: (high >> 16) << 12 | high & 0xFFF
        default: nil
        }
    }

    /// Of versions 1 and 6: the clock sequence and the node, which may be the MAC address of who made it. That is why
    /// none are made here.
    public var clockSequence: UInt16? { gregorianTicks.map { _ in UInt16(low >> 48 & 0x3FFF) } }
    public var node: UInt64? { gregorianTicks.map { _ in low & 0xFFFF_FFFF_FFFF } }
}

extension UUIDValue: Comparable {
    public static func < (left: Self, right: Self) -> Bool { (left.high, left.low) < (right.high, right.low) }
}
