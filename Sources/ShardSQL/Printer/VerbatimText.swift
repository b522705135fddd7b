/// Text kept from the source, made fit for a one-line output.
enum VerbatimText {
    /// The text with every run of blanks and comments that holds a line break or a comment made one blank. Strings,
    /// quoted names and dollar-quoted bodies stay as they are, line breaks included; so does a line break between two
    /// string literals, which joins them in PostgreSQL. O(length); texts without breaks and comments come back as is.
    static func singleLine(_ text: String, dialect: Dialect) -> String {
        guard needsWork(text) else { return text }
        let bytes = Array(text.utf8)
        var tokens: [Token] = []
        let isLexed = bytes.withUnsafeBufferPointer { buffer -> Bool in
            do throws(SQLSyntaxError) {
                try Lexer.tokenize(buffer, dialect: dialect, into: &tokens)
                return true
            } catch {
                return false
            }
        }
        guard isLexed else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var last = 0
        for token in tokens where token.end > token.start {
            let start = Int(token.start)
            let end = Int(token.end)
            if last > 0, start > last { result.append(contentsOf: gap(bytes[last..<start], result, bytes[start])) }
            result.append(contentsOf: bytes[start..<end])
            last = end
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func gap(_ gap: ArraySlice<UInt8>, _ before: [UInt8], _ next: UInt8) -> [UInt8] {
        let quote = UInt8(ascii: "'")
        let hasBreak = gap.contains { $0 == 10 || $0 == 13 }
        if hasBreak, before.last == quote, next == quote { return [10] }
        let isBlank = gap.allSatisfy { $0 == 32 }
        return isBlank ? Array(gap) : [32]
    }

    private static func needsWork(_ text: String) -> Bool {
        var previous: UInt8 = 0
        for byte in text.utf8 {
            switch byte {
            case 9...13: return true
            case UInt8(ascii: "-") where previous == byte: return true
            case UInt8(ascii: "*") where previous == UInt8(ascii: "/"): return true
            default: previous = byte
            }
        }
        return false
    }
}
