import ShardSQL
import ShardTopology

extension LogicalTable {
    /// What the table's constraints say happens when they are violated, other than ABORT, in upper case: `NOT NULL ON
    /// CONFLICT IGNORE`. A statement's own `OR …` counts before them.
    func declaredConflicts(_ dialect: Dialect) -> Set<String> {
        guard createSQL.asciiLowercased().contains("conflict"),
            let parsed = try? Parser.parse(createSQL, dialect: dialect),
            case .createTable(let create) = parsed.statement,
            case .columns(let columns, let constraints) = create.content
        else { return [] }
        let words =
            columns.flatMap(\.constraints).map { constraint -> String? in
                switch constraint.kind {
                case .primaryKey(_, let conflict, _), .notNull(let conflict), .unique(let conflict): conflict
                case .null, .check, .defaultValue, .collate, .references, .generated, .identity, .generator, .verbatim:
                    nil
                }
            }
            + constraints.map { constraint -> String? in
                switch constraint.kind {
                case .primaryKey(_, let conflict, _), .unique(_, let conflict): conflict
                case .check, .foreignKey, .verbatim: nil
                }
            }
        return Set(words.compactMap { $0?.uppercased() }).subtracting(["ABORT"])
    }

    /// The conflict clause that a write runs under: the statement's, or the one of the table's that needs most care.
    func conflictAction(_ own: String?, _ dialect: Dialect) -> String? {
        if let own { return own }
        let declared = declaredConflicts(dialect)
        return ["FAIL", "ROLLBACK", "IGNORE", "REPLACE"].first { declared.contains($0) }
    }
}
