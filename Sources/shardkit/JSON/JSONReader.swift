/// Reads one JSON text exactly (RFC 8259): integers within 64 bits stay integers, larger ones become reals as in SQL,
/// reals are rounded once. Nesting is bounded.
struct JSONReader {
    struct Problem: Error, Equatable {
        var message: String
        /// UTF-8 offset from 0.
        var offset: Int
    }

    private let bytes: [UInt8]
    private var at = 0
    private static let maximumDepth = 200

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Reads a whole text; white space around it is allowed, anything else is not.
    static func read(_ bytes: [UInt8]) throws(Problem) -> JSONValue {
        var reader = JSONReader(bytes)
        reader.skipSpace()
        let value = try reader.value(0)
        reader.skipSpace()
        guard reader.at == bytes.count else { throw reader.problem("something stands behind the value") }
        return value
    }

    private func problem(_ message: String) -> Problem { Problem(message: message, offset: at) }

    private var byte: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { at += 1 }
    }

    private mutating func value(_ depth: Int) throws(Problem) -> JSONValue {
        guard depth < Self.maximumDepth else { throw problem("nested deeper than \(Self.maximumDepth) levels") }
        switch byte {
        case nil: throw problem("a value is missing")
        case UInt8(ascii: "{"): return try object(depth)
        case UInt8(ascii: "["): return try array(depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"):
            try word("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        case .some(let digit) where digit == UInt8(ascii: "-") || digit &- 0x30 < 10: return try number()
        default: throw problem("a value cannot begin here")
        }
    }

    private mutating func word(_ word: String) throws(Problem) {
        for expected in word.utf8 {
            guard byte == expected else { throw problem("\(word) is meant here, it seems") }
            at += 1
        }
    }

    private mutating func object(_ depth: Int) throws(Problem) -> JSONValue {
        at += 1
        var members: [JSONValue.Member] = []
        skipSpace()
        if byte == UInt8(ascii: "}") {
            at += 1
            return .object([])
        }
        while true {
            skipSpace()
            guard byte == UInt8(ascii: "\"") else { throw problem("a member's name is missing") }
            let name = try string()
            skipSpace()
            guard byte == UInt8(ascii: ":") else { throw problem("a colon is missing") }
            at += 1
            skipSpace()
            members.append(JSONValue.Member(name: name, value: try value(depth + 1)))
            skipSpace()
            switch byte {
            case UInt8(ascii: ","): at += 1
            case UInt8(ascii: "}"):
                at += 1
                return .object(members)
            default: throw problem("a comma or } is missing")
            }
        }
    }

    private mutating func array(_ depth: Int) throws(Problem) -> JSONValue {
        at += 1
        var elements: [JSONValue] = []
        skipSpace()
        if byte == UInt8(ascii: "]") {
            at += 1
            return .array([])
        }
        while true {
            skipSpace()
            elements.append(try value(depth + 1))
            skipSpace()
            switch byte {
            case UInt8(ascii: ","): at += 1
            case UInt8(ascii: "]"):
                at += 1
                return .array(elements)
            default: throw problem("a comma or ] is missing")
            }
        }
    }

    private mutating func number() throws(Problem) -> JSONValue {
        let start = at
        var isReal = false
        if byte == UInt8(ascii: "-") { at += 1 }
        let digits = at
        skipDigits()
        guard at > digits else { throw problem("a digit is missing") }
        if bytes[digits] == UInt8(ascii: "0"), at > digits + 1 {
            at = digits + 1
            throw problem("a number does not begin with 0")
        }
        if byte == UInt8(ascii: ".") {
            isReal = true
            at += 1
            let fraction = at
            skipDigits()
            guard at > fraction else { throw problem("a digit is missing") }
        }
        if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            isReal = true
            at += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { at += 1 }
            let exponent = at
            skipDigits()
            guard at > exponent else { throw problem("a digit is missing") }
        }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        if !isReal, let integer = Int64(text) { return .integer(integer) }
        guard let real = Double(text) else { throw problem("the number cannot be read") }
        return .real(real)
    }

    private mutating func skipDigits() {
        while let byte, byte &- 0x30 < 10 { at += 1 }
    }

    private mutating func string() throws(Problem) -> String {
        at += 1
        var buffer: [UInt8] = []
        var start = at
        while true {
            guard let byte else { throw problem("the string has no end") }
            switch byte {
            case UInt8(ascii: "\""):
                buffer.append(contentsOf: bytes[start..<at])
                at += 1
                guard let text = String(validating: buffer, as: UTF8.self) else {
                    at = start
                    throw problem("the string is not UTF-8; give the bytes as {\"text\":\"<hex>\"}")
                }
                return text
            case UInt8(ascii: "\\"):
                buffer.append(contentsOf: bytes[start..<at])
                at += 1
                try escape(&buffer)
                start = at
            case 0..<0x20: throw problem("a control character has to be escaped")
            default: at += 1
            }
        }
    }

    private mutating func escape(_ buffer: inout [UInt8]) throws(Problem) {
        guard let byte else { throw problem("the string has no end") }
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(byte)
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0C)
        case UInt8(ascii: "n"): buffer.append(0x0A)
        case UInt8(ascii: "r"): buffer.append(0x0D)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code) {
                guard bytes[at...].starts(with: Self.lowSurrogate) else {
                    throw problem("half of a surrogate pair")
                }
                at += 2
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw problem("half of a surrogate pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw problem("half of a surrogate pair") }
            buffer.append(contentsOf: UTF8.encode(scalar)!)
        default:
            at -= 1
            throw problem("an unknown escape")
        }
    }

    private static let lowSurrogate = Array("\\u".utf8)

    private mutating func hexadecimal() throws(Problem) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte, let digit = Hexadecimal.digit(byte) else {
                throw problem("four hexadecimal digits are missing")
            }
            code = code << 4 | UInt32(digit)
            at += 1
        }
        return code
    }
}
