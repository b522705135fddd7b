/// Which worker a newcomer tries to lease: a decision over values, without I/O.
enum WorkerChoice {
    /// Nodes in the order of preference, each with its row, if it has one.
    ///
    /// Never used ones come first, then those whose lease ended longest ago: a worker is given away as late as
    /// possible, for the sake of a holder that was only cut off. Rows held by configuration are never chosen.
    ///
    /// - Parameter limit: no more than so many.
    static func candidates(
        _ snapshot: WorkerSnapshot, nodes: ClosedRange<Int64>, limit: Int
    ) -> [(node: Int64, row: WorkerRow?)] {
        var result: [(node: Int64, row: WorkerRow?)] = []
        let used = Set(snapshot.rows.map(\.node))
        var node = nodes.lowerBound
        while result.count < limit, node <= nodes.upperBound {
            if !used.contains(node) { result.append((node, nil)) }
            node += 1
        }
        let free = snapshot.rows.filter { nodes.contains($0.node) && isFree($0, now: snapshot.now) }
            .sorted { ($0.expires ?? 0, $0.node) < ($1.expires ?? 0, $1.node) }
        for row in free.prefix(max(0, limit - result.count)) { result.append((row.node, row)) }
        return result
    }

    /// Whether a row was given back, or its lease has ended.
    static func isFree(_ row: WorkerRow, now: Int64) -> Bool {
        guard let expires = row.expires else { return false }
        return row.holder.isEmpty || expires <= now
    }

    /// The mark below which a newcomer must not issue: that of everybody who is gone.
    ///
    /// Those who are alive issue at the same time, so nothing is before or after them; but a mark that is several
    /// leases ahead is not that of somebody alive: the clocks were set back. Four, for leases may differ.
    static func floor(_ snapshot: WorkerSnapshot, lease: Duration) -> HighWaterMark {
        var floor = HighWaterMark(milliseconds: .min)
        for row in snapshot.rows {
            var mark = row.mark
            if !isFree(row, now: snapshot.now) {
                mark.milliseconds = max(mark.milliseconds, .min / 2) - (lease * 4).wholeMilliseconds
            }
            floor = max(floor, mark)
        }
        return floor
    }
}
