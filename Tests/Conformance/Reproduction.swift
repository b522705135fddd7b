import ShardSQL

/// What a sharded database was told so far, cut down to what one statement needs.
struct Reproduction {
    private var statements: [String] = []
    /// Folded names of tables and views, in order.
    private var names: [(name: String, sql: String)] = []

    /// Statements beyond these bytes are left out; the place in the file says it all then.
    private static let byteLimit = 6000

    /// A statement that was run, with its sharding clause.
    mutating func note(_ sql: String) {
        statements.append(sql)
        guard String(sql.prefix(8)).asciiLowercased().hasPrefix("create"),
            let parsed = try? Parser.parse(sql, dialect: .sqlite)
        else { return }
        switch parsed.statement {
        case .createTable(let create): names.append((create.name.name.folded, sql))
        case .createView(let create): names.append((create.name.name.folded, sql))
        default: return
        }
    }

    /// All statements where they are few, else those that name a table or view which `sql` names, directly or through a view; nil where they are many.
    func statements(for sql: String) -> [String]? {
        if isShort(statements) { return statements }
        var wanted: Set<String> = []
        var texts = [sql]
        while let text = texts.popLast() {
            let folded = text.asciiLowercased()
            for (name, definition) in names where !wanted.contains(name) && folded.contains(name) {
                wanted.insert(name)
                texts.append(definition)
            }
        }
        let needed = statements.filter { statement in
            let folded = statement.asciiLowercased()
            return wanted.contains { folded.contains($0) } || folded.hasPrefix("begin") || folded.hasPrefix("commit")
                || folded.hasPrefix("rollback") || folded.hasPrefix("pragma")
        }
        return isShort(needed) ? needed : nil
    }

    private func isShort(_ statements: [String]) -> Bool {
        statements.reduce(0, { $0 + $1.utf8.count }) <= Self.byteLimit
    }
}
