/// The content of string literals.
enum StringLiteral {
    private static let quote = UInt8(ascii: "'")

    /// `'it''s'`, with PostgreSQL's further parts on further lines: what stands between the quotes, doubled ones
    /// single.
    static func plain(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        guard bytes.count >= 2 else { return "" }
        let inner = UnsafeBufferPointer(rebasing: bytes[1..<(bytes.count - 1)])
        if !inner.contains(quote) { return String(decoding: inner, as: UTF8.self) }
        var result: [UInt8] = []
        parts(bytes, escapes: false) { result.append($0) }
        return String(decoding: result, as: UTF8.self)
    }

    /// Calls `body` for each byte between quotes. A quote that is not doubled ends a part;
    /// what stands up to the next one (blanks, comments) is skipped.
    private static func parts(
        _ bytes: UnsafeBufferPointer<UInt8>, escapes: Bool, _ body: (UInt8) -> Void
    ) {
        var isInside = false
        var isComment = false
        var at = 0
        while at < bytes.count {
            let byte = bytes[at]
            let next = at + 1 < bytes.count ? bytes[at + 1] : 0
            if !isInside {
                if isComment { isComment = byte != 10 } else { isComment = byte == 45 && next == 45 }
                if !isComment, byte == quote { isInside = true }
            } else if byte == quote, next == quote {
                body(quote)
                at += 1
            } else if byte == quote {
                isInside = false
            } else if escapes, byte == 92, at + 1 < bytes.count {
                body(byte)
                body(next)
                at += 1
            } else {
                body(byte)
            }
            at += 1
        }
    }

    /// `$tag$…$tag$`: the body as it is.
    static func dollar(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        guard let tagEnd = bytes.dropFirst().firstIndex(of: UInt8(ascii: "$")) else { return nil }
        let length = tagEnd + 1
        guard bytes.count >= 2 * length else { return nil }
        return String(decoding: bytes[length..<(bytes.count - length)], as: UTF8.self)
    }

    /// `E'…'` without its E: `\n`, `\t`, `\\`, `\'`, `\ooo`, `\xhh`, `\uXXXX`. Nil for bytes that are no UTF-8.
    static func escaped(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        var raw: [UInt8] = []
        parts(bytes, escapes: true) { raw.append($0) }
        var result: [UInt8] = []
        var at = 0
        while at < raw.count {
            guard raw[at] == 92, at + 1 < raw.count else {
                result.append(raw[at])
                at += 1
                continue
            }
            at += 2
            switch raw[at - 1] {
            case UInt8(ascii: "b"): result.append(8)
            case UInt8(ascii: "f"): result.append(12)
            case UInt8(ascii: "n"): result.append(10)
            case UInt8(ascii: "r"): result.append(13)
            case UInt8(ascii: "t"): result.append(9)
            case UInt8(ascii: "x"):
                guard let code = digits(raw, &at, radix: 16, atMost: 2) else {
                    result.append(UInt8(ascii: "x"))
                    continue
                }
                result.append(UInt8(truncatingIfNeeded: code))
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                at -= 1
                guard let code = digits(raw, &at, radix: 8, atMost: 3) else { return nil }
                result.append(UInt8(truncatingIfNeeded: code))
            case UInt8(ascii: "u"), UInt8(ascii: "U"):
                let length = raw[at - 1] == UInt8(ascii: "u") ? 4 : 8
                let start = at
                guard let code = digits(raw, &at, radix: 16, atMost: length), at - start == length else { return nil }
                guard let scalar = Unicode.Scalar(code) else { return nil }
                result.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
            default: result.append(raw[at - 1])
            }
        }
        return String(validating: result, as: UTF8.self)
    }

    private static func digits(_ bytes: [UInt8], _ at: inout Int, radix: UInt32, atMost: Int) -> UInt32? {
        var value: UInt32 = 0
        let start = at
        while at < bytes.count, at - start < atMost {
            let byte = bytes[at]
            var digit = UInt32(byte &- 48)
            if digit > 9 { digit = UInt32((byte | 0x20) &- 87) }
            guard digit < radix, byte &- 48 < 10 || (byte | 0x20) &- 97 < 6 else { break }
            value = value * radix + digit
            at += 1
        }
        return at == start ? nil : value
    }
}
