import ShardBase
import ShardSQL
import ShardTopology

extension DefinitionPlanner {
    /// What each shard runs for VACUUM, ANALYZE or REINDEX, in shard order. Outside of transactions, without journal: it
    /// changes nothing that anybody sees.
    ///
    /// - Throws: `.notFound` for an object that does not exist; `.statementNotModelled` for VACUUM INTO.
    public func maintenance(_ statement: OtherStatement) throws(ShardError) -> [(
        shard: ShardIndex, statements: [String]
    )] {
        if statement.kind == "VACUUM",
            statement.text.split(whereSeparator: { $0.isWhitespace }).contains(where: { $0.uppercased() == "INTO" })
        {
            throw ShardError(
                .statementNotModelled, "VACUUM INTO writes one file; the database has one per shard",
                hint: "Copy the shards' files and the catalog while nothing writes.")
        }
        if statement.kind == "VACUUM" { return vacuum() }
        let everywhere = topology.shards.indices.map { (shard: $0, statements: [statement.kind]) }
        guard let object = statement.object else { return everywhere }
        let name = object.name
        if object.schema == nil, name.folded == "main" { return everywhere }
        if statement.kind == "REINDEX", ["binary", "nocase", "rtrim"].contains(name.folded) {
            return topology.shards.indices.map { ($0, ["REINDEX \(name.quoted)"]) }
        }
        if let table = topology.table(named: name.text) {
            return perShard(table.physicalPieces(shardCount: topology.shards.count)) { piece in
                [piece.name, piece.cold.name].prefix(table.isSplit ? 2 : 1).map {
                    "\(statement.kind) \(Identifier.quoted($0))"
                }
            }
        }
        if let index = objects.first(where: { $0.text.kind == .index && $0.text.name.asciiLowercased() == name.folded }
        ),
            let table = topology.table(named: index.text.tableName)
        {
            return perShard(table.physicalPieces(shardCount: topology.shards.count)) { piece in
                ["\(statement.kind) \(Identifier.quoted(table.physicalIndexName(index.text.name, on: piece)))"]
            }
        }
        if statement.kind == "REINDEX" {
            throw ShardError(.notFound, "unable to identify the object to be reindexed")
        }
        throw ShardError(.notFound, "no such table: \(name.text)")
    }

    /// VACUUM gives rows of a table without INTEGER PRIMARY KEY new rowids, unless the table has an index. Rowids are one
    /// number for the whole logical table, so each such table gets an index (of no row) for the time being.
    private func vacuum() -> [(shard: ShardIndex, statements: [String])] {
        var guards = [[(make: String, drop: String)]](repeating: [], count: topology.shards.count)
        for (_, table) in topology.tables.sorted(by: { $0.key < $1.key })
        where table.schema.implicitRowIDName != nil && !table.isVirtual {
            for piece in table.physicalPieces(shardCount: topology.shards.count) {
                let name = Identifier.quoted("_shardkit_vacuum_\(guards[piece.shard].count)")
                let column = Identifier.quoted(table.schema.columns[0].name)
                guards[piece.shard].append(
                    (
                        "CREATE INDEX IF NOT EXISTS \(name) ON \(Identifier.quoted(piece.name)) (\(column)) WHERE 0",
                        "DROP INDEX \(name)"
                    ))
            }
        }
        return topology.shards.indices.map { shard in
            (shard, guards[shard].map(\.make) + ["VACUUM"] + guards[shard].map(\.drop))
        }
    }
}
