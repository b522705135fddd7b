import ShardValues

/// What kind of values an expression gives most often: the generator puts like beside like, so that most statements
/// succeed and find rows, and strangers beside one another now and then.
enum ValueKind: CaseIterable, Sendable { case integer, real, text, any }

extension Dice {
    /// A value of few, so that rows meet; now and then one that lies where comparing and adding are hard.
    mutating func value(_ kind: ValueKind) -> Value {
        if chance(8) { return .null }
        switch kind {
        case .integer: return integer()
        case .real: return real()
        case .text: return text()
        case .any:
            switch below(8) {
            case 0, 1, 2: return integer()
            case 3, 4: return real()
            case 5, 6: return text()
            default: return .blob(pick([[], [0], [0x61], [0x61, 0x62], [0xFF, 0x00, 0x7F]]))
            }
        }
    }

    private mutating func integer() -> Value {
        if chance(3) {
            return .integer(pick([.max, .min, .max - 1, 9_007_199_254_740_993, -9_007_199_254_740_993, 1 << 32]))
        }
        return .integer(Int64(chance(10) ? -below(6) : below(14)))
    }

    private mutating func real() -> Value {
        if chance(3) { return .real(pick([1e300, -1e300, 9_007_199_254_740_992, 1e-300, 9.223372036854775807e18])) }
        switch below(5) {
        case 0, 1: return .real(Double(below(14)))
        case 2: return .real(Double(below(14)) + 0.5)
        case 3: return .real(pick([-0.0, 0.0, 0.1, 0.25, -1.5, -3]))
        default: return .integer(Int64(below(14)))
        }
    }

    private mutating func text() -> Value {
        .text(
            pick([
                "a", "A", "b", "B", "a ", "ab", "Ab ", "", "ß", "é", "É", "日本", "t\(below(6))", "t\(below(6))",
                "\(below(14))", "\(below(14)).0", "x_y", "50%", "it's",
            ]))
    }
}

extension Value {
    /// The value as an SQL literal.
    var sql: String {
        switch self {
        case .null: return "NULL"
        case .integer(let integer): return "\(integer)"
        case .real(let real):
            if real.isInfinite { return real < 0 ? "-9e999" : "9e999" }
            return "\(real)"
        case .text(let text):
            return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
        case .malformedText(let bytes): return "CAST(\(Value.blob(bytes).sql) AS TEXT)"
        case .blob(let bytes):
            return "x'"
                + bytes.map { byte in
                    let digits = String(byte, radix: 16)
                    return digits.count == 1 ? "0" + digits : digits
                }.joined() + "'"
        }
    }
}
