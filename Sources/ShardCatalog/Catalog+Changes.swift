import ShardBackend
import ShardBase
import ShardSQL
public import ShardTopology
import ShardValues

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Changes of schema and placement: one transaction each, with the next epoch in it.
extension Catalog {
    /// Makes a change durable and shows the new epoch to all processes.
    ///
    /// - Returns: the topology of the new epoch.
    /// - Throws: `.catalogStale` (retryable) when the catalog is not at the change's base epoch any more.
    @discardableResult
    public func commit(_ change: CatalogChange) async throws -> Topology {
        try await commitSnapshot(change, deciding: nil).topology
    }

    /// The same with the decision of a journalled definition in the same transaction.
    public func commitSnapshot(_ change: CatalogChange, deciding journal: String?) async throws -> CatalogSnapshot {
        let snapshot = try await write { connection in
            let epoch = try await self.epoch(connection)
            guard epoch == change.baseEpoch else {
                throw ShardError(
                    .catalogStale,
                    "the schema was changed by another session meanwhile (epoch \(epoch), not \(change.baseEpoch))",
                    hint: "Run the statement again.", isRetryable: true)
            }
            if let shards = change.shards { try await Self.put(shards, connection) }
            let shards = try await self.shards(connection)
            try await self.follow(change, connection)
            if let objects = change.objects {
                try await self.replace(objects, shards: shards.map(\.name), connection)
                try await self.replaceDirectories(objects, connection)
            }
            if let journal {
                _ = try await connection.execute(CatalogStatements.decideJournal, values: [.text(journal)])
            }
            _ = try await connection.execute(
                CatalogStatements.setEpoch, values: [.integer(Int64(bitPattern: epoch + 1))])
            // What was given is what is stored, unless entries changed beneath it.
            if let objects = change.objects, change.directory.isEmpty {
                return CatalogSnapshot(epoch: epoch + 1, shards: shards, objects: objects)
            }
            return try await self.snapshot(connection)
        }
        try FaultPoints.hit(.catalogAfterEpoch)
        page.publish(snapshot.epoch)
        return snapshot
    }

    /// Entries that came with a new DIRECTORY table, or changed with it.
    private func replaceDirectories(_ objects: [CatalogObject], _ connection: any ShardConnection) async throws {
        let known = try await directoryEntries(connection)
        for case let table? in objects.map(\.table) {
            let name = table.schema.name.asciiLowercased()
            guard let entries = table.directoryEntries, known[name, default: [:]] != entries else { continue }
            _ = try await connection.execute(CatalogStatements.clearDirectory, values: [.text(name)])
            for (key, partition) in entries {
                _ = try await connection.execute(
                    CatalogStatements.putDirectory,
                    values: [.text(name), .text(try Self.text(of: key)), .integer(Int64(partition))])
            }
        }
    }

    /// Only rows that differ are written. Positions are the list's, so that the mirror is always made in its order.
    private func replace(
        _ objects: [CatalogObject], shards: [String], _ connection: any ShardConnection
    ) async throws {
        var before: [Int64: [Value]] = [:]
        for row in try await connection.rows(CatalogStatements.objects) { before[try row.integer(0)] = row }
        var changed: [(position: Int64, row: [Value], folded: String)] = []
        for (index, object) in objects.enumerated() {
            let position = Int64(index)
            let definition = try object.table.map { Value.text(try $0.catalogText(shards: shards)) }
            let row: [Value] = [
                .integer(position), .text(object.kind.rawValue), .text(object.name), .text(object.tableName),
                .text(object.sql), definition ?? .null,
            ]
            if before[position] != row { changed.append((position, row, object.name.asciiLowercased())) }
        }
        // Rows go before rows come: names are unique.
        for position in before.keys
        where position >= Int64(objects.count) || changed.contains(where: { $0.position == position }) {
            _ = try await connection.execute(CatalogStatements.dropObject, values: [.integer(position)])
        }
        for (_, row, folded) in changed {
            _ = try await connection.execute(
                CatalogStatements.putObject, values: [row[0], row[1], row[2], .text(folded), row[3], row[4], row[5]])
        }
    }

    /// Sequences and directory entries follow their tables.
    private func follow(_ change: CatalogChange, _ connection: any ShardConnection) async throws {
        for dropped in change.droppedTables {
            let name = Value.text(dropped.asciiLowercased())
            _ = try await connection.execute(CatalogStatements.dropSequence, values: [name])
            _ = try await connection.execute(CatalogStatements.clearDirectory, values: [name])
        }
        for (from, to) in change.renamedTables where from.asciiLowercased() != to.asciiLowercased() {
            let names: [Value] = [.text(from.asciiLowercased()), .text(to.asciiLowercased())]
            _ = try await connection.execute(CatalogStatements.dropSequence, values: [names[1]])
            _ = try await connection.execute(CatalogStatements.renameSequence, values: names)
            _ = try await connection.execute(CatalogStatements.renameDirectory, values: names)
        }
        if change.directory.isEmpty { return }
        let topology = try await snapshot(connection).topology
        for entry in change.directory {
            let key = try stored(entry.key, of: entry.table, topology)
            let keys: [Value] = [.text(entry.table.asciiLowercased()), .text(try Self.text(of: key))]
            if let partition = entry.partition {
                _ = try await connection.execute(
                    CatalogStatements.putDirectory, values: keys + [.integer(Int64(partition))])
            } else {
                _ = try await connection.execute(CatalogStatements.dropDirectory, values: keys)
            }
        }
    }

    // MARK: Directory tables

    /// A key as the directory of a table keeps it: keys that the column calls equal are one.
    private func stored(_ key: Value, of table: String, _ topology: Topology) throws(ShardError) -> Value {
        guard case .sharded(let sharding) = topology.table(named: table)?.placement,
            sharding.algorithm is DirectoryAlgorithm, let type = sharding.keyTypes.first
        else { throw ShardError(.declarationRefused, "\(table) is not sharded by a directory") }
        return type.affinity.apply(to: key).canonical(under: type.collation)
    }

    /// Entries by lower-case table name.
    func directoryEntries(_ connection: any ShardConnection) async throws -> [String: [Value: Int]] {
        var entries: [String: [Value: Int]] = [:]
        for row in try await connection.rows(CatalogStatements.directory) {
            guard let key = try? JSONDecoder().decode(Value.self, from: Data(try row.text(1).utf8)) else {
                throw ShardError(.corrupt, "a directory entry of \(try row.text(0)) cannot be read")
            }
            entries[try row.text(0), default: [:]][key] = Int(try row.integer(2))
        }
        return entries
    }

    private static func text(of key: Value) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(key), as: UTF8.self)
    }
}
