extension UUIDValue: CustomStringConvertible, LosslessStringConvertible {
    /// The usual text in lower case: `018f3c5e-9d70-7a31-8f2e-0123456789ab`.
    public var description: String {
        String(unsafeUninitializedCapacity: 36) { text in
            var position = 0
            for index in 0..<16 {
                if index == 4 || index == 6 || index == 8 || index == 10 {
                    text[position] = UInt8(ascii: "-")
                    position += 1
                }
                let word = index < 8 ? high : low
                let byte = UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * (index % 8)))
                text[position] = Self.digit(byte >> 4)
                text[position + 1] = Self.digit(byte & 15)
                position += 2
            }
            return 36
        }
    }

    /// Reads the usual text, in either case; nil for anything else, braces and `urn:uuid:` included.
    public init?(_ text: String) {
        var words: [UInt64] = [0, 0]
        var digits = 0
        var position = 0
        for character in text.utf8 {
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard character == UInt8(ascii: "-") else { return nil }
            } else {
                guard position < 36, let value = Self.value(character) else { return nil }
                words[digits / 16] = words[digits / 16] << 4 | value
                digits += 1
            }
            position += 1
        }
        guard position == 36 else { return nil }
        self.init(high: words[0], low: words[1])
    }

    /// Reads the usual text.
    ///
    /// - Throws: `badUUID`.
    public init(parsing text: String) throws(IDError) {
        guard let value = UUIDValue(text) else {
            throw IDError(
                .badUUID, "\"\(text.prefix(80))\" is not a UUID",
                advice: "Write 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12 with hyphens between.")
        }
        self = value
    }

    private static func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 48 + nibble : 87 + nibble }

    private static func value(_ character: UInt8) -> UInt64? {
        switch character {
        case 48...57: UInt64(character - 48)
        case 65...70: UInt64(character - 55)
        case 97...102: UInt64(character - 87)
        default: nil
        }
    }
}
