public import ShardBackend
import ShardBase
public import ShardCatalog
import ShardPlanner
public import ShardSQL
import ShardTopology
import ShardValues

/// Compares all shards with the catalog: schema, number of rows, and whether each row stands in the partition that its
/// shard key says. Reads every row of every sharded and broadcast table; changes nothing.
///
/// Each shard is read in one transaction. Rows that move between shards while the check runs may be counted twice or not at
/// all: for an exact report nothing writes meanwhile.
public struct SchemaCheck: Sendable {
    private let snapshot: CatalogSnapshot
    private let shards: [any ShardDatabase]
    private let dialect: Dialect

    /// - Parameter shards: in the topology's order.
    public init(snapshot: CatalogSnapshot, shards: [any ShardDatabase], dialect: Dialect = .sqlite) {
        self.snapshot = snapshot
        self.shards = shards
        self.dialect = dialect
    }

    /// What one shard says.
    private struct ShardResult: Sendable {
        var findings: [SchemaReport.Finding] = []
        /// By logical table.
        var counts: [String: Int64] = [:]
        /// Of broadcast tables: a sum over all rows that their order does not change.
        var checksums: [String: UInt64] = [:]
    }

    /// - Parameter progress: told the number of rows read, after each batch, from any thread.
    public func run(progress: @escaping @Sendable (Int) -> Void = { _ in }) async throws -> SchemaReport {
        let results = try await withThrowingTaskGroup(of: (Int, ShardResult).self) { group in
            for (index, database) in shards.enumerated() {
                group.addTask {
                    (index, try await database.onItsThreads { try await check(index, database, progress) })
                }
            }
            var results = [ShardResult](repeating: ShardResult(), count: shards.count)
            for try await (index, result) in group { results[index] = result }
            return results
        }
        var report = SchemaReport(
            epoch: snapshot.epoch, shards: snapshot.topology.shards, tables: [], findings: results.flatMap(\.findings))
        for object in snapshot.objects {
            guard let table = object.table else { continue }
            let name = table.schema.name
            let perShard = results.map { $0.counts[name] ?? 0 }
            var rows = perShard.reduce(0, +)
            if case .broadcast = table.placement {
                rows = perShard.max() ?? 0
                report.findings += copies(table, results)
            }
            report.tables.append(.init(table: name, rows: rows, perShard: perShard))
        }
        report.tables.sort { $0.table < $1.table }
        return report
    }

    /// Copies that differ from the first shard's.
    private func copies(_ table: LogicalTable, _ results: [ShardResult]) -> [SchemaReport.Finding] {
        let name = table.schema.name
        guard let first = results.first else { return [] }
        return results.indices.dropFirst().compactMap { index in
            let same = results[index].counts[name] == first.counts[name]
            guard !same || results[index].checksums[name] != first.checksums[name] else { return nil }
            let shard = snapshot.topology.shards[index]
            let difference =
                same
                ? "has other rows"
                : "has \(results[index].counts[name] ?? 0) rows instead of \(first.counts[name] ?? 0)"
            return .init(
                kind: .copiesDiffer, shard: shard, object: name,
                message: "the copy of \(name) on \(shard) \(difference) (compared with \(snapshot.topology.shards[0]))",
                rows: results[index].counts[name] ?? 0)
        }
    }

    // MARK: One shard

