/// Shows how far a long work has come: one line that is drawn anew in a terminal, a line now and then elsewhere.
struct ProgressBar {
    private let title: String
    private let total: Int64?
    private let unit: String
    private let isTerminal: Bool
    private let begun = ContinuousClock.now
    private var lastDrawn: ContinuousClock.Instant?
    private var done: Int64 = 0
    /// From 0 to 1; nil when nobody knows.
    private var fraction: Double?
    private var lastTenth = 0

    /// - Parameters:
    ///   - total: nil when nobody knows.
    ///   - unit: what is counted.
    init(title: String, total: Int64?, unit: String = "rows", isTerminal: Bool = Terminal.isErrorTerminal) {
        self.title = title
        self.total = total
        self.unit = unit
        self.isTerminal = isTerminal
    }

    /// - Parameter fraction: how much of the whole is done, where the total does not tell.
    mutating func advance(by count: Int64, fraction: Double? = nil) {
        done += count
        self.fraction = fraction ?? total.flatMap { $0 > 0 ? min(Double(done) / Double($0), 1) : nil }
        let now = ContinuousClock.now
        if isTerminal {
            if let lastDrawn, now - lastDrawn < .milliseconds(100) { return }
            lastDrawn = now
            show("\r\u{1B}[K" + line(now))
        } else if let known = self.fraction, Int(known * 10) > lastTenth, known < 1 {
            if now - (lastDrawn ?? begun) < .seconds(2) { return }
            lastTenth = Int(known * 10)
            lastDrawn = now
            show(line(now) + "\n")
        }
    }

    /// The last line stays: how much, how fast.
    mutating func finish() {
        show((isTerminal ? "\r\u{1B}[K" : "") + line(ContinuousClock.now, isFinal: true) + "\n")
    }

    private func show(_ text: String) { try? StandardOutput.errors.write(text) }

    func line(_ now: ContinuousClock.Instant, isFinal: Bool = false) -> String {
        let seconds =
            max(Double((now - begun).components.seconds), 0) + Double((now - begun).components.attoseconds) / 1e18
        let rate = seconds > 0.001 ? Double(done) / seconds : 0
        let name = DisplayWidth.pad(DisplayWidth.cut(title, to: 16), to: 16)
        let speed = "\(NumberText.grouped(Int64(rate))) \(unit)/s"
        if isFinal { return "\(name) \(NumberText.grouped(done)) \(unit) in \(NumberText.seconds(seconds)), \(speed)" }
        guard let fraction else { return "\(name) \(NumberText.grouped(done)) \(unit), \(speed)" }
        let filled = Int(fraction * 20)
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled)
        let left = fraction > 0 ? seconds * (1 - fraction) / fraction : 0
        return "\(name) [\(bar)] \(Int(fraction * 100))%  \(speed)  \(NumberText.seconds(left)) left"
    }
}

/// Numbers for people.
enum NumberText {
    /// 1234567 as `1,234,567`.
    static func grouped(_ value: Int64) -> String {
        var digits = Array(String(value.magnitude))
        var index = digits.count - 3
        while index > 0 {
            digits.insert(",", at: index)
            index -= 3
        }
        return (value < 0 ? "-" : "") + String(digits)
    }

    /// Seconds with as many digits as help: `0.42 s`, `12.3 s`, `3 min 20 s`.
    static func seconds(_ seconds: Double) -> String {
        if seconds < 60 { return fixed(seconds, seconds < 10 ? 2 : 1) + " s" }
        return "\(Int(seconds) / 60) min \(Int(seconds) % 60) s"
    }

    /// A duration in the unit that suits it: `85 µs`, `1.24 ms`, `3.10 s`.
    static func duration(_ duration: Duration) -> String {
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        if seconds < 0.001 { return "\(Int(seconds * 1e6)) µs" }
        if seconds < 1 { return fixed(seconds * 1e3, seconds < 0.01 ? 2 : 1) + " ms" }
        return self.seconds(seconds)
    }

    private static func fixed(_ value: Double, _ digits: Int) -> String {
        let scale = digits == 2 ? 100.0 : 10.0
        let rounded = Int64((value * scale).rounded())
        let fraction = String(rounded % Int64(scale))
        return "\(rounded / Int64(scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
