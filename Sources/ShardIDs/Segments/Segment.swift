/// A range of identifiers that this process owns: `first`, `first + stride` … before `end`.
struct Segment: Sendable, Hashable {
    let first: Int64
    /// Exclusive, and reached exactly by steps of the stride.
    let end: Int64
    let stride: Int64

    var count: Int64 { (end - first) / stride }

    /// The identifier before which the next segment should be fetched.
    func trigger(share: Double) -> Int64 {
        first + min(count - 1, Int64(Double(count) * share)) * stride
    }

    /// The segment that a store's answer stands for.
    ///
    /// Of several stores, the one with index `source` of `stride` counts on its own: its number c is the identifier
    /// (c - 1) × stride + source + 1, so that no two stores ever give the same. With one store that is c itself.
    ///
    /// - Parameter previous: the maximum that this store answered before.
    /// - Throws: `storeWrong` when the answer was given before or is malformed, `exhausted` at the end of the numbers.
    init(
        row: SegmentRow, taken: Int64, source: Int, stride: Int64, previous: Int64, maximum: Int64
    ) throws(IDError) {
        let (start, underflow) = row.maximum.subtractingReportingOverflow(taken)
        guard taken >= 1, row.step >= 1, !underflow, start >= 0 else {
            throw IDError(
                .storeWrong,
                "the store's row of \(row.tag) has maximum \(row.maximum) and step \(row.step) "
                    + "after \(taken) were reserved",
                advice: "Set its step to 1 or more and its maximum to 0 or more, above all identifiers in use.")
        }
        guard start >= previous else {
            throw IDError(
                .storeWrong,
                "the store's maximum of \(row.tag) went back: \(start) after \(previous) was reserved already",
                advice: "Somebody reset or restored the row; set it above all identifiers in use, then start again.")
        }
        let (last, overflow) = (row.maximum - 1).multipliedReportingOverflow(by: stride)
        let (identifier, overflow2) = last.addingReportingOverflow(Int64(source) + 1)
        let (end, overflow3) = identifier.addingReportingOverflow(stride)
        guard !overflow, !overflow2, !overflow3, identifier <= maximum else {
            throw IDError(
                .exhausted, "the identifiers of \(row.tag) are used up: the next segment would go beyond \(maximum)",
                advice: "Use another tag, or a larger bound where the column has room.")
        }
        self.first = start * stride + Int64(source) + 1
        self.end = end
        self.stride = stride
    }
}
