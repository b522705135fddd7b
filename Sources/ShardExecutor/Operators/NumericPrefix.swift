import ShardValues

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The number that SQLite's arithmetic takes a text or blob for: a text that is a number in whole is that number; of
/// anything else the longest numeric beginning counts, as a real, 0.0 where there is none.
enum NumericPrefix {
    enum Number: Equatable {
        case integer(Int64)
        case real(Double)
    }

    static func number(_ bytes: UnsafeBufferPointer<UInt8>, isText: Bool) -> Number {
        if isText {
            switch Affinity.numeric.apply(to: .text(String(decoding: bytes, as: UTF8.self))) {
            case .integer(let value):
                // '5.0' is an integer to a column, a real to arithmetic.
                let isSpelledReal = bytes.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }
                return isSpelledReal ? .real(Double(value)) : .integer(value)
            case .real(let value): return .real(value)
            case .null, .text, .blob, .malformedText: break
            }
        }
        return .real(leadingReal(bytes))
    }

    private static func leadingReal(_ bytes: UnsafeBufferPointer<UInt8>) -> Double {
        var at = 0
        while at < bytes.count, bytes[at] == 0x20 || bytes[at] &- 9 < 5 { at += 1 }
        let start = at
        func digits() -> Int {
            let first = at
            while at < bytes.count, bytes[at] &- 48 < 10 { at += 1 }
            return at - first
        }
        func sign() {
            if at < bytes.count, bytes[at] == UInt8(ascii: "-") || bytes[at] == UInt8(ascii: "+") { at += 1 }
        }
        sign()
        var count = digits()
        if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
            at += 1
            count += digits()
        }
        guard count > 0 else { return 0 }
        let mantissaEnd = at
        if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            sign()
            if digits() == 0 { at = mantissaEnd }
        }
        return strtod(String(decoding: bytes[start..<at], as: UTF8.self), nil)
    }
}
