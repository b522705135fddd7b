import ShardBase
import ShardTopology
import ShardValues

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A table as a row of the catalog: ``ShardTopology/TableRecord`` as JSON, without what other columns and tables hold (the
/// CREATE text, the entries of a directory).
extension LogicalTable {
    func catalogText(shards: [String]) throws -> String {
        var table = self
        if directoryEntries != nil { table.directoryEntries = [:] }
        var record = TableRecord(table, shards: shards)
        record.createSQL = ""
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(record), as: UTF8.self)
    }

    /// - Throws: `.corrupt` for a text that is no record, `.catalogVersion` for one of a later format.
    init(catalogText: String, name: String, createSQL: String, shards: [String]) throws {
        var record: TableRecord
        do {
            record = try JSONDecoder().decode(TableRecord.self, from: Data(catalogText.utf8))
        } catch {
            throw ShardError(.corrupt, "the catalog's record of table \(name) cannot be read")
        }
        record.createSQL = createSQL
        self = try record.table(shards: shards)
    }

    /// The entries of a table sharded by DIRECTORY, nil for others.
    var directoryEntries: [Value: Int]? {
        get {
            guard case .sharded(let sharding) = placement, let directory = sharding.algorithm as? DirectoryAlgorithm
            else { return nil }
            return directory.entries
        }
        set {
            guard case .sharded(var sharding) = placement, let type = sharding.keyTypes.first,
                let directory = sharding.algorithm as? DirectoryAlgorithm
            else { return }
            sharding.algorithm = DirectoryAlgorithm(
                entries: newValue ?? [:], defaultPartition: directory.defaultPartition,
                partitionCount: directory.partitionCount, type: type)
            placement = .sharded(sharding)
        }
    }
}
