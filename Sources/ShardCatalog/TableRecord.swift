import ShardBase
import ShardTopology
import ShardValues

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A table's schema and placement as the catalog stores them: one JSON text, format 1.
struct TableRecord: Codable {
    struct Column: Codable {
        var name: String
        var type: String?
        var affinity: Affinity
        var collation: Collation
        var notNull: Bool
        var defaultSQL: String?
        var generated: Bool
        var generator: String?
    }

    var format = 1
    var name: String
    var columns: [Column]
    var primaryKey: [Int]
    var uniqueKeys: [[Int]]
    var rowIDColumn: Int?
    var autoIncrement: Bool
    var withoutRowID: Bool
    var strict: Bool
    var placement: PlacementRecord

    /// The text the catalog keeps of a table.
    static func text(of table: LogicalTable, shards: [String]) throws -> String {
        let schema = table.schema
        let record = TableRecord(
            name: schema.name,
            columns: schema.columns.map {
                Column(
                    name: $0.name, type: $0.declaredType, affinity: $0.affinity, collation: $0.collation,
                    notNull: $0.isNotNull, defaultSQL: $0.defaultSQL, generated: $0.isGenerated,
                    generator: $0.generator)
            },
            primaryKey: schema.primaryKey, uniqueKeys: schema.uniqueKeys, rowIDColumn: schema.rowIDColumn,
            autoIncrement: schema.isAutoIncrement, withoutRowID: schema.isWithoutRowID, strict: schema.isStrict,
            placement: PlacementRecord(table, shards: shards))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(record), as: UTF8.self)
    }

    /// The table of a text, its logical CREATE text beside it.
    /// - Throws: `.corrupt` for a text that is not a record, `.catalogVersion` for a later format.
    static func table(from text: String, name: String, createSQL: String, shards: [String]) throws -> LogicalTable {
        let record: TableRecord
        do {
            record = try JSONDecoder().decode(TableRecord.self, from: Data(text.utf8))
        } catch {
            throw ShardError(.corrupt, "the catalog's record of table \(name) cannot be read")
        }
        guard record.format == 1 else {
            throw ShardError(
                .catalogVersion, "the catalog's record of table \(name) has format \(record.format), this version reads 1")
        }
        let columns = record.columns.map {
            TableSchema.Column(
                name: $0.name, declaredType: $0.type, affinity: $0.affinity, collation: $0.collation,
                isNotNull: $0.notNull, defaultSQL: $0.defaultSQL, isGenerated: $0.generated, generator: $0.generator)
        }
        let ordinals = record.primaryKey + record.uniqueKeys.flatMap { $0 } + (record.rowIDColumn.map { [$0] } ?? [])
        guard ordinals.allSatisfy(columns.indices.contains) else {
            throw ShardError(.corrupt, "the catalog's record of table \(name) names columns that it does not have")
        }
        let schema = TableSchema(
            name: record.name, columns: columns, primaryKey: record.primaryKey, uniqueKeys: record.uniqueKeys,
            rowIDColumn: record.rowIDColumn, isAutoIncrement: record.autoIncrement,
            isWithoutRowID: record.withoutRowID, isStrict: record.strict)
        return LogicalTable(
            schema: schema, placement: try record.placement.placement(of: schema, shards: shards),
            createSQL: createSQL)
    }
}
