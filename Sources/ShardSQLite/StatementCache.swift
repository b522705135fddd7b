/// The prepared statements of one connection, by ``ShardBackend/ShardStatement/id``.
///
/// Ids are handed out one after the other, so their low bits find most statements without hashing: `near` holds, for
/// each value of those bits, the statement last asked for. The dictionary holds all.
struct StatementCache {
    private var all: [UInt64: PreparedStatement] = [:]
    /// Owned by `all`.
    private var near: [Near?] = Array(repeating: nil, count: 64)
    /// In order of preparation, for eviction.
    private var order: [UInt64] = []
    private let limit: Int

    /// - Parameter limit: the number of statements kept.
    init(limit: Int) { self.limit = limit }

    private struct Near {
        var id: UInt64
        var statement: Unmanaged<PreparedStatement>
    }

    subscript(id: UInt64) -> PreparedStatement? {
        mutating get { find(id)?.takeUnretainedValue() }
    }

    /// Without counting a reference: it is used while nothing is kept here or removed.
    @inline(__always)
    mutating func find(_ id: UInt64) -> Unmanaged<PreparedStatement>? {
        let place = Int(truncatingIfNeeded: id & 63)
        if let known = near[place], known.id == id { return known.statement }
        guard let known = all[id] else { return nil }
        near[place] = Near(id: id, statement: Unmanaged.passUnretained(known))
        return Unmanaged.passUnretained(known)
    }

    /// Keeps a statement unless there is one of its id. Where there are too many, the oldest quarter goes, but what is in
    /// use: evicting in bulk keeps the common path free of bookkeeping.
    mutating func keep(_ statement: PreparedStatement) {
        guard all[statement.id] == nil else { return }
        all[statement.id] = statement
        order.append(statement.id)
        guard order.count > limit else { return }
        let count = order.count / 4
        var kept: [UInt64] = []
        for (index, id) in order.enumerated() {
            if index < count, all[id]?.isBusy == false { all[id] = nil } else { kept.append(id) }
        }
        order = kept
        for place in near.indices where near[place].map({ all[$0.id] == nil }) ?? false { near[place] = nil }
    }

    mutating func removeAll() {
        all.removeAll()
        near = Array(repeating: nil, count: near.count)
        order.removeAll()
    }
}
