public import ShardBase
public import ShardValues

/// Values that lie where conversions and comparisons are hard: near powers, near one another, almost numbers.
public struct RandomValues {
    public var generator: SeededGenerator

    public init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    public mutating func value() -> Value {
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: .null
        case 1...3: .integer(integer())
        case 4...5: .real(real())
        case 6...7: .text(numericText())
        case 8...9: .text(text())
        case 10: .blob(Array(text().utf8))
        default: Bool.random(using: &generator) ? .malformedText([0x61, 0xFF, 0x20]) : .text(text())
        }
    }

    public mutating func integer() -> Int64 {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: return Int64.random(in: -10...10, using: &generator)
        case 1: return Int64.random(in: .min ... .max, using: &generator)
        case 2:
            let power = Int64(1) << Int64.random(in: 40...62, using: &generator)
            return (Bool.random(using: &generator) ? power : -power) + Int64.random(in: -3...3, using: &generator)
        case 3: return Int64.max - Int64.random(in: 0...3, using: &generator)
        case 4: return Int64.min + Int64.random(in: 0...3, using: &generator)
        default: return Int64.random(in: -1_000_000...1_000_000, using: &generator)
        }
    }

    public mutating func real() -> Double {
        switch Int.random(in: 0..<7, using: &generator) {
        case 0: return Double(integer())
        case 1: return Double(Int64.random(in: -1000...1000, using: &generator)) / 8
        case 2:
            let bits = Double(bitPattern: .random(in: .min ... .max, using: &generator))
            return bits.isNaN ? 0.5 : bits
        case 3: return Double(integer()).nextUp
        case 4:
            return [
                0.0, -0.0, .infinity, -.infinity, 1e15, 1e16, 999_999_999_999_999.9, .leastNonzeroMagnitude, 1e-4, 1e-5,
            ][
                Int.random(in: 0..<10, using: &generator)]
        case 5: return Double.random(in: -1e6...1e6, using: &generator)
        default: return Double(Int64.random(in: -1_000_000...1_000_000, using: &generator)) / 100
        }
    }

    public mutating func numericText() -> String {
        let blanks = ["", "", "", " ", "  ", "\t", "\n", "\u{B}"]
        let signs = ["", "", "", "-", "+", "--"]
        var digits = ""
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: digits = String(integer().magnitude)
        case 1: digits = "\(real().magnitude)"
        case 2:
            for _ in 0..<Int.random(in: 1...25, using: &generator) {
                digits += String(Int.random(in: 0...9, using: &generator))
            }
        case 3:
            for _ in 0..<Int.random(in: 0...22, using: &generator) {
                digits += String(Int.random(in: 0...9, using: &generator))
            }
            digits += "."
            for _ in 0..<Int.random(in: 0...22, using: &generator) {
                digits += String(Int.random(in: 0...9, using: &generator))
            }
        case 4:
            digits =
                ["0x10", "", ".", "e5", "5.", ".5", "1e", "1e+", "1e5x", "inf", "nan", "1_000", "00012", "0.0", "-0"]
                .randomElement(using: &generator) ?? ""
        default: digits = String(Int.random(in: 0...99999, using: &generator))
        }
        if Int.random(in: 0..<4, using: &generator) == 0 {
            digits += Bool.random(using: &generator) ? "e" : "E"
            digits +=
                (signs.randomElement(using: &generator) ?? "") + String(Int.random(in: 0...360, using: &generator))
        }
        return (blanks.randomElement(using: &generator) ?? "") + (signs.randomElement(using: &generator) ?? "") + digits
            + (blanks.randomElement(using: &generator) ?? "")
    }

    public mutating func text() -> String {
        let letters = [
            "a", "A", "b", "B", "z", "Z", " ", " ", "é", "É", "e\u{301}", "\u{0}", "_", "[", "5", "日", "\u{10FFFF}",
        ]
        var text = ""
        for _ in 0..<Int.random(in: 0...10, using: &generator) {
            text += letters.randomElement(using: &generator) ?? ""
        }
        return text
    }
}
