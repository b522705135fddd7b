/// What column names mean at a place of a statement.
struct QueryScope {
    struct Source {
        var alias: String
        var columns: [FuzzColumn]
        /// Columns that find its rows: the shard key, or the first column.
        var keys: [String]
        /// Columns that tell its rows apart, none of them NULL; empty where there are none.
        var identity: [String] = []
    }

    struct Reference {
        var sql: String
        var kind: ValueKind
        var collation: String?
    }

    var sources: [Source] = []

    var columns: [Reference] {
        sources.flatMap { source in
            source.columns.map {
                Reference(sql: "\(source.alias).\($0.name)", kind: $0.kind, collation: $0.collation)
            }
        }
    }

    /// `near = far`; a column of another collation as an expression: where `=` mixes two, SQLite 3.40 answers one way by an automatic index and
    /// another way without.
    func equality(_ near: String, _ far: String, _ other: QueryScope, _ sign: String = "=") -> String {
        let (mine, theirs) = (collation(near), other.collation(far))
        return "\(near) \(sign) " + (mine == theirs ? far : "(\(far) || '')")
    }

    private func collation(_ column: String) -> String? { columns.first { $0.sql == column }?.collation }

    func columns(_ kind: ValueKind) -> [Reference] {
        kind == .any ? columns : columns.filter { $0.kind == kind }
    }

    var keys: [Reference] {
        sources.flatMap { source in
            source.keys.compactMap { key in
                source.columns.first { $0.name == key }.map {
                    Reference(sql: "\(source.alias).\(key)", kind: $0.kind)
                }
            }
        }
    }
}