    private static let begin = ShardStatement("BEGIN")
    private static let commit = ShardStatement("COMMIT")
    private static let master = ShardStatement(
        """
        SELECT type, name, sql FROM sqlite_master
        WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_shardkit%' ESCAPE '\\'
        """)
    private static let shadows = ShardStatement(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'")

    private func check(
        _ shard: ShardIndex, _ database: any ShardDatabase, _ progress: @Sendable (Int) -> Void
    ) async throws -> ShardResult {
        let connection = try await database.acquire(.read, settings: .engineDefaults)
        defer { database.release(connection) }
        _ = try await connection.execute(Self.begin, values: [])
        var result = ShardResult()
        let present = try await schema(of: connection, shard, &result)
        for object in snapshot.objects {
            guard let table = object.table else { continue }
            for piece in table.physicalPieces(shardCount: shards.count)
            where piece.shard == shard && present.contains(Topology.key(for: piece.name))
                && (!table.isSplit || present.contains(Topology.key(for: piece.cold.name)))
            {
                try await read(table, piece, connection, &result, progress)
            }
        }
        _ = try await connection.execute(Self.commit, values: [])
        return result
    }

    /// Compares the schema; returns the folded names of the tables that are there.
    private func schema(
        of connection: any ShardConnection, _ shard: ShardIndex, _ result: inout ShardResult
    ) async throws -> Set<String> {
        let expected = PhysicalSchema(snapshot, dialect: dialect).objects(on: shard)
        let hidden = Set(try await connection.allRows(Self.shadows).map { $0[0] })
        let name = snapshot.topology.shards[shard]
        var found: Set<String> = []
        for row in try await connection.allRows(Self.master) where !hidden.contains(row[1]) {
            guard case .text(let type) = row[0], case .text(let physical) = row[1], case .text(let sql) = row[2] else {
                continue
            }
            let key = "\(type) \(Topology.key(for: physical))"
            guard let object = expected[key] else {
                result.findings.append(
                    .init(
                        kind: .unexpected, shard: name, object: physical,
                        message: "\(name) has a \(type) \(physical) that the catalog does not know"))
                continue
            }
            found.insert(key)
            if PhysicalSchema(snapshot, dialect: dialect).normalized(sql, object) != object.text {
                result.findings.append(
                    .init(
                        kind: .different, shard: name, object: object.logicalName,
                        message: "the \(type) \(object.logicalName) on \(name) is not defined as in the catalog"))
            }
        }
        for (key, object) in expected.sorted(by: { $0.key < $1.key }) where !found.contains(key) {
            let type = key.prefix { $0 != " " }
            result.findings.append(
                .init(
                    kind: .missing, shard: name, object: object.logicalName,
                    message: "the \(type) \(object.logicalName) is missing on \(name)"))
        }
        return Set(found.filter { $0.hasPrefix("table ") }.map { String($0.dropFirst(6)) })
    }

    // MARK: Rows

    /// Each row of a split table is in both parts.
    private func compareParts(
        _ table: LogicalTable, _ piece: LogicalTable.PhysicalPiece, _ connection: any ShardConnection,
        _ result: inout ShardResult
    ) async throws {
        let match = table.schema.primaryKey.map { Identifier.quoted(table.schema.columns[$0].name) }
            .map { "a.\($0) = b.\($0)" }.joined(separator: " AND ")
        let shard = snapshot.topology.shards[piece.shard]
        for (part, one, other) in [("hot", piece.name, piece.cold.name), ("cold", piece.cold.name, piece.name)] {
            let sql =
                "SELECT count(*) FROM \(Identifier.quoted(one)) AS a WHERE NOT EXISTS "
                + "(SELECT 1 FROM \(Identifier.quoted(other)) AS b WHERE \(match))"
            guard case .integer(let count)? = try await connection.allRows(ShardStatement(sql)).first?[0], count > 0
            else { continue }
            let name = table.schema.name
            result.findings.append(
                .init(
                    kind: .partsDiffer, shard: shard, object: name,
                    message: "\(count) rows of \(name) on \(shard) are in its \(part) part only", rows: count))
        }
    }

    private func read(
        _ table: LogicalTable, _ piece: LogicalTable.PhysicalPiece, _ connection: any ShardConnection,
        _ result: inout ShardResult, _ progress: @Sendable (Int) -> Void
    ) async throws {
        let name = table.schema.name
        let from = "FROM \(Identifier.quoted(piece.name))"
        var rows: Int64 = 0
        var misplaced: Int64 = 0
        var checksum: UInt64 = 0
        func each(_ sql: String, _ body: (RowBatch, Int) -> Void) async throws {
            let start = try await connection.query(ShardStatement(sql), values: [], rowLimit: 1024)
            defer { start.cursor?.close() }
            var batch = start.batch
            while !batch.isEmpty {
                for row in 0..<batch.rowCount { body(batch, row) }
                rows += Int64(batch.rowCount)
                progress(batch.rowCount)
                guard let cursor = start.cursor else { return }
                batch = try await cursor.next(batch)
            }
        }
        switch table.placement {
        case .broadcast: try await each("SELECT * \(from)") { checksum &+= $0.checksum(row: $1) }
        case .sharded(let sharding) where !sharding.keyColumns.isEmpty && sharding.partitions.count > 1:
            let keys = sharding.keyColumns.map { Identifier.quoted(table.schema.columns[$0].name) }
            try await each("SELECT \(keys.joined(separator: ", ")) \(from)") { batch, row in
                let home = try? sharding.partition(of: batch.row(row))
                if home != piece.partition { misplaced += 1 }
            }
        case .sharded, .single:
            if case .integer(let count) = try await connection.allRows(ShardStatement("SELECT count(*) \(from)"))
                .first?[0]
            {
                rows = count
            }
        }
        if table.isSplit { try await compareParts(table, piece, connection, &result) }
        result.counts[name, default: 0] += rows
        result.checksums[name, default: 0] &+= checksum
        if misplaced > 0 {
            let shard = snapshot.topology.shards[piece.shard]
            result.findings.append(
                .init(
                    kind: .misplacedRows, shard: shard, object: name,
                    message: "\(misplaced) rows of \(name) on \(shard) belong into other partitions by their shard key",
                    rows: misplaced))
        }
    }
}

extension RowBatch {
    /// A hash of one row (FNV-1a, 64 bits) by kinds and bytes.
    fileprivate func checksum(row: Int) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func mix(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        func mix(word: UInt64) {
            for shift in stride(from: 0, to: 64, by: 8) { mix(UInt8(truncatingIfNeeded: word >> UInt64(shift))) }
        }
        for column in 0..<columnCount {
            let cell = self[row, column]
            mix(cell.kind.rawValue)
            switch cell.kind {
            case .null: break
            case .integer: mix(word: UInt64(bitPattern: cell.integerValue))
            case .real: mix(word: cell.realValue.bitPattern)
            case .text, .blob:
                withBytes(of: cell) { bytes in
                    mix(word: UInt64(bytes.count))
                    for byte in bytes { mix(byte) }
                }
            }
        }
        return hash
    }
}
