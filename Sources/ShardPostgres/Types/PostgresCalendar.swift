/// A day, counted from 2000-01-01 in the proleptic Gregorian calendar; or one of the two ends of time.
public struct PostgresDate: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Days since 2000-01-01.
    public var days: Int32

    public init(days: Int32) { self.days = days }
    /// - Parameter year: 0 is 1 BC.
    public init(year: Int, month: Int, day: Int) { days = Int32(Civil.days(year, month, day)) }

    public static let infinity = PostgresDate(days: .max)
    public static let negativeInfinity = PostgresDate(days: .min)
    public static func < (left: Self, right: Self) -> Bool { left.days < right.days }

    public var description: String {
        switch self {
        case .infinity: return "infinity"
        case .negativeInfinity: return "-infinity"
        default:
            let (text, isBC) = Civil.text(days: Int(days))
            return isBC ? text + " BC" : text
        }
    }

    public init?(_ text: String) {
        switch text {
        case "infinity": self = .infinity
        case "-infinity": self = .negativeInfinity
        default:
            var scanner = DateScanner(text)
            guard let days = scanner.date(), scanner.era(days), scanner.isAtEnd else { return nil }
            self.init(days: Int32(truncatingIfNeeded: scanner.days))
        }
    }
}

/// A time of day in microseconds, 00:00:00 to 24:00:00.
public struct PostgresTime: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var microseconds: Int64
    public init(microseconds: Int64) { self.microseconds = microseconds }
    public static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }
    public var description: String { Civil.text(microseconds: microseconds) }

    public init?(_ text: String) {
        var scanner = DateScanner(text)
        guard let time = scanner.time(), scanner.isAtEnd else { return nil }
        self.init(microseconds: time)
    }
}

/// A time of day with an offset from UTC.
public struct PostgresTimeTZ: Sendable, Hashable, CustomStringConvertible {
    public var microseconds: Int64
    /// Seconds that local time is behind UTC: -3600 is `+01`. The server stores it this way round.
    public var secondsWest: Int32

    public init(microseconds: Int64, secondsWest: Int32) {
        self.microseconds = microseconds
        self.secondsWest = secondsWest
    }

    public var description: String { Civil.text(microseconds: microseconds) + Civil.offset(secondsWest: secondsWest) }

    public init?(_ text: String) {
        var scanner = DateScanner(text)
        guard let time = scanner.time(), let west = scanner.offset(), scanner.isAtEnd else { return nil }
        self.init(microseconds: time, secondsWest: west)
    }
}

/// A date with a time of day, in microseconds from 2000-01-01 00:00:00; or one of the two ends of time.
public struct PostgresTimestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var microseconds: Int64
    public init(microseconds: Int64) { self.microseconds = microseconds }

    public static let infinity = PostgresTimestamp(microseconds: .max)
    public static let negativeInfinity = PostgresTimestamp(microseconds: .min)
    public static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

    /// Without an offset.
    public var description: String { text(suffix: "") }

    func text(suffix: String) -> String {
        switch self {
        case .infinity: return "infinity"
        case .negativeInfinity: return "-infinity"
        default:
            let day = Int(microseconds).flooredQuotient(Int(Civil.dayLength))
            let (date, isBC) = Civil.text(days: day)
            let time = Civil.text(microseconds: microseconds - Int64(day) * Civil.dayLength)
            return date + " " + time + suffix + (isBC ? " BC" : "")
        }
    }

    /// - Parameter hasOffset: the text is that of a moment, with the offset from UTC that it is shown in.
    public init?(_ text: String, hasOffset: Bool = false) {
        switch text {
        case "infinity": self = .infinity
        case "-infinity": self = .negativeInfinity
        default:
            var scanner = DateScanner(text)
            guard let days = scanner.date(), scanner.take(UInt8(ascii: " ")), let time = scanner.time() else {
                return nil
            }
            var west: Int32 = 0
            if hasOffset {
                guard let offset = scanner.offset() else { return nil }
                west = offset
            }
            guard scanner.era(days), scanner.isAtEnd else { return nil }
            let (product, isTooFar) = Int64(scanner.days).multipliedReportingOverflow(by: Civil.dayLength)
            let (sum, overflow) = product.addingReportingOverflow(time + Int64(west) * 1_000_000)
            if isTooFar || overflow { return nil }
            microseconds = sum
        }
    }
}

