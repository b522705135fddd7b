/// What a literal says.
///
/// - A sign before a number is an operator of its own: `-9223372036854775808` is minus a real in SQLite's reading of
///   the digits, and the engine's special case (it is the smallest integer) is the caller's, with
///   `isSmallestMagnitude`.
/// - SQLite: an integer beyond 64 bits is a real; `0x…` has up to 16 digits and wraps to a negative number; TRUE and
///   FALSE are 1 and 0. SQLite does not round every decimal fraction correctly, so a real literal has a value here
///   only where no reader could round it otherwise (`DecimalReal`); the others' values only the engine can tell.
/// - PostgreSQL: a number with a fraction or beyond 64 bits is NUMERIC, which no case holds: it has no value here.
public enum LiteralValue: Sendable, Hashable {
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
    case null
    case boolean(Bool)

    /// The value of a literal's text, quotes included; nil where it is malformed or of a type that no case holds.
    init?(_ kind: FoldedLiteral.Kind, _ bytes: UnsafeBufferPointer<UInt8>, dialect: Dialect) {
        switch kind {
        case .integer:
            if let value = Self.decimal(bytes) ?? Self.radix(bytes) {
                self = .integer(value)
            } else {
                guard !dialect.has(.groupedDigits), bytes.allSatisfy({ $0 &- 48 < 10 }) else { return nil }
                guard let value = DecimalReal(bytes)?.value else { return nil }
                self = .real(value)
            }
        case .real:
            guard !dialect.has(.groupedDigits), let value = DecimalReal(bytes)?.value else { return nil }
            self = .real(value)
        case .string:
            self = .text(StringLiteral.plain(bytes))
        case .nationalString:
            self = .text(StringLiteral.plain(UnsafeBufferPointer(rebasing: bytes.dropFirst())))
        case .escapeString:
            guard let text = StringLiteral.escaped(UnsafeBufferPointer(rebasing: bytes.dropFirst())) else { return nil }
            self = .text(text)
        case .dollarString:
            guard let text = StringLiteral.dollar(bytes) else { return nil }
            self = .text(text)
        case .blob:
            guard let blob = Self.hexadecimal(bytes.dropFirst(2).dropLast()) else { return nil }
            self = .blob(blob)
        case .unicodeString, .bits: return nil
        }
    }

    /// Whether the digits are 9223372036854775808, which after a minus sign is an integer.
    public static func isSmallestMagnitude(_ literal: Literal) -> Bool {
        literal.kind == .integer && literal.text.drop { $0 == "0" } == "9223372036854775808"
    }

    /// Decimal digits that fit; nil otherwise.
    @inline(__always)
    static func decimal(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard !bytes.isEmpty else { return nil }
        var value: Int64 = 0
        for byte in bytes {
            let digit = byte &- 48
            guard digit < 10 else { return nil }
            let (product, overflows) = value.multipliedReportingOverflow(by: 10)
            let (sum, isTooLarge) = product.addingReportingOverflow(Int64(digit))
            guard !overflows, !isTooLarge else { return nil }
            value = sum
        }
        return value
    }

    /// `0x…` in both dialects; PostgreSQL's `0o…`, `0b…` and `_` between digits are left out: rare, so unknown.
    private static func radix(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard bytes.count > 2, bytes[0] == 48, bytes[1] | 0x20 == UInt8(ascii: "x") else { return nil }
        let digits = bytes.dropFirst(2).drop { $0 == 48 }
        guard digits.count <= 16 else { return nil }
        var value: UInt64 = 0
        for byte in digits {
            guard let digit = nibble(byte) else { return nil }
            value = value << 4 | UInt64(digit)
        }
        return Int64(bitPattern: value)
    }

    private static func nibble(_ byte: UInt8) -> UInt8? {
        if byte &- 48 < 10 { return byte &- 48 }
        let letter = (byte | 0x20) &- 97
        return letter < 6 ? letter + 10 : nil
    }

    private static func hexadecimal(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8]? {
        guard digits.count % 2 == 0 else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(digits.count / 2)
        var high: UInt8?
        for byte in digits {
            guard let digit = nibble(byte) else { return nil }
            if let first = high {
                result.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return result
    }
}

extension Literal {
    /// What the literal says; nil for the current time, typed literals, bit strings, PostgreSQL's NUMERIC, and what is
    /// malformed. See ``LiteralValue`` for the rules.
    public func value(dialect: Dialect) -> LiteralValue? {
        switch kind {
        case .null: return .null
        case .boolean:
            let isTrue = text.asciiLowercased() == "true"
            return dialect.has(.typedExpressions) ? .boolean(isTrue) : .integer(isTrue ? 1 : 0)
        case .integer: return value(of: .integer, dialect)
        case .real: return value(of: .real, dialect)
        case .string: return value(of: stringKind, dialect)
        case .blob: return value(of: .blob, dialect)
        case .bits, .currentTime, .typed: return nil
        }
    }

    private func value(of kind: FoldedLiteral.Kind, _ dialect: Dialect) -> LiteralValue? {
        var text = text
        return text.withUTF8 { LiteralValue(kind, $0, dialect: dialect) }
    }

    private var stringKind: FoldedLiteral.Kind {
        switch text.utf8.first {
        case UInt8(ascii: "e"), UInt8(ascii: "E"): .escapeString
        case UInt8(ascii: "n"), UInt8(ascii: "N"): .nationalString
        case UInt8(ascii: "u"), UInt8(ascii: "U"): .unicodeString
        case UInt8(ascii: "$"): .dollarString
        default: .string
        }
    }
}
