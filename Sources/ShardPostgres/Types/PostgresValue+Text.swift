extension PostgresValue {
    /// The value as the server writes it in the styles that connections use (ISO dates, moments in UTC); nil for NULL, and
    /// for a binary form that is not read here.
    public var text: String? {
        switch self {
        case .null, .raw: nil
        case .bool(let bool): bool ? "t" : "f"
        case .int2(let integer): integer.description
        case .int4(let integer): integer.description
        case .int8(let integer): integer.description
        case .oid(let number): number.description
        case .float4(let real): FloatText.text(real.description, isNaN: real.isNaN, fixedBelow: 6)
        case .float8(let real): FloatText.text(real.description, isNaN: real.isNaN, fixedBelow: 15)
        case .numeric(let numeric): numeric.description
        case .text(let text), .json(let text), .jsonb(let text), .other(_, let text): text
        case .bytea(let bytes): HexDigits.bytea(bytes)
        case .uuid(let uuid): uuid.description
        case .date(let date): date.description
        case .time(let time): time.description
        case .timetz(let time): time.description
        case .timestamp(let timestamp): timestamp.description
        case .timestamptz(let timestamp): timestamp.text(suffix: "+00")
        case .interval(let interval): interval.description
        case .array(let array): array.description
        }
    }

    /// Reads a type's text form. What is not understood (a type without a case, another date style) stays ``other(_:_:)``.
    public init(text: String, type: PostgresType) {
        self = Self.read(text, type) ?? .other(type, text)
    }

    private static func read(_ text: String, _ type: PostgresType) -> PostgresValue? {
        switch type {
        case .bool: return text == "t" ? .bool(true) : text == "f" ? .bool(false) : nil
        case .int2: return Int16(text).map { .int2($0) }
        case .int4: return Int32(text).map { .int4($0) }
        case .int8: return Int64(text).map { .int8($0) }
        case .oid: return UInt32(text).map { .oid($0) }
        case .float4: return Float(text).map { .float4($0) }
        case .float8: return Double(text).map { .float8($0) }
        case .numeric: return PostgresNumeric(text).map { .numeric($0) }
        case .text, .varchar, .bpchar, .name, .xml, .unknown, .char: return .text(text)
        case .json: return .json(text)
        case .jsonb: return .jsonb(text)
        case .bytea: return HexDigits.bytes(bytea: text.utf8).map { .bytea($0) }
        case .uuid: return PostgresUUID(text).map { .uuid($0) }
        case .date: return PostgresDate(text).map { .date($0) }
        case .time: return PostgresTime(text).map { .time($0) }
        case .timetz: return PostgresTimeTZ(text).map { .timetz($0) }
        case .timestamp: return PostgresTimestamp(text).map { .timestamp($0) }
        case .timestamptz: return PostgresTimestamp(text, hasOffset: true).map { .timestamptz($0) }
        case .interval: return PostgresInterval(text).map { .interval($0) }
        default: return type.element.flatMap { PostgresArray(text, of: $0) }.map { .array($0) }
        }
    }
}

/// Floating numbers as the server writes them: the shortest digits that are read back to the same bits, plain within a
/// range of exponents and with a two-digit exponent outside.
enum FloatText {
    /// - Parameter description: Swift's own shortest form.
    static func text(_ description: String, isNaN: Bool, fixedBelow: Int) -> String {
        if isNaN { return "NaN" }
        var digits: [UInt8] = []
        var point: Int?
        var exponent = 0
        let isNegative = description.utf8.first == UInt8(ascii: "-")
        var rest = description.utf8[...]
        if isNegative { rest.removeFirst() }
        if rest.first == UInt8(ascii: "i") { return isNegative ? "-Infinity" : "Infinity" }
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "."): point = digits.count
            case UInt8(ascii: "e"):
                exponent = Int(String(decoding: rest, as: UTF8.self)) ?? 0
                rest = rest.dropFirst(rest.count)
            default: digits.append(byte)
            }
        }
        var place = (point ?? digits.count) + exponent
        while digits.count > 1, digits.first == 48 {
            digits.removeFirst()
            place -= 1
        }
        while digits.count > 1, digits.last == 48 { digits.removeLast() }
        let sign = isNegative ? "-" : ""
        if digits == [48] { return sign + "0" }
        let power = place - 1
        let all = String(decoding: digits, as: UTF8.self)
        if power < -4 || power >= fixedBelow {
            let tail = all.dropFirst()
            return sign + all.prefix(1) + (tail.isEmpty ? "" : ".") + tail + "e" + (power < 0 ? "-" : "+")
                + Civil.padded(abs(power), 2)
        }
        if place <= 0 { return sign + "0." + String(repeating: "0", count: -place) + all }
        if place >= digits.count { return sign + all + String(repeating: "0", count: place - digits.count) }
        return sign + all.prefix(place) + "." + all.dropFirst(place)
    }
}
