import ShardKit

extension Value {
    /// A parameter as JSON lines write it: null, numbers, true and false (1 and 0), texts, `{"blob":"<hex>"}`,
    /// `{"text":"<hex>"}` for bytes that are not UTF-8, `{"real":"Infinity"}` or `"-Infinity"`.
    init(json: JSONValue) throws(ShardError) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .integer(value ? 1 : 0)
        case .integer(let value): self = .integer(value)
        case .real(let value): self = .real(value)
        case .string(let value): self = .text(value)
        case .object(let members):
            guard members.count == 1, case .string(let text) = members[0].value else { throw Self.badParameter }
            switch members[0].name {
            case "blob":
                guard let bytes = Hexadecimal.bytes(text) else { throw Self.badParameter }
                self = .blob(bytes)
            case "text":
                guard let bytes = Hexadecimal.bytes(text) else { throw Self.badParameter }
                self = String(validating: bytes, as: UTF8.self).map { .text($0) } ?? .malformedText(bytes)
            case "real":
                switch text {
                case "Infinity": self = .real(.infinity)
                case "-Infinity": self = .real(-.infinity)
                default: throw Self.badParameter
                }
            default: throw Self.badParameter
            }
        case .array: throw Self.badParameter
        }
    }

    private static var badParameter: ShardError {
        ShardError(
            .input, "a parameter is not a value",
            hint:
                "Values: null, numbers, texts, {\"blob\":\"<hex>\"}, {\"text\":\"<hex>\"}, {\"real\":\"Infinity\"}.")
    }
}
