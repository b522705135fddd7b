import ShardSQL
import ShardTopology
import ShardValues

/// Finds the values that shard keys are compared with: literals and parameters whose reading as a key's type is certain.
struct ServerOperands {
    let parameterTypes: [UInt32]

    /// The value of an expression as a key of the family; nil where it is not certain before the statement runs.
    func operand(_ expression: Expression, _ family: ServerKeyFamily) -> KeyOperand? {
        switch expression.unparenthesized {
        case .parameter(let parameter):
            guard parameter.index < parameterTypes.count,
                ServerKeyFamily(typeID: parameterTypes[parameter.index]) == family
            else { return nil }
            return .parameter(parameter.index)
        case .literal(let literal): return constant(literal, family).map(KeyOperand.constant)
        case .unary(let unary):
            guard unary.operator == .minus, family == .integer, case .literal(let literal) = unary.operand,
                literal.kind == .integer, Self.isDecimal(literal.text), let value = Int64("-" + literal.text)
            else { return nil }
            return .constant(.integer(value))
        case .cast(let cast):
            guard Self.family(of: cast.type) == family else { return nil }
            return operand(cast.operand, family)
        case .column, .binary, .isNull, .between, .inList, .match, .function, .collate, .conditional, .exists,
            .subquery,
            .row, .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone, .raise, .wildcard,
            .defaultValue,
            .verbatim:
            return nil
        }
    }

    private func constant(_ literal: Literal, _ family: ServerKeyFamily) -> Value? {
        switch literal.kind {
        case .null: return .null
        case .integer:
            guard family == .integer, Self.isDecimal(literal.text) else { return nil }
            return Int64(literal.text).map(Value.integer)
        case .string:
            guard let text = Self.plainText(literal.text) else { return nil }
            return Self.value(ofText: text, family)
        case .boolean, .real, .blob, .bits, .currentTime, .typed: return nil
        }
    }

    /// A text as a key: nil where only the server knows how it reads.
    static func value(ofText text: String, _ family: ServerKeyFamily) -> Value? {
        switch family {
        case .text: return .text(text)
        case .integer:
            let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
            guard isDecimal(digits) else { return nil }
            return Int64(text).map(Value.integer)
        case .uuid: return uuidBytes(text).map(Value.blob)
        }
    }

    private static func isDecimal(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }

    /// The text of `'it''s'`; nil for literals with escapes and for dollar quotes.
    static func plainText(_ literal: String) -> String? {
        guard literal.utf8.count >= 2, literal.hasPrefix("'"), literal.hasSuffix("'") else { return nil }
        // A literal over several lines is written in parts.
        guard !literal.contains("\n") else { return nil }
        return String(literal.dropFirst().dropLast()).replacing("''", with: "'")
    }

    /// The sixteen bytes of `8-4-4-4-12` hexadecimal digits.
    static func uuidBytes(_ text: String) -> [UInt8]? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [8, 4, 4, 4, 12] else { return nil }
        let digits = Array(parts.joined().utf8)
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 32, by: 2) {
            guard
                let byte = UInt8(String(decoding: digits[index..<(index + 2)], as: UTF8.self), radix: 16),
                digits[index] != UInt8(ascii: "+")
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func family(of type: TypeName) -> ServerKeyFamily? {
        switch type.text.lowercased() {
        case "int", "integer", "int4", "bigint", "int8", "smallint", "int2": .integer
        case "text", "varchar", "character varying": .text
        case "uuid": .uuid
        default: nil
        }
    }
}
