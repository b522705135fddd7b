import ShardBase
import ShardValues

/// A table split by column: each piece of it is a *hot* table, under the name that the whole would have, and beside it a
/// *cold* one. Both carry the primary key, and each row is in both. They share shard and partition by construction.
extension LogicalTable {
    /// Whether some columns are kept apart.
    public var isSplit: Bool { !coldColumns.isEmpty }

    /// The name of the cold table beside a hot one.
    public static func coldName(of physicalName: String) -> String { physicalName + "__cold" }

    /// Whether a column stands in the cold part. The primary key is in both and is not cold.
    public func isCold(_ column: Int) -> Bool { coldColumns.contains(column) }

    /// The physical names that the table has on any shard.
    var partNames: [String] {
        guard case .sharded(let sharding) = placement else { return [schema.name] }
        return sharding.partitions.map(\.physicalName)
    }

    /// The ordinals of the columns to keep apart, ascending.
    ///
    /// - Throws: `.declarationRefused` where the table cannot be split so: no primary key ties its parts, or a
    ///   constraint over rows (a key) would look at both; `.notFound` for an unknown column.
    func split(_ names: [String]) throws(ShardError) -> [Int] {
        func refused(_ message: String, hint: String? = nil) -> ShardError {
            ShardError(.declarationRefused, "\(schema.name): \(message)", hint: hint)
        }
        if case .broadcast = placement { throw refused("a broadcast table is not split into a hot and a cold part") }
        guard !schema.primaryKey.isEmpty, schema.primaryKey.allSatisfy({ schema.columns[$0].isNotNull }) else {
            throw refused(
                "COLD needs a primary key that is never NULL: it ties the two parts of a row",
                hint: "Declare an INTEGER PRIMARY KEY, or the key's columns NOT NULL.")
        }
        guard
            schema.primaryKey.allSatisfy({
                schema.columns[$0].collation.isComparable && !schema.columns[$0].isGenerated
            })
        else { throw refused("COLD needs a primary key of plain columns under BINARY, NOCASE or RTRIM") }
        var cold: [Int] = []
        for name in names {
            guard let column = schema.column(named: name) else {
                throw ShardError(.notFound, "\(schema.name) has no column \(name) to keep apart")
            }
            if cold.contains(column) { throw refused("\(name) stands twice in COLD") }
            if schema.primaryKey.contains(column) {
                throw refused("\(name) is part of the primary key, which is in both parts")
            }
            if schema.uniqueKeys.contains(where: { $0.contains(column) }) {
                throw refused("\(name) is part of a UNIQUE constraint, which the hot part checks")
            }
            if case .sharded(let sharding) = placement, sharding.keyColumns.contains(column) {
                throw refused("\(name) is part of the shard key, which is in the hot part")
            }
            if schema.columns[column].generator != nil { throw refused("\(name) is a generated key") }
            cold.append(column)
        }
        return cold.sorted()
    }
}
