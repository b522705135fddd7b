// The catalog's JSON form of a value, format 1: null, {"integer":5}, {"real":"1.5"}, {"text":"a"}, {"blob":"00ff"} or
// {"malformedText":"ff"}. Reals are texts, since JSON has no infinity and readers round; Swift's description of a Double
// is read back to the same bits.
extension Value: Codable {
    private enum CodingKeys: String, CodingKey { case integer, real, text, blob, malformedText }

    public init(from decoder: any Decoder) throws {
        if let single = try? decoder.singleValueContainer(), single.decodeNil() {
            self = .null
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard let key = container.allKeys.first, container.allKeys.count == 1 else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "a value has exactly one kind"))
        }
        func corrupted(_ what: String) -> DecodingError {
            DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "not \(what)")
        }
        switch key {
        case .integer: self = .integer(try container.decode(Int64.self, forKey: key))
        case .real:
            guard let real = Double(try container.decode(String.self, forKey: key)) else { throw corrupted("a number") }
            self = .real(real)
        case .text: self = .text(try container.decode(String.self, forKey: key))
        case .blob, .malformedText:
            guard let bytes = Self.bytes(hexadecimal: try container.decode(String.self, forKey: key)) else {
                throw corrupted("hexadecimal digits")
            }
            self = key == .blob ? .blob(bytes) : .malformedText(bytes)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        if case .null = self {
            var single = encoder.singleValueContainer()
            try single.encodeNil()
            return
        }
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .null: break
        case .integer(let integer): try container.encode(integer, forKey: .integer)
        case .real(let real): try container.encode(real.description, forKey: .real)
        case .text(let text): try container.encode(text, forKey: .text)
        case .blob(let bytes): try container.encode(Self.hexadecimal(bytes), forKey: .blob)
        case .malformedText(let bytes): try container.encode(Self.hexadecimal(bytes), forKey: .malformedText)
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    private static func bytes(hexadecimal text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = nibble(digits[index]), let low = nibble(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - 48
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - 87
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - 55
        default: nil
        }
    }
}
