/// A day of the proleptic Gregorian calendar in UTC, for messages: `2093-09-06`.
///
/// The computation is Howard Hinnant's `civil_from_days` (http://howardhinnant.github.io/date_algorithms.html).
struct CalendarDate: CustomStringConvertible {
    let year: Int64
    let month: Int64
    let day: Int64

    init(unixMilliseconds: Int64) {
        // The quotient is rounded down, also before 1970.
        let days = unixMilliseconds / 86_400_000 - (unixMilliseconds % 86_400_000 < 0 ? 1 : 0) + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var description: String { "\(year)-\(Self.twoDigits(month))-\(Self.twoDigits(day))" }

    static func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// A moment as text with milliseconds: `2026-01-01T00:00:00.000Z`.
    static func moment(unixMilliseconds: Int64) -> String {
        let day = CalendarDate(unixMilliseconds: unixMilliseconds)
        let rest = ((unixMilliseconds % 86_400_000) + 86_400_000) % 86_400_000
        let thousandths = rest % 1000
        let padding = thousandths < 10 ? "00" : thousandths < 100 ? "0" : ""
        let time = [rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60].map(twoDigits).joined(separator: ":")
        return "\(day)T\(time).\(padding)\(thousandths)Z"
    }
}
