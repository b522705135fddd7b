public import ShardBase

/// A logical table as the catalog stores it: plain, versioned data, JSON by any encoder.
///
/// Shards and key columns stand by name, so that a record survives a change of their order. Equal tables have equal
/// records. Format 1; a later format reads earlier ones.
public struct TableRecord: Sendable, Hashable, Codable {
    /// The format that this version writes.
    public static let currentVersion = 1

    public var version: Int
    public var schema: TableSchema
    public var placement: PlacementRecord
    public var createSQL: String
    /// The columns kept apart, by name; nil where the table is not split.
    public var coldColumns: [String]?

    public init(_ table: LogicalTable, shards: [String]) {
        version = Self.currentVersion
        schema = table.schema
        placement = PlacementRecord(table, shards: shards)
        createSQL = table.createSQL
        coldColumns = table.isSplit ? table.coldColumns.map { table.schema.columns[$0].name } : nil
    }

    /// The table again.
    /// - Throws: `.catalogVersion` for a later format, `.corrupt` for a record that contradicts itself
    ///   or the shards, `.configuration` for an unregistered algorithm.
    public func table(shards: [String]) throws(ShardError) -> LogicalTable {
        guard version == Self.currentVersion else {
            throw ShardError(
                .catalogVersion,
                "the catalog's record of \(schema.name) has format \(version), this version reads \(Self.currentVersion)"
            )
        }
        var cold: [Int] = []
        for name in coldColumns ?? [] {
            guard let column = schema.column(named: name) else {
                throw ShardError(.corrupt, "the catalog keeps \(schema.name).\(name) apart, which is no column of it")
            }
            cold.append(column)
        }
        return LogicalTable(
            schema: schema, placement: try placement.placement(of: schema, shards: shards), createSQL: createSQL,
            coldColumns: cold.sorted())
    }
}
