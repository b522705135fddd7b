/// A span of time in three parts that do not turn into one another by themselves: months vary in days and days in hours.
public struct PostgresInterval: Sendable, Hashable, CustomStringConvertible {
    public var months: Int32
    public var days: Int32
    public var microseconds: Int64

    public init(months: Int32 = 0, days: Int32 = 0, microseconds: Int64 = 0) {
        self.months = months
        self.days = days
        self.microseconds = microseconds
    }

    /// As the server writes it in its own style: `1 year 2 mons -3 days +04:05:06.789`.
    public var description: String {
        var text = ""
        var wasNegative = false
        func add(_ number: Int32, _ unit: String) {
            if number == 0 { return }
            if !text.isEmpty { text += " " }
            if wasNegative && number > 0 { text += "+" }
            text += "\(number) \(unit)" + (number == 1 ? "" : "s")
            wasNegative = number < 0
        }
        add(months / 12, "year")
        add(months % 12, "mon")
        add(days, "day")
        if !text.isEmpty && microseconds == 0 { return text }
        if !text.isEmpty { text += " " }
        text += microseconds < 0 ? "-" : wasNegative ? "+" : ""
        let whole = microseconds.magnitude / 1_000_000
        text += Civil.padded(Int(whole / 3600), 2) + ":" + Civil.padded(Int(whole / 60 % 60), 2) + ":"
        return text + Civil.padded(Int(whole % 60), 2) + Civil.fraction(Int(microseconds.magnitude % 1_000_000))
    }

    /// Reads the server's own style; nil for others.
    public init?(_ text: String) {
        self.init()
        var words = text.split(separator: " ")[...]
        guard !words.isEmpty else { return nil }
        while let word = words.popFirst() {
            if word.contains(":") {
                var digits = word
                let isNegative = digits.first == "-"
                if isNegative || digits.first == "+" { digits.removeFirst() }
                var scanner = DateScanner(String(digits))
                guard let time = scanner.time(), scanner.isAtEnd, words.isEmpty else { return nil }
                microseconds = isNegative ? -time : time
                continue
            }
            guard let number = Int32(word), let unit = words.popFirst() else { return nil }
            switch unit {
            case "year", "years": months += number * 12
            case "mon", "mons": months += number
            case "day", "days": days += number
            default: return nil
            }
        }
    }
}
