/// A decimal number's double, where every sensible reader agrees on it.
///
/// SQLite (before 3.43 with 80-bit arithmetic, later with pairs of doubles) keeps 18 or 19 digits and multiplies or
/// divides by a power of ten, which can round to the neighbour of the nearest double. The value is trusted when
/// numbers a little smaller and a little greater than the literal round to the same double, and for reals when there
/// are at most 15 digits and the power of ten is exact. About one in fifty of the others is doubtful.
struct DecimalReal {
    let value: Double

    /// `5`, `5.`, `.5`, `5.25e-3`; nil where the value is doubtful or beyond a double's range.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        var digits: UInt64 = 0
        var count = 0
        var exponent = 0
        var hasPoint = false
        var isWhole = true
        var at = 0
        while at < bytes.count, bytes[at] | 0x20 != UInt8(ascii: "e") {
            if bytes[at] == UInt8(ascii: ".") {
                hasPoint = true
                isWhole = false
            } else {
                if hasPoint { exponent -= 1 }
                if count < 19 {
                    digits = digits * 10 + UInt64(bytes[at] &- 48)
                    if digits > 0 { count += 1 }
                } else {
                    exponent += 1
                    count += 1
                }
            }
            at += 1
        }
        if at < bytes.count {
            isWhole = false
            guard let power = Self.power(UnsafeBufferPointer(rebasing: bytes[(at + 1)...])) else { return nil }
            exponent += power
        }
        if digits == 0 {
            value = 0
            return
        }
        while digits % 10 == 0 {
            digits /= 10
            exponent += 1
            count -= 1
        }
        guard isWhole || count <= 15 && exponent >= -22 && exponent <= 22 else { return nil }
        if let exact = Self.exact(digits, exponent) {
            value = exact
            return
        }
        // Nineteen digits, so that one unit is a ten-billionth of a billionth or less.
        let slack: UInt64 = count > 18 ? 12 : 2
        while digits < 1_000_000_000_000_000_000 {
            digits *= 10
            exponent -= 1
        }
        guard let nearest = Double("\(digits)e\(exponent)"), nearest.isFinite,
            Double("\(digits - slack)e\(exponent)") == nearest, Double("\(digits + slack)e\(exponent)") == nearest
        else { return nil }
        value = nearest
    }

    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20,
        1e21, 1e22,
    ]

    /// Both numbers are doubles: one division or multiplication rounds rightly, and its exact error tells how near the next
    /// rounding boundary is. Nil where that is nearer than a tenth of the way, or the numbers are too large.
    private static func exact(_ digits: UInt64, _ exponent: Int) -> Double? {
        guard digits < 1 << 53, exponent >= -22, exponent <= 22 else { return nil }
        let number = Double(digits)
        let power = powers[abs(exponent)]
        let nearest = exponent < 0 ? number / power : number * power
        let distance =
            exponent < 0
            ? abs(number.addingProduct(-nearest, power)) / power : abs((-nearest).addingProduct(number, power))
        // Below a power of two the boundary is nearer.
        guard nearest.significandBitPattern != 0, distance < nearest.ulp * 0.45 else {
            return distance == 0 ? nearest : nil
        }
        return nearest
    }

    private static func power(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard bytes.count < 6 else { return nil }
        return Int(String(decoding: bytes, as: UTF8.self))
    }
}
