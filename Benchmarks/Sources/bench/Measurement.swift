import CMallocCounter

/// One thing measured beside its baseline: both run in turns inside one process, so that a busy machine slows both.
struct Measurement {
    var name: String
    var unit: String
    /// Nanoseconds a unit, one entry per round.
    var baseline: [Double] = []
    var subject: [Double] = []
    var mallocsPerUnit: Double = 0
    /// The bar of the must column and the moonshot, as ratio subject / baseline (or nil).
    var must: Double?
    var moonshot: Double?
    /// The bars in nanoseconds a unit, where they are not ratios.
    var absolute: (must: Double, moonshot: Double)?

    var ratio: Double { median(subject) / max(median(baseline), 0.001) }

    func line() -> String {
        func pad(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        func number(_ value: Double) -> String {
            value >= 100 ? "\(Int(value.rounded()))" : "\((value * 100).rounded() / 100)"
        }
        let verdict: String
        switch (must, moonshot) {
        case (let must?, let moonshot?):
            verdict =
                (ratio <= moonshot ? "moonshot" : ratio <= must ? "must met" : "MISSED")
                + " (must ≤ \(must), moonshot ≤ \(moonshot))"
        case (let must?, nil): verdict = ratio <= must ? "must met (≤ \(must))" : "MISSED (≤ \(must))"
        case (nil, _):
            verdict =
                absolute.map { bars in
                    let time = median(subject)
                    return (time <= bars.moonshot ? "moonshot" : time <= bars.must ? "must met" : "MISSED")
                        + " (must ≤ \(Int(bars.must)) ns, moonshot ≤ \(Int(bars.moonshot)) ns)"
                } ?? ""
        }
        return pad(name, 38) + pad("\(number(median(subject))) ns/\(unit)", 18)
            + pad("C \(number(median(baseline)))", 12) + pad("× \(number(ratio))", 9)
            + pad("\(number(mallocsPerUnit)) mallocs", 14) + verdict
    }
}

func median(_ values: [Double]) -> Double {
    if values.isEmpty { return 0 }
    let sorted = values.sorted()
    return sorted[sorted.count / 2]
}

/// Runs both sides in turns. Each closure does `units` units of work.
func measure(
    _ name: String, unit: String = "op", units: Int, rounds: Int = 9, must: Double? = nil, moonshot: Double? = nil,
    absolute: (must: Double, moonshot: Double)? = nil, baseline: () async throws -> Void, subject: () async throws -> Void
) async throws -> Measurement {
    var result = Measurement(name: name, unit: unit, must: must, moonshot: moonshot, absolute: absolute)
    let clock = ContinuousClock()
    try await baseline()
    try await subject()
    for _ in 0..<rounds {
        result.baseline.append(nanoseconds(try await clock.measure { try await baseline() }) / Double(units))
        let before = malloc_counter_value()
        let elapsed = try await clock.measure { try await subject() }
        result.mallocsPerUnit = Double(malloc_counter_value() - before) / Double(units)
        result.subject.append(nanoseconds(elapsed) / Double(units))
    }
    print(result.line())
    return result
}

func nanoseconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) * 1e9 + Double(duration.components.attoseconds) / 1e9
}
