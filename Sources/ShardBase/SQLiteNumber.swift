// SQLite does not read and print numbers with correct rounding: it computes in the C compiler's long double and is right
// to about 15 digits. A key or literal that ShardKit reads must come out as the very bits the engine stores, so the
// same steps are done here, in the same width. Source for the algorithms: sqlite3AtoF, sqlite3Pow10 and sqlite3Atoi64 in
// SQLite 3.40's src/util.c, et_getdigit and the %!.15g branch of sqlite3_str_vappendf in src/printf.c (public domain).
// Tests compare every step with the linked library.

#if arch(x86_64) && !os(Windows)
    @usableFromInline typealias EngineReal = Float80
#else
    @usableFromInline typealias EngineReal = Double
#endif

/// SQLite's conversions between texts and numbers, as literals, affinities and comparisons use them.
public enum SQLiteNumber {
    /// A text that is wholly a number, blanks around it allowed.
    public struct Scanned: Sendable, Hashable {
        /// The number as SQLite's reader makes it.
        public var real: Double
        /// Whether it is written with digits and a sign only.
        public var isWhole: Bool
    }

    /// Reads a text as SQLite's numeric affinity does: blanks, sign, digits with at most one point, exponent, blanks.
    /// Nil where anything else is in it. `0x10`, `inf` and an empty text are no numbers. No allocation.
    public static func scan(_ bytes: UnsafeBufferPointer<UInt8>) -> Scanned? {
        let end = bytes.count
        var at = 0
        while at < end, isBlank(bytes[at]) { at += 1 }
        guard at < end else { return nil }
        var isNegative = false
        if bytes[at] == UInt8(ascii: "-") {
            isNegative = true
            at += 1
        } else if bytes[at] == UInt8(ascii: "+") {
            at += 1
        }
        var significand: Int64 = 0
        var shift = 0
        var digitCount = 0
        var isWhole = true
        var isExponentValid = true
        let limit = (Int64.max - 9) / 10
        while at < end, bytes[at] &- 48 < 10 {
            significand = significand * 10 + Int64(bytes[at] &- 48)
            at += 1
            digitCount += 1
            if significand >= limit {
                while at < end, bytes[at] &- 48 < 10 {
                    at += 1
                    shift += 1
                }
            }
        }
        if at < end, bytes[at] == UInt8(ascii: ".") {
            at += 1
            isWhole = false
            while at < end, bytes[at] &- 48 < 10 {
                if significand < limit {
                    significand = significand * 10 + Int64(bytes[at] &- 48)
                    shift -= 1
                    digitCount += 1
                }
                at += 1
            }
        }
        var exponent = 0
        if at < end, bytes[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            isWhole = false
            isExponentValid = false
            var isExponentNegative = false
            if at < end, bytes[at] == UInt8(ascii: "-") || bytes[at] == UInt8(ascii: "+") {
                isExponentNegative = bytes[at] == UInt8(ascii: "-")
                at += 1
            }
            while at < end, bytes[at] &- 48 < 10 {
                exponent = exponent < 10_000 ? exponent * 10 + Int(bytes[at] &- 48) : 10_000
                at += 1
                isExponentValid = true
            }
            if isExponentNegative { exponent = -exponent }
        }
        while at < end, isBlank(bytes[at]) { at += 1 }
        guard at == end, digitCount > 0, isExponentValid else { return nil }
        return Scanned(
            real: assemble(significand, exponent + shift, isNegative: isNegative), isWhole: isWhole)
    }

    /// Reads a text of a sign, digits and blanks around them as a 64-bit integer; nil where it is none or too large.
    public static func integer(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        var start = 0
        var end = bytes.count
        while start < end, isBlank(bytes[start]) { start += 1 }
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        guard start < end else { return nil }
        let isNegative = bytes[start] == UInt8(ascii: "-")
        if isNegative || bytes[start] == UInt8(ascii: "+") { start += 1 }
        guard start < end else { return nil }
        // Counted downwards, since there is one more negative number than positive ones.
        var value: Int64 = 0
        for at in start..<end {
            let digit = bytes[at] &- 48
            guard digit < 10 else { return nil }
            let (product, overflows) = value.multipliedReportingOverflow(by: 10)
            let (difference, isTooLarge) = product.subtractingReportingOverflow(Int64(digit))
            guard !overflows, !isTooLarge else { return nil }
            value = difference
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// significand × 10^exponent, rounded as SQLite's reader rounds.
    private static func assemble(_ digits: Int64, _ power: Int, isNegative: Bool) -> Double {
        guard digits != 0 else { return isNegative ? -0.0 : 0.0 }
        var significand = digits
        let isDivision = power < 0
        var exponent = abs(power)
        while exponent > 0 {
            if isDivision {
                if significand % 10 != 0 { break }
                significand /= 10
            } else {
                if significand >= Int64.max / 10 { break }
                significand *= 10
            }
            exponent -= 1
        }
        if isNegative { significand = -significand }
        if exponent == 0 { return Double(significand) }
        let wide = EngineReal(significand)
        if exponent <= 307 {
            let scale = powerOfTen(exponent)
            return Double(isDivision ? wide / scale : wide * scale)
        }
        guard exponent < 342 else { return isDivision ? 0.0 * Double(significand) : .infinity * Double(significand) }
        let scale = powerOfTen(exponent - 308)
        return isDivision ? Double(wide / scale) / 1.0e308 : Double(wide * scale) * 1.0e308
    }

    private static func powerOfTen(_ exponent: Int) -> EngineReal {
        var power: EngineReal = 10
        var result: EngineReal = 1
        var rest = exponent
        while true {
            if rest & 1 != 0 { result *= power }
            rest >>= 1
            if rest == 0 { return result }
            power *= power
        }
    }

    /// Whether SQLite takes the byte for white space.
    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
}
