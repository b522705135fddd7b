import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// A PRIMARY KEY, UNIQUE or unique index is checked by each shard over its own rows. That is the whole check only if rows
/// that are alike under it always share a partition: it contains every shard-key column, compared no coarser than the
/// shard key is.
///
/// Counter-examples: `UNIQUE (email)` on a table sharded by id; `UNIQUE (name COLLATE NOCASE)` on one sharded by name:
/// 'a' and 'A' are alike for the index and live apart.
struct UniqueRule {
    func check(_ reader: SchemaReader, _ table: LogicalTable) throws(ShardError) {
        guard case .sharded(let sharding) = table.placement, sharding.partitions.count > 1 else { return }
        for constraint in reader.uniqueConstraints(table.schema) {
            for (key, type) in zip(sharding.keyColumns, sharding.keyTypes) {
                let isCovered = constraint.terms.contains { term in
                    term.column == key && (term.collation == type.collation || term.collation == .binary)
                }
                if !isCovered { throw refused(constraint, table, sharding, key) }
            }
            if sharding.keyColumns.isEmpty { throw refused(constraint, table, sharding, nil) }
        }
    }

    private func refused(
        _ constraint: SchemaReader.UniqueConstraint, _ table: LogicalTable, _ sharding: Sharding, _ key: Int?
    ) -> ShardError {
        let columns = table.schema.columns
        let keys = sharding.keyColumns.map { columns[$0].name }.joined(separator: ", ")
        let how = sharding.keyColumns.isEmpty ? "by hint" : "by (\(keys))"
        let why: String
        if let key, constraint.terms.contains(where: { $0.column == key }) {
            why = "compares \(columns[key].name) under another collation than the column's own"
        } else {
            why = "does not contain the shard key"
        }
        return ShardError(
            .uniqueWithoutShardKey,
            "\(table.schema.name) is sharded \(how), and its \(constraint.title) \(why): no shard could check it alone",
            hint: "Add the shard key to it, shard by its columns, or declare the table BROADCAST or SINGLE.")
    }
}