/// The calendar's arithmetic, after Howard Hinnant's `days_from_civil` (public domain): years begin in March, so that the
/// leap day is the last of its year.
enum Civil {
    static let dayLength: Int64 = 86_400_000_000
    /// From 0000-03-01 to 2000-01-01.
    private static let shift = 730_425

    static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = year.flooredQuotient(400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - shift
    }

    static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + shift
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let place = (5 * dayOfYear + 2) / 153
        let month = place < 10 ? place + 3 : place - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * place + 2) / 5 + 1)
    }

    static func text(days: Int) -> (text: String, isBC: Bool) {
        let (year, month, day) = date(days)
        let shown = year > 0 ? year : 1 - year
        return (padded(shown, 4) + "-" + padded(month, 2) + "-" + padded(day, 2), year <= 0)
    }

    static func text(microseconds: Int64) -> String {
        let seconds = Int(microseconds / 1_000_000)
        return padded(seconds / 3600, 2) + ":" + padded(seconds / 60 % 60, 2) + ":" + padded(seconds % 60, 2)
            + fraction(Int(microseconds % 1_000_000))
    }

    /// `.25`, or nothing.
    static func fraction(_ microseconds: Int) -> String {
        if microseconds == 0 { return "" }
        var digits = padded(microseconds, 6)[...]
        while digits.last == "0" { digits.removeLast() }
        return "." + digits
    }

    static func offset(secondsWest: Int32) -> String {
        let seconds = Int(abs(secondsWest))
        var text = (secondsWest > 0 ? "-" : "+") + padded(seconds / 3600, 2)
        if seconds % 3600 != 0 { text += ":" + padded(seconds / 60 % 60, 2) }
        if seconds % 60 != 0 { text += ":" + padded(seconds % 60, 2) }
        return text
    }

    static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// Reads the ISO style of dates and times.
struct DateScanner {
    private var rest: Substring.UTF8View
    private var year = 0
    private var month = 0
    private var day = 0

    init(_ text: String) { rest = text[...].utf8 }

    var isAtEnd: Bool { rest.isEmpty }
    /// Since 2000-01-01, with the era.
    private(set) var days = 0

    mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    mutating func number() -> Int? {
        let digits = rest.prefix { $0 &- 48 < 10 }
        guard !digits.isEmpty, digits.count < 10 else { return nil }
        rest = rest.dropFirst(digits.count)
        return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    mutating func date() -> Int? {
        guard let year = number(), take(UInt8(ascii: "-")), let month = number(), take(UInt8(ascii: "-")),
            let day = number(), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
        days = Civil.days(year, month, day)
        return days
    }

    /// Takes a ` BC` at the end.
    mutating func era(_ days: Int) -> Bool {
        guard !rest.isEmpty else { return true }
        guard rest.elementsEqual(" BC".utf8) else { return false }
        rest = rest.dropFirst(3)
        self.days = Civil.days(1 - year, month, day)
        return true
    }

    mutating func time() -> Int64? {
        guard let hour = number(), take(UInt8(ascii: ":")), let minute = number(), take(UInt8(ascii: ":")),
            let second = number()
        else { return nil }
        return Int64(hour * 3600 + minute * 60 + second) * 1_000_000 + fraction()
    }

    mutating func fraction() -> Int64 {
        guard take(UInt8(ascii: ".")) else { return 0 }
        let digits = rest.prefix { $0 &- 48 < 10 }
        rest = rest.dropFirst(digits.count)
        var value: Int64 = 0
        for index in 0..<6 {
            let at = digits.index(digits.startIndex, offsetBy: index, limitedBy: digits.endIndex) ?? digits.endIndex
            value = value * 10 + (at < digits.endIndex ? Int64(digits[at] - 48) : 0)
        }
        return value
    }

    /// Seconds west of an offset like `+05:30`.
    mutating func offset() -> Int32? {
        let isEast = take(UInt8(ascii: "+"))
        guard isEast || take(UInt8(ascii: "-")), let hours = number() else { return nil }
        var seconds = hours * 3600
        if take(UInt8(ascii: ":")) {
            guard let minutes = number() else { return nil }
            seconds += minutes * 60
        }
        if take(UInt8(ascii: ":")) {
            guard let more = number() else { return nil }
            seconds += more
        }
        return Int32(isEast ? -seconds : seconds)
    }
}
