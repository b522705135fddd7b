/// What Tab offers: the shell's commands, keywords, and the names of tables and columns.
enum Completion {
    /// The words that begin like `word`, names first; keywords take the case that was typed.
    static func candidates(for word: String, names: [String]) -> [String] {
        if word.hasPrefix("\\") { return ShellCommandLine.words.filter { $0.hasPrefix(word) } }
        let folded = word.lowercased()
        let isLower = word == folded
        let keywords = Self.keywords.filter { $0.lowercased().hasPrefix(folded) }
            .map { isLower ? $0.lowercased() : $0 }
        let fitting = names.filter { $0.lowercased().hasPrefix(folded) }
        return fitting + keywords.filter { !fitting.contains($0) }
    }

    private static let keywords = [
        "ABORT", "ALTER", "ANALYZE", "BEGIN", "BETWEEN", "BROADCAST", "COLLATE", "COLOCATE", "COMMIT", "CONFLICT",
        "CREATE", "CROSS", "CURRENT_TIMESTAMP", "DEFAULT", "DELETE", "DESC", "DISTINCT", "DROP", "ELSE", "EXCEPT",
        "EXISTS", "EXPLAIN", "FILTER", "FROM", "FULL", "GENERATED", "GROUP", "HASH", "HAVING", "INDEX", "INNER",
        "INSERT", "INTERSECT", "INTO", "JOIN", "LEFT", "LIKE", "LIMIT", "NATURAL", "NOT", "NULL", "OFFSET", "ORDER",
        "OVER", "PARTITION", "PARTITIONS", "PRAGMA", "PRIMARY", "RANGE", "RECURSIVE", "REFERENCES", "RELEASE",
        "REPLACE", "RETURNING", "ROLLBACK", "SAVEPOINT", "SELECT", "SHARD", "SHARDS", "SHOW", "SINGLE", "TABLE",
        "TABLES", "TEMPORARY", "TRANSACTION", "TRIGGER", "UNION", "UNIQUE", "UPDATE", "USING", "VALUES", "VIEW",
        "WHERE", "WINDOW", "WITH", "WITHOUT",
    ]
}
