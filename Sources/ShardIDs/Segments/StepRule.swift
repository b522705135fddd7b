/// How the step of a tag follows the rate of use: a decision over values.
struct StepRule: Sendable {
    let targetTime: Duration
    let prefetchShare: Double
    var minimum: Int64
    let maximum: Int64

    /// The step after a segment of `step` lasted `lasted`: Leaf's rule, doubled when that was less than the target,
    /// halved when it was at least twice as much.
    func next(after step: Int64, lasted: Duration) -> Int64 {
        if lasted < targetTime { return bounded(step > maximum / 2 ? maximum : step * 2) }
        if lasted >= targetTime * 2 { return bounded(step / 2) }
        return bounded(step)
    }

    /// The step after the buffers ran dry: doubling would let callers wait again and again until it is large enough, so
    /// this takes twice what is used while the store answers.
    ///
    /// - Parameters:
    ///   - used: how many identifiers the last segment had.
    ///   - lasted: how long they lasted once they were there.
    ///   - latency: how long the store takes.
    func next(after step: Int64, dryAfter used: Int64, lasted: Duration, latency: Duration) -> Int64 {
        let rate = Double(used) / max(Double(lasted.wholeNanoseconds), 1)
        let needed = rate * Double(latency.wholeNanoseconds) * 2 / (1 - prefetchShare)
        return max(next(after: step, lasted: lasted), bounded(needed < 9e18 ? Int64(needed) : maximum))
    }

    func bounded(_ step: Int64) -> Int64 { min(max(step, min(minimum, maximum)), max(maximum, 1)) }
}
