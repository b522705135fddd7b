import ShardBackend
import ShardBase
import ShardTopology
import ShardValues

extension Session {
    private static let raise = ShardStatement(
        "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1")
    private static let begin = ShardStatement(
        "INSERT INTO sqlite_sequence (name, seq) SELECT ?1, ?2 WHERE NOT EXISTS "
            + "(SELECT 1 FROM sqlite_sequence WHERE name = ?1)")

    /// Makes the AUTOINCREMENT counter of a table stand at least at a number, as `UPDATE sqlite_sequence` does in a plain
    /// database: the next row gets a larger one. For imports.
    ///
    /// - Throws: `.notFound` when there is no such table, `.constraint` when it is no AUTOINCREMENT table.
    public func raiseAutoIncrement(of name: String, to number: Int64) async throws {
        let schema = try await database.currentSchema()
        guard let table = schema.topology.table(named: name) else {
            throw ShardError(.notFound, "no such table: \(name)")
        }
        guard table.schema.isAutoIncrement else {
            throw ShardError(.constraint, "\(name) has no AUTOINCREMENT key")
        }
        // The table's counter is the highest of its partitions', so that one of them is enough.
        let places: [(shard: ShardIndex, table: String)]
        switch table.placement {
        case .single(let shard): places = [(shard, table.schema.name)]
        case .broadcast: places = schema.topology.shards.indices.map { ($0, table.schema.name) }
        case .sharded(let sharding): places = sharding.partitions.prefix(1).map { ($0.shard, $0.physicalName) }
        }
        try await withWriters(places.map(\.shard), isSplit: places.count > 1) { writers in
            for place in places {
                let values: [Value] = [.text(place.table), .integer(number)]
                _ = try await writers.connections[place.shard]?.execute(Self.raise, values: values)
                _ = try await writers.connections[place.shard]?.execute(Self.begin, values: values)
            }
        }
        database.keySource.rowIDs.markStale(table.schema.name)
    }
}
