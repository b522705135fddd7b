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
        let everywhere = topology.shards.indices.map { (shard: $0, statements: [statement.kind]) }
        guard statement.kind != "VACUUM", let object = statement.object else { return everywhere }
        let name = object.name
        if object.schema == nil, name.folded == "main" { return everywhere }
        if statement.kind == "REINDEX", ["binary", "nocase", "rtrim"].contains(name.folded) {
            return topology.shards.indices.map { ($0, ["REINDEX \(name.quoted)"]) }
        }
        if let table = topology.table(named: name.text) {
            return perShard(table.physicalPieces(shardCount: topology.shards.count)) { piece in
                ["\(statement.kind) \(Identifier.quoted(piece.name))"]
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
}
