/// Which worker a newcomer tries to lease: a decision over values, without I/O.
enum WorkerChoice {
    /// Nodes in the order of preference, each with its row, if it has one.
    ///
    /// Never used ones come first, then those whose lease ended longest ago: a worker is given away as late as possible,
    /// for the sake of a holder that was only cut off. Rows held by configuration are never chosen.
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

    static func isFree(_ row: WorkerRow, now: Int64) -> Bool {
        guard let expires = row.expires else { return false }
        return expires <= now
    }

    /// The mark below which a newcomer must not issue: that of everybody who is gone. Those who are alive issue at the
    /// same time, so nothing is before or after them.
    static func floor(_ snapshot: WorkerSnapshot) -> HighWaterMark {
        snapshot.rows.filter { isFree($0, now: snapshot.now) }.map(\.mark).max() ?? HighWaterMark(milliseconds: .min)
    }
}
