import ShardKit

/// Values as people read them, and as they type them.
enum ValueText {
    /// A cell for a table: control characters are shown, bytes in SQL's notation.
    static func shown(_ cell: Cell, in batch: borrowing RowBatch) -> String {
        switch cell.kind {
        case .null: return "NULL"
        case .integer: return String(cell.integerValue)
        case .real: return real(cell.realValue)
        case .text:
            let text = batch.withBytes(of: cell) { String(decoding: $0, as: UTF8.self) }
            guard text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else { return text }
            var escaped = ""
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\n": escaped += "\\n"
                case "\r": escaped += "\\r"
                case "\t": escaped += "\\t"
                default:
                    if scalar.value < 0x20 || scalar.value == 0x7F {
                        escaped += "\\x" + Hexadecimal.text(CollectionOfOne(UInt8(scalar.value)))
                    } else {
                        escaped.unicodeScalars.append(scalar)
                    }
                }
            }
            return escaped
        case .blob: return "x'" + batch.withBytes(of: cell) { Hexadecimal.text($0) } + "'"
        }
    }

    static func real(_ value: Double) -> String {
        value.isInfinite ? (value < 0 ? "-Inf" : "Inf") : value.description
    }

    /// A value as a command line gives it: `5` is an integer, `1.5` a real, `null`, `x'00ff'` a blob, anything else a
    /// text; `'5'` is the text 5.
    static func parsed(_ text: String) -> Value {
        if text.lowercased() == "null" { return .null }
        if let integer = Int64(text), text.utf8.first != UInt8(ascii: "+") { return .integer(integer) }
        if let first = text.utf8.first, first == UInt8(ascii: "-") || first == UInt8(ascii: ".") || first &- 0x30 < 10,
            text.utf8.allSatisfy({ $0 &- 0x30 < 10 || "+-.eE".utf8.contains($0) }), let real = Double(text)
        {
            return .real(real)
        }
        if text.count >= 2, text.hasPrefix("'"), text.hasSuffix("'") {
            return .text(String(text.dropFirst().dropLast()).replacing("''", with: "'"))
        }
        if text.count >= 3, text.lowercased().hasPrefix("x'"), text.hasSuffix("'"),
            let bytes = Hexadecimal.bytes(String(text.dropFirst(2).dropLast()))
        {
            return .blob(bytes)
        }
        return .text(text)
    }
}
