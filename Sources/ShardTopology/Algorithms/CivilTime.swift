import ShardValues

/// A day of the proleptic Gregorian calendar and the seconds in it, read from a key.
struct CivilTime: Sendable, Hashable, Comparable {
    /// Days since 1970-01-01.
    let days: Int
    let year: Int
    let month: Int
    let secondOfDay: Int

    var hour: Int { secondOfDay / 3600 }
    var startOfDay: CivilTime { CivilTime(days: days, year: year, month: month, secondOfDay: 0) }
    var endOfDay: CivilTime { CivilTime(days: days, year: year, month: month, secondOfDay: 86_399) }

    static func < (a: CivilTime, b: CivilTime) -> Bool { (a.days, a.secondOfDay) < (b.days, b.secondOfDay) }

    private init(days: Int, year: Int, month: Int, secondOfDay: Int) {
        self.days = days
        self.year = year
        self.month = month
        self.secondOfDay = secondOfDay
    }

    /// Nil for what is no time: NULL, blobs, numbers beyond 2^53, texts that do not begin with an existing day.
    init?(_ value: Value) {
        switch value {
        case .integer(let seconds): self.init(seconds: Double(seconds))
        case .real(let seconds): self.init(seconds: seconds)
        case .text, .malformedText:
            guard let time = value.withTextBytes({ CivilTime(text: $0) }) else { return nil }
            self = time
        case .null, .blob: return nil
        }
    }

    private init?(seconds: Double) {
        guard abs(seconds) < 9_007_199_254_740_992 else { return nil }
        let whole = Int(seconds.rounded(.down))
        let days = Self.floorDivide(whole, 86_400)
        let (year, month) = Self.month(ofDay: days)
        self.init(days: days, year: year, month: month, secondOfDay: whole - days * 86_400)
    }

    /// `YYYY-MM-DD`, then anything; after a `T` or a blank up to `HH:MM:SS` counts.
    private init?(text bytes: UnsafeBufferPointer<UInt8>) {
        guard bytes.count >= 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = Self.digits(bytes, 0, 4), let month = Self.digits(bytes, 5, 2),
            let day = Self.digits(bytes, 8, 2), (1...12).contains(month),
            (1...Self.length(ofMonth: month, year)).contains(day)
        else { return nil }
        var seconds = 0
        if bytes.count >= 13, bytes[10] == 0x20 || bytes[10] | 0x20 == UInt8(ascii: "t"),
            let hour = Self.digits(bytes, 11, 2), hour < 24
        {
            seconds = hour * 3600
            if bytes.count >= 16, bytes[13] == UInt8(ascii: ":"), let minute = Self.digits(bytes, 14, 2), minute < 60 {
                seconds += minute * 60
                if bytes.count >= 19, bytes[16] == UInt8(ascii: ":"), let second = Self.digits(bytes, 17, 2),
                    second < 60
                {
                    seconds += second
                }
            }
        }
        self.init(days: Self.days(year, month, day), year: year, month: month, secondOfDay: seconds)
    }

    private static func digits(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int, _ count: Int) -> Int? {
        var value = 0
        for index in at..<at + count {
            let digit = bytes[index] &- 48
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
        }
        return value
    }

    private static func length(ofMonth month: Int, _ year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    static func floorDivide(_ a: Int, _ b: Int) -> Int {
        let quotient = a / b
        return a % b < 0 ? quotient - 1 : quotient
    }

    /// Days since 1970-01-01. Source: Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = floorDivide(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The same source's civil_from_days.
    private static func month(ofDay days: Int) -> (year: Int, month: Int) {
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month)
    }
}
