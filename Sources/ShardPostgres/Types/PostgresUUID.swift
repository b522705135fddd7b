/// 128 bits, written as `a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11`.
public struct PostgresUUID: Sendable, Hashable, CustomStringConvertible {
    public var high: UInt64
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// 32 hexadecimal digits, hyphens anywhere between them, braces around them allowed.
    public init?(_ text: some StringProtocol) {
        var words: [UInt64] = [0, 0]
        var count = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "-"), UInt8(ascii: "{"), UInt8(ascii: "}"): continue
            default:
                guard let digit = HexDigits.value(byte), count < 32 else { return nil }
                words[count / 16] = words[count / 16] << 4 | UInt64(digit)
                count += 1
            }
        }
        guard count == 32 else { return nil }
        self.init(high: words[0], low: words[1])
    }

    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
            let word = index < 8 ? high : low
            HexDigits.append(UInt8(truncatingIfNeeded: word >> UInt64(56 - index % 8 * 8)), to: &text)
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// Hexadecimal digits as the server writes them.
enum HexDigits {
    private static let digits = Array("0123456789abcdef".utf8)

    static func append(_ byte: UInt8, to text: inout [UInt8]) {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }

    static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - 48
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - 87
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - 55
        default: nil
        }
    }

    /// `\x0a1b`
    static func bytea(_ bytes: [UInt8]) -> String {
        var text = Array("\\x".utf8)
        text.reserveCapacity(2 + bytes.count * 2)
        for byte in bytes { append(byte, to: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads both styles in which the server writes bytes: `\x` and digits, or characters with octal escapes.
    static func bytes(bytea text: some Collection<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        var rest = Array(text)[...]
        if rest.starts(with: "\\x".utf8) {
            rest = rest.dropFirst(2)
            while let first = rest.popFirst() {
                guard let second = rest.popFirst(), let high = value(first), let low = value(second) else { return nil }
                result.append(high << 4 | low)
            }
            return result
        }
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            guard let next = rest.popFirst() else { return nil }
            if next == UInt8(ascii: "\\") {
                result.append(next)
                continue
            }
            guard let middle = rest.popFirst(), let last = rest.popFirst() else { return nil }
            let octal = [next, middle, last].map { $0 &- 48 }
            guard octal.allSatisfy({ $0 < 8 }) else { return nil }
            result.append(octal[0] << 6 | octal[1] << 3 | octal[2])
        }
        return result
    }
}
