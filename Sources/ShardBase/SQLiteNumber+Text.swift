extension SQLiteNumber {
    /// A real as SQLite turns it into text (`%!.15g`): 15 significant digits, always with a point: `5.0`, `1.5`,
    /// `1.0e+15`, `Inf`, `-Inf`.
    public static func text(_ real: Double) -> String {
        if real.isNaN { return "NaN" }
        if real.isInfinite { return real < 0 ? "-Inf" : "Inf" }
        var precision = 14
        var value = EngineReal(real < 0 ? -real : real)
        var exponent = 0
        if value > 0 {
            // The engine's constants are doubles, widened afterwards: its 1e100 is not the nearest long double.
            let hundredPlaces = EngineReal(1e100 as Double)
            var scale: EngineReal = 1
            while value >= hundredPlaces * scale && exponent <= 350 {
                scale *= hundredPlaces
                exponent += 100
            }
            while value >= 1e10 * scale && exponent <= 350 {
                scale *= 1e10
                exponent += 10
            }
            while value >= 10 * scale && exponent <= 350 {
                scale *= 10
                exponent += 1
            }
            value /= scale
            while value < EngineReal(1e-8 as Double) {
                value *= 1e8
                exponent -= 8
            }
            while value < 1 {
                value *= 10
                exponent -= 1
            }
        }
        value += EngineReal((5.0e-05 as Double) * 1.0e-10)
        if value >= 10 {
            value *= EngineReal(0.1 as Double)
            exponent += 1
        }
        let isScientific = exponent < -4 || exponent > precision
        if !isScientific { precision -= exponent }
        var digits = Digits(value: value, left: 26)
        var result: [UInt8] = []
        if real < 0 { result.append(UInt8(ascii: "-")) }
        var place = isScientific ? 0 : exponent
        if place < 0 {
            result.append(UInt8(ascii: "0"))
        } else {
            while place >= 0 {
                result.append(digits.next())
                place -= 1
            }
        }
        result.append(UInt8(ascii: "."))
        place += 1
        while place < 0 {
            result.append(UInt8(ascii: "0"))
            precision -= 1
            place += 1
        }
        while precision > 0 {
            result.append(digits.next())
            precision -= 1
        }
        while result.last == UInt8(ascii: "0") { result.removeLast() }
        if result.last == UInt8(ascii: ".") { result.append(UInt8(ascii: "0")) }
        if isScientific {
            result.append(UInt8(ascii: "e"))
            result.append(UInt8(ascii: exponent < 0 ? "-" : "+"))
            let magnitude = abs(exponent)
            if magnitude >= 100 { result.append(48 + UInt8(magnitude / 100)) }
            result.append(48 + UInt8(magnitude % 100 / 10))
            result.append(48 + UInt8(magnitude % 10))
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The decimal digits of a value from 1 to below 10, first to last; zeros after `left` digits.
    private struct Digits {
        var value: EngineReal
        var left: Int

        mutating func next() -> UInt8 {
            guard left > 0 else { return UInt8(ascii: "0") }
            left -= 1
            let digit = value.rounded(.towardZero)
            value = (value - digit) * 10
            return 48 + UInt8(digit)
        }
    }
}
