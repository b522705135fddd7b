public import ShardSQL
public import ShardTopology

/// A foreign key of a table, as its CREATE TABLE declares it.
public struct ForeignKey: Sendable, Hashable {
    public var child: String
    /// Ordinals in the child.
    public var columns: [Int]
    public var parent: String
    /// Names in the parent; empty: its primary key.
    public var parentColumns: [String]
    /// ON DELETE, ON UPDATE and so on, upper case, single blanks.
    var actions: String

    /// The foreign keys of a table; columns that do not exist are left out (the engine refuses them).
    public static func all(of table: LogicalTable, dialect: Dialect = .sqlite) -> [ForeignKey] {
        guard let parsed = try? Parser.parse(table.createSQL, dialect: dialect),
            case .createTable(let create) = parsed.statement,
            case .columns(let columns, let constraints) = create.content
        else { return [] }
        var keys: [ForeignKey] = []
        func add(_ names: [Identifier], _ reference: ForeignKeyReference) {
            keys.append(
                ForeignKey(
                    child: table.schema.name, columns: names.compactMap { table.schema.column(named: $0.text) },
                    parent: reference.table.name.text, parentColumns: reference.columns.map(\.text),
                    actions: (reference.actions ?? "").uppercased().split { $0.isWhitespace }.joined(separator: " ")))
        }
        for column in columns {
            for case .references(let reference) in column.constraints.map(\.kind) { add([column.name], reference) }
        }
        for case .foreignKey(let names, let reference) in constraints.map(\.kind) { add(names, reference) }
        return keys
    }

    /// Whether each shard by itself checks and enforces the key exactly as one database would: a child row and its parent
    /// always stand on one shard, under names that the shard's own foreign key says, and no action moves a row.
    ///
    /// Counter-example: `orders (user_id) REFERENCES users (id)` with orders sharded by their own id: the user may stand on
    /// another shard, where the order's shard does not see it.
    func isLocal(in topology: Topology) -> Bool {
        guard let child = topology.table(named: child) else { return true }
        // A parent that does not exist is the engine's own error, wherever.
        guard let parent = topology.table(named: parent) else { return true }
        switch (child.placement, parent.placement) {
        case (.broadcast, .broadcast), (.single, .broadcast): return true
        case (.single(let a), .single(let b)): return a == b
        case (.sharded(let sharding), .broadcast): return !changesKey(sharding)
        case (.sharded(let a), .sharded(let b)):
            if a.partitions.count == 1, b.partitions.count == 1 {
                return a.partitions[0].shard == b.partitions[0].shard
            }
            guard a.group == b.group, !setsKey(a) else { return false }
            return ties(a, parent, b)
        case (.sharded(let sharding), .single(let shard)):
            return sharding.partitions.allSatisfy { $0.shard == shard }
        case (.single(let shard), .sharded(let sharding)):
            return sharding.partitions.count == 1 && sharding.partitions[0].shard == shard
        case (.broadcast, .sharded(let sharding)):
            return topology.shards.count == 1 && sharding.partitions.count == 1
        case (.broadcast, .single): return topology.shards.count == 1
        }
    }

    /// Equal key columns: the child's shard key refers to the parent's, column by column.
    private func ties(_ child: Sharding, _ parent: LogicalTable, _ sharding: Sharding) -> Bool {
        let targets =
            parentColumns.isEmpty
            ? parent.schema.primaryKey : parentColumns.compactMap { parent.schema.column(named: $0) }
        guard targets.count == columns.count else { return false }
        return zip(child.keyColumns, sharding.keyColumns).allSatisfy { mine, theirs in
            zip(columns, targets).contains { $0 == mine && $1 == theirs }
        }
    }

    private func setsKey(_ sharding: Sharding) -> Bool {
        (actions.contains("SET NULL") || actions.contains("SET DEFAULT"))
            && !Set(columns).isDisjoint(with: sharding.keyColumns)
    }

    private func changesKey(_ sharding: Sharding) -> Bool {
        setsKey(sharding)
            || (actions.contains("ON UPDATE CASCADE") && !Set(columns).isDisjoint(with: sharding.keyColumns))
    }
}

extension Topology {
    /// The foreign keys that no shard can check by itself. With `PRAGMA foreign_keys = ON`, writes to their child or
    /// parent are to be refused (`.foreignKeyAcrossShards`). Parses each table's text: ask once per epoch.
    public func foreignKeysCrossing(dialect: Dialect = .sqlite) -> [ForeignKey] {
        tables.values.flatMap { ForeignKey.all(of: $0, dialect: dialect) }.filter { !$0.isLocal(in: self) }
            .sorted { ($0.child, $0.parent) < ($1.child, $1.parent) }
    }
}
