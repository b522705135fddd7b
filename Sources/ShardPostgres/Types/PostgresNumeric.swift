/// An exact decimal number as PostgreSQL stores it: groups of four digits, a position, and how many digits are shown after
/// the point. `1.0` and `1.00` are equal in SQL and differ here, since they are shown differently.
public struct PostgresNumeric: Sendable, Hashable, CustomStringConvertible, LosslessStringConvertible {
    public enum Kind: UInt16, Sendable {
        case positive = 0x0000, negative = 0x4000, notANumber = 0xC000, infinity = 0xD000, negativeInfinity = 0xF000
    }

    public let kind: Kind
    /// The power of 10,000 that the first group counts.
    let weight: Int16
    /// Digits shown after the point.
    public let scale: UInt16
    /// Groups of four digits, most significant first, without zero groups at either end.
    let groups: [Int16]

    public static let notANumber = PostgresNumeric(kind: .notANumber)
    public static let infinity = PostgresNumeric(kind: .infinity)
    public static let zero = PostgresNumeric(kind: .positive)

    private init(kind: Kind) {
        self.init(kind: kind, weight: 0, scale: 0, groups: [])
    }

    /// Brings the groups into the form without zeros at the ends.
    init(kind: Kind, weight: Int16, scale: UInt16, groups: some Collection<Int16>) {
        var groups = Array(groups)[...]
        var weight = weight
        while groups.first == 0 {
            groups.removeFirst()
            weight -= 1
        }
        while groups.last == 0 { groups.removeLast() }
        let isNumber = kind == .positive || kind == .negative
        self.groups = Array(groups)
        self.weight = groups.isEmpty ? 0 : weight
        // The server sends some scale or other with infinity.
        self.scale = isNumber ? scale : 0
        self.kind = groups.isEmpty && kind == .negative ? .positive : kind
    }

    public init(_ integer: Int64) {
        var rest = integer.magnitude
        var groups: [Int16] = []
        while rest > 0 {
            groups.insert(Int16(rest % 10_000), at: 0)
            rest /= 10_000
        }
        self.init(
            kind: integer < 0 ? .negative : .positive, weight: Int16(groups.count - 1), scale: 0, groups: groups)
    }

    /// Reads `-12.50`, `1e10`, `NaN`, `Infinity`; nil for anything else.
    public init?(_ text: String) {
        self.init(bytes: Array(text.utf8))
    }

    init?(bytes: [UInt8]) {
        var rest = bytes[...]
        var isNegative = false
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") {
            isNegative = rest.removeFirst() == UInt8(ascii: "-")
        }
        switch String(decoding: rest, as: UTF8.self).lowercased() {
        case "nan":
            self = .notANumber
            return
        case "infinity", "inf":
            self.init(kind: isNegative ? .negativeInfinity : .infinity)
            return
        default: break
        }
        var digits: [UInt8] = []
        var pointAt: Int?
        while let byte = rest.first {
            if byte &- 48 < 10 {
                digits.append(byte - 48)
            } else if byte == UInt8(ascii: "."), pointAt == nil {
                pointAt = digits.count
            } else {
                break
            }
            rest.removeFirst()
        }
        guard !digits.isEmpty else { return nil }
        var exponent = 0
        if let letter = rest.first {
            guard letter | 0x20 == UInt8(ascii: "e"),
                let power = Int(String(decoding: rest.dropFirst(), as: UTF8.self)), abs(power) < 100_000
            else { return nil }
            exponent = power
        }
        // The number is 0.d1d2d3… × 10^place.
        let place = (pointAt ?? digits.count) + exponent
        let scale = max(0, digits.count - place)
        guard scale <= 16_383, place < 131_073 else { return nil }
        // Digits are grouped in fours from the point outwards.
        let whole = (place + 3).flooredQuotient(4)
        let lead = whole * 4 - place
        var padded = [UInt8](repeating: 0, count: lead) + digits
        while padded.count % 4 != 0 { padded.append(0) }
        let groups = stride(from: 0, to: padded.count, by: 4).map { start in
            padded[start..<(start + 4)].reduce(Int16(0)) { $0 * 10 + Int16($1) }
        }
        self.init(
            kind: isNegative ? .negative : .positive, weight: Int16(whole - 1), scale: UInt16(scale), groups: groups)
    }

    public var description: String {
        switch kind {
        case .notANumber: return "NaN"
        case .infinity: return "Infinity"
        case .negativeInfinity: return "-Infinity"
        case .positive, .negative: break
        }
        var text: [UInt8] = kind == .negative ? [UInt8(ascii: "-")] : []
        func group(_ index: Int) -> Int16 { groups.indices.contains(index) ? groups[index] : 0 }
        func digits(_ group: Int16) -> [UInt8] {
            [group / 1000, group / 100 % 10, group / 10 % 10, group % 10].map { UInt8($0) + 48 }
        }
        if groups.isEmpty || weight < 0 {
            text.append(48)
        } else {
            for index in 0...Int(weight) {
                let four = digits(group(index))
                text += index == 0 ? Array(four.drop { $0 == 48 }) : four
            }
        }
        if scale > 0 {
            text.append(UInt8(ascii: "."))
            var fraction: [UInt8] = []
            var index = groups.isEmpty ? 0 : Int(weight) + 1
            while fraction.count < Int(scale) {
                fraction += groups.isEmpty ? digits(0) : digits(group(index))
                index += 1
            }
            text += fraction.prefix(Int(scale))
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension Int {
    /// The quotient rounded down, also for negative numbers.
    func flooredQuotient(_ divisor: Int) -> Int {
        let quotient = self / divisor
        return self % divisor != 0 && (self < 0) != (divisor < 0) ? quotient - 1 : quotient
    }
}
