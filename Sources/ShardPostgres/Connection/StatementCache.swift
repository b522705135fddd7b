/// The statements that one connection has prepared, least recently used ones first to go.
///
/// They are found by text and parameter types; `near` finds most of them by the statement's id alone, without hashing.
struct StatementCache {
    private var all: [PreparedStatement.Key: PreparedStatement] = [:]
    private var near: [PreparedStatement?] = Array(repeating: nil, count: 64)
    private var clock: UInt64 = 0
    private var made: UInt64 = 0
    private let limit: Int
    /// Names that the server still knows and nobody uses: deallocated with the next statement that is prepared.
    private(set) var forgotten: [String] = []

    init(limit: Int) { self.limit = limit }

    var count: Int { all.count }

    /// A name that no statement of the connection had before.
    mutating func newName() -> String {
        made += 1
        return "sk\(made)"
    }

    /// The statement of an id, whose parameters have no types given by the caller.
    mutating func find(id: UInt64) -> PreparedStatement? {
        guard let known = near[Int(truncatingIfNeeded: id & 63)], known.id == id else { return nil }
        clock += 1
        known.lastUse = clock
        return known
    }

    mutating func find(_ key: PreparedStatement.Key, id: UInt64) -> PreparedStatement? {
        guard let known = all[key] else { return nil }
        clock += 1
        known.lastUse = clock
        makeNear(known, id)
        return known
    }

    /// Keeps a statement. Where there are too many, the quarter that was not used for longest goes.
    mutating func keep(_ statement: PreparedStatement) {
        clock += 1
        statement.lastUse = clock
        if let other = all.updateValue(statement, forKey: statement.key) {
            forgotten.append(String(cString: other.name))
        }
        makeNear(statement, statement.id)
        guard all.count > limit else { return }
        let oldest = all.values.sorted { $0.lastUse < $1.lastUse }.prefix(max(1, all.count - limit + limit / 4))
        for old in oldest where old !== statement { remove(old) }
    }

    private mutating func makeNear(_ statement: PreparedStatement, _ id: UInt64) {
        guard statement.key.types.isEmpty else { return }
        statement.id = id
        near[Int(truncatingIfNeeded: id & 63)] = statement
    }

    /// Takes a statement out and leaves its name to be deallocated.
    mutating func remove(_ statement: PreparedStatement) {
        guard all[statement.key] === statement else { return }
        all[statement.key] = nil
        for place in near.indices where near[place] === statement { near[place] = nil }
        forgotten.append(String(cString: statement.name))
    }

    /// Takes all statements out and leaves their names to be deallocated.
    mutating func forgetAll() {
        for statement in all.values { forgotten.append(String(cString: statement.name)) }
        all.removeAll()
        near = Array(repeating: nil, count: near.count)
    }

    /// The server knows none of them any more.
    mutating func removeAll() {
        all.removeAll()
        near = Array(repeating: nil, count: near.count)
        forgotten.removeAll()
    }

    mutating func takeForgotten() -> [String] {
        defer { forgotten.removeAll() }
        return forgotten
    }
}
