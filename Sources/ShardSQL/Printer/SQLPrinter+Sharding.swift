extension SQLPrinter {
    mutating func shardingClause(_ node: ShardingClause) {
        switch node.kind {
        case .broadcast: put("BROADCAST")
        case .single(let shard):
            put("SINGLE")
            onShard(shard)
        case .sharded(let sharded): self.sharded(sharded)
        case .byDefault: break
        }
        guard !node.cold.isEmpty else { return }
        if case .byDefault = node.kind {} else { put(" ") }
        put("COLD (")
        names(node.cold)
        put(")")
    }

    private mutating func onShard(_ shard: Identifier?) {
        guard let shard else { return }
        put(" ON ")
        name(shard)
    }

    private mutating func sharded(_ node: ShardingClause.Sharded) {
        put("SHARD BY \(node.method.rawValue)")
        if !node.columns.isEmpty {
            put(" (")
            list(node.columns) { $0.shardKeyColumn($1) }
            put(")")
        }
        if let step = node.step {
            put(step.count == 1 ? " EVERY \(step.unit)" : " EVERY \(step.count) \(step.unit)")
        }
        if !node.partitions.isEmpty {
            put(" (")
            list(node.partitions) { $0.partition($1) }
            put(")")
        }
        if let count = node.partitionCount { put(" INTO \(count) PARTITIONS") }
        if let table = node.colocateWith {
            put(" COLOCATE WITH ")
            name(table)
        }
        if !node.shards.isEmpty {
            put(" ON ")
            names(node.shards)
        }
    }

    /// `HASH (PRIMARY KEY)` is a column of that name, blank included.
    private mutating func shardKeyColumn(_ column: Identifier) {
        if column.quote == .none, column.folded == "primary key" { put("PRIMARY KEY") } else { name(column) }
    }

    private mutating func partition(_ node: ShardingClause.PartitionDefinition) {
        put("PARTITION ")
        name(node.name)
        switch node.bound {
        case .lessThan(let bounds):
            put(" VALUES LESS THAN (")
            list(bounds) { $0.rangeBound($1) }
            put(")")
        case .list(let values):
            put(" VALUES IN (")
            expressions(values)
            put(")")
        case .starting(let value):
            put(" STARTING ")
            expression(value)
        case .default: put(" DEFAULT")
        }
        onShard(node.shard)
    }

    private mutating func rangeBound(_ bound: Expression?) {
        if let bound { expression(bound) } else { put("MAXVALUE") }
    }
}
