import ShardBase
import ShardPostgres

/// Random values of PostgreSQL's types, the awkward ones often.
enum RandomValues {
    static func double(_ generator: inout SeededGenerator) -> Double {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: Double(Int32.random(in: .min ... .max, using: &generator)) / 100
        case 1: Double(Int64.random(in: -1_000_000...1_000_000, using: &generator))
        default:
            // Any bits but those of other NaNs, which the server does not tell apart.
            {
                let real = Double(bitPattern: $0)
                return real.isNaN ? .nan : real
            }(generator.next())
        }
    }

    static func float(_ generator: inout SeededGenerator) -> Float {
        let real = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: return Float(Int16.random(in: .min ... .max, using: &generator)) / 8
        default: return real.isNaN ? .nan : real
        }
    }

    static func numeric(_ generator: inout SeededGenerator) -> PostgresNumeric {
        var text = Bool.random(using: &generator) ? "-" : ""
        func digits(_ most: Int) -> String {
            String(
                (0..<Int.random(in: 0...most, using: &generator)).map { _ -> Character in
                    Int.random(in: 0..<3, using: &generator) == 0 ? "0" : "123456789".randomElement(using: &generator)!
                })
        }
        text += "0" + digits(25)
        if Bool.random(using: &generator) { text += "." + digits(25) + "0" }
        return PostgresNumeric(text)!
    }

    static func text(_ generator: inout SeededGenerator) -> String {
        let pieces = [
            "a", "B", "é", "日", "😀", " ", "\t", "\n", "'", "\"", "\\", "{", "}", ",", "null", "NULL", "(", "%", "\u{1}",
        ]
        return (0..<Int.random(in: 0...12, using: &generator)).map { _ in pieces.randomElement(using: &generator)! }
            .joined()
    }

    static func bytes(_ generator: inout SeededGenerator) -> [UInt8] {
        (0..<Int.random(in: 0...40, using: &generator)).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    static func date(_ generator: inout SeededGenerator) -> PostgresDate {
        // From 4713 BC to 5874897; most of them near our time.
        Bool.random(using: &generator)
            ? PostgresDate(days: .random(in: -2_451_545...2_145_031_948, using: &generator))
            : PostgresDate(days: .random(in: -800_000...30_000, using: &generator))
    }

    static func timestamp(_ generator: inout SeededGenerator) -> PostgresTimestamp {
        Bool.random(using: &generator)
            ? PostgresTimestamp(
                microseconds: .random(in: -211_813_488_000_000_000..<9_223_371_331_200_000_000, using: &generator))
            : PostgresTimestamp(microseconds: .random(in: -1_000_000...1_000_000, using: &generator) * 1_000_000)
    }

    static func interval(_ generator: inout SeededGenerator) -> PostgresInterval {
        func part(_ range: ClosedRange<Int32>) -> Int32 {
            Bool.random(using: &generator) ? 0 : .random(in: range, using: &generator)
        }
        return PostgresInterval(
            months: part(-40...40), days: part(-40...40),
            microseconds: Int64(part(-100_000...100_000)) * (Bool.random(using: &generator) ? 1_000_000 : 12_345))
    }

    static func json(_ generator: inout SeededGenerator, spaced: Bool) -> String {
        let name = "k\(Int.random(in: 0..<100, using: &generator))"
        let number = Int.random(in: -1000...1000, using: &generator)
        return spaced ? "{\"\(name)\": [\(number), null, \"é\\\"\"]}" : "{\"\(name)\":[\(number),null,\"\"]}"
    }

    static func address(_ generator: inout SeededGenerator) -> String {
        let bits = Bool.random(using: &generator) ? "" : "/\(Int.random(in: 0..<32, using: &generator))"
        if Bool.random(using: &generator) {
            return (0..<4).map { _ in String(UInt8.random(in: .min ... .max, using: &generator)) }.joined(
                separator: ".") + bits
        }
        return [
            "::1", "::", "fe80::1:2", "1:2:3:4:5:6:7:8", "::ffff:10.1.2.3", "2001:db8::5:0:0:1", "0:1::",
            "1:0:2:3:4:5:6:7",
        ]
        .randomElement(using: &generator)! + bits
    }

    static func hardware(_ count: Int, _ generator: inout SeededGenerator) -> String {
        (0..<count).map { _ in
            let byte = UInt8.random(in: .min ... .max, using: &generator)
            return (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined(separator: ":")
    }

    static func bits(_ generator: inout SeededGenerator) -> String {
        (0..<Int.random(in: 1...40, using: &generator)).map { _ in Bool.random(using: &generator) ? "1" : "0" }.joined()
    }
}
