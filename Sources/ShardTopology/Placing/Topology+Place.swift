public import ShardBase

extension Topology {
    /// Makes the placement of a new table among the tables there are. The topology itself is not changed.
    ///
    /// The default key, for ``ShardingDeclaration/byDefault`` and for a declaration without columns: the columns common to
    /// the PRIMARY KEY and every UNIQUE, in the first one's order; without any such constraint, the first column that is
    /// not generated.
    ///
    /// Partitions: one per shard unless told otherwise, dealt out in turn. A table hashed without COLOCATE WITH joins the
    /// group of a table whose key types, slots and shards are the same, so that joins of their keys stay on a shard.
    ///
    /// - Throws: `.declarationRefused` for a declaration that cannot be, `.uniqueWithoutShardKey` for a
    ///   PRIMARY KEY or UNIQUE that no single shard could check, `.notFound` for unknown columns, tables or
    ///   shards.
    public func place(_ schema: TableSchema, as declaration: ShardingDeclaration) throws(ShardError) -> Placement {
        guard !shards.isEmpty else {
            throw ShardError(.configuration, "there is no shard to put \(schema.name) on")
        }
        switch declaration {
        case .broadcast:
            try requireFreeName(schema)
            return .broadcast
        case .single(let name):
            try requireFreeName(schema)
            guard let name else { return .single(0) }
            return .single(try shard(named: name))
        case .byDefault:
            return try place(schema, as: .sharded(ShardingDeclaration.Sharded(method: .hash, columns: [])))
        case .split(let rows, _): return try place(schema, as: rows)
        case .sharded(let sharded):
            return .sharded(try ShardingPlacer(topology: self, schema: schema, declaration: sharded).sharding())
        }
    }

    /// As ``place(_:as:)``, with the schema's CREATE TABLE text and the columns kept apart: the whole table.
    public func place(
        schema: TableSchema, declaration: ShardingDeclaration, createSQL: String
    ) throws(ShardError) -> LogicalTable {
        var table = LogicalTable(
            schema: schema, placement: try place(schema, as: declaration), createSQL: createSQL)
        if case .split(_, let cold) = declaration { table.coldColumns = try table.split(cold) }
        return table
    }

    /// The position of a shard by name, ASCII case-insensitively.
    /// - Throws: `.notFound`.
    public func shard(named name: String) throws(ShardError) -> ShardIndex {
        let key = Self.key(for: name)
        guard let index = shards.firstIndex(where: { Self.key(for: $0) == key }) else {
            throw ShardError(
                .notFound, "there is no shard \(name)", hint: "The shards are \(shards.joined(separator: ", ")).")
        }
        return index
    }

    /// The names of all physical tables on any shard, folded: those that a new table must not take.
    var physicalNames: Set<String> {
        var names: Set<String> = []
        for table in tables.values {
            names.insert(Self.key(for: table.schema.name))
            if case .sharded(let sharding) = table.placement {
                for partition in sharding.partitions { names.insert(Self.key(for: partition.physicalName)) }
            }
            if table.isSplit {
                for name in table.partNames { names.insert(Self.key(for: LogicalTable.coldName(of: name))) }
            }
        }
        return names
    }

    /// A table that is whole bears its own name on the shards, which may be taken by another table's partition.
    private func requireFreeName(_ schema: TableSchema) throws(ShardError) {
        guard table(named: schema.name) == nil, physicalNames.contains(Self.key(for: schema.name)) else { return }
        throw ShardError(
            .declarationRefused, "the name \(schema.name) is taken on a shard by a partition of another table",
            hint: "Choose another name.")
    }
}
