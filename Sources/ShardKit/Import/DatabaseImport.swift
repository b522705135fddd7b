import ShardBase
import ShardExecutor
import ShardSQL
import ShardValues

/// Brings an existing database, a dump or a CSV file into the shards: schema, rows, indexes, views and triggers.
///
/// Everything goes through the normal path, so that what an import accepts is exactly what statements accept. What
/// cannot be brought over is reported with its code and reason, and the rest goes on.
public struct DatabaseImport {
    let database: ShardedDatabase
    let options: ImportOptions
    let progress: (ImportProgress) -> Void

    /// - Parameter progress: called after each batch of rows.
    public init(
        into database: ShardedDatabase, options: ImportOptions = ImportOptions(),
        progress: @escaping (ImportProgress) -> Void = { _ in }
    ) {
        self.database = database
        self.options = options
        self.progress = progress
    }

    /// Imports a file: an SQLite database (opened for reading only), SQL text as `.dump` writes it, or CSV (`.csv`,
    /// `.tsv`) with a header line. Into PostgreSQL shards: a PostgreSQL database by its URL, a dump as pg_dump and psql write it, or
    /// CSV.
    ///
    /// - Throws: ``ShardBase/ShardError`` when the file cannot be read at all; what is wrong with single objects is in the
    ///   report.
    public func run(_ path: String) async throws -> ImportReport {
        if database.configuration.engine == .postgresql { return try await importIntoServers(path) }
        switch try ImportSource.kind(of: path) {
        case .csv: return try await importCSV(path)
        case .database:
            let engine = try database.logical.environment.openPrivate()
            return try await run(try await ImportSource.database(path, engine: engine))
        case .dump:
            let engine = try database.logical.environment.openPrivate()
            return try await run(try await ImportSource.dump(path, engine: engine, progress))
        }
    }

    // MARK: A whole database

    private struct SourceTable {
        var name: String
        var sql: String
        var clause: String?
    }

    private func run(_ source: ImportSource) async throws -> ImportReport {
        var report = ImportReport()
        let session = database.makeSession()
        do {
            for table in try await tables(source, &report) {
                report.add(.table, table.name, await outcome { try await copy(table, source, session) })
            }
            for (kind, type) in [(ImportReport.Kind.index, "index"), (.view, "view"), (.trigger, "trigger")] {
                let objects = try await source.rows(
                    "SELECT name, sql FROM \(source.schema).sqlite_master WHERE type = ?1 AND sql IS NOT NULL ORDER BY rowid",
                    [.text(type)])
                for object in objects {
                    guard case .text(let name) = object[0], case .text(let sql) = object[1] else { continue }
                    report.add(
                        kind, name,
                        await outcome {
                            try await session.execute(SQLText(sql))
                            return 0
                        })
                }
            }
            try await carrySequences(source, session, &report)
        } catch {
            await session.close()
            throw error
        }
        await session.close()
        return report
    }

    /// The tables in an order in which they can be made: those that others are colocated with come first.
    private func tables(_ source: ImportSource, _ report: inout ImportReport) async throws -> [SourceTable] {
        let rows = try await source.rows(
            """
            SELECT m.name, m.sql, l.type FROM \(source.schema).sqlite_master AS m
            JOIN pragma_table_list AS l ON l.name = m.name AND l.schema = ?1
            WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.rowid
            """, [.text(source.schema)])
        var waiting: [(table: SourceTable, after: String?)] = []
        for row in rows {
            guard case .text(let name) = row[0], case .text(let sql) = row[1] else { continue }
            if row[2] == "shadow" { continue }
            if row[2] == "virtual" {
                report.add(
                    .table, name,
                    .leftOut(
                        ShardError(
                            .statementNotModelled, "virtual tables are not imported",
                            hint: "Make it with CREATE VIRTUAL TABLE … and fill it from its source.")))
                continue
            }
            let clause = options.clause(for: name)
            waiting.append((SourceTable(name: name, sql: sql, clause: clause), try colocated(clause, table: name)))
        }
        return Self.ordered(waiting.map { ($0.table, $0.table.name.lowercased(), $0.after) })
    }

    /// Those that others are colocated with come first; else in the order given.
    static func ordered<Table>(_ tables: [(table: Table, name: String, after: String?)]) -> [Table] {
        var waiting = tables
        var ordered: [Table] = []
        var placed: Set<String> = []
        while !waiting.isEmpty {
            let names = Set(waiting.map(\.name))
            let next = waiting.firstIndex { entry in
                entry.after.map { placed.contains($0) || !names.contains($0) } ?? true
            }
            // A circle is no order; making the tables will say so.
            let entry = waiting.remove(at: next ?? 0)
            placed.insert(entry.name)
            ordered.append(entry.table)
        }
        return ordered
    }

    func colocated(_ clause: String?, table: String) throws(ShardError) -> String? {
        guard let clause else { return nil }
        do throws(SQLSyntaxError) {
            switch try Parser.parseShardingClause(clause).kind {
            case .sharded(let sharded): return sharded.colocateWith?.name.text.lowercased()
            case .broadcast, .single, .byDefault: return nil
            }
        } catch {
            throw ShardError(
                .configuration, "\"\(clause)\" for table \(table) is not a sharding clause: \(error.message)")
        }
    }

    private func copy(
        _ table: SourceTable, _ source: ImportSource, _ session: DatabaseSession
    ) async throws -> Int64 {
        // The clause stands on a line of its own, since the text may end with a comment.
        try await session.execute(SQLText(table.sql + (table.clause.map { "\n" + Self.clauseText($0) } ?? "")))
        do {
            let name = SQLName.quoted(table.name)
            let columns = try await source.rows(
                "SELECT name FROM pragma_table_xinfo(?1, ?2) WHERE hidden = 0 ORDER BY cid",
                [.text(table.name), .text(source.schema)]
            ).compactMap { row -> String? in
                guard case .text(let name) = row[0] else { return nil }
                return name
            }
            var total: Int64?
            if case .integer(let count) = try await source.rows("SELECT count(*) FROM \(source.schema).\(name)").first?
                .first
            {
                total = count
            }
            var done: Int64 = 0
            var loader = try await RowLoader(
                session: session, table: table.name, columns: columns, rowsPerTransaction: options.rowsPerTransaction)
            let list = columns.map(SQLName.quoted).joined(separator: ", ")
            try await source.forEachBatch("SELECT \(list) FROM \(source.schema).\(name)") { batch in
                try await loader.add(batch)
                done += Int64(batch.rowCount)
                progress(ImportProgress(table: table.name, rows: done, total: total))
            }
            try await loader.finish()
            return loader.loaded
        } catch {
            await discard(table.name, session)
            throw error
        }
    }

    /// A table that failed half-way goes again, also when the import was cancelled: a task of its own does it.
    func discard(_ table: String, _ session: DatabaseSession) async {
        await Task {
            if session.isInTransaction { _ = try? await session.execute("ROLLBACK") }
            _ = try? await session.execute("DROP TABLE \(raw: SQLName.quoted(table))")
        }.value
    }

    /// `HASH (id)` stands in a configuration as it is; behind a CREATE TABLE it is `SHARD BY HASH (id)`.
    static func clauseText(_ clause: String) -> String {
        let first = clause.drop { $0.isWhitespace }.prefix { $0.isLetter }.uppercased()
        return ["SHARD", "BROADCAST", "SINGLE", "COLD"].contains(first) ? clause : "SHARD BY " + clause
    }

    /// AUTOINCREMENT counters go on from where they stood: rows that were deleted in the source keep their numbers.
    private func carrySequences(
        _ source: ImportSource, _ session: DatabaseSession, _ report: inout ImportReport
    ) async throws {
        let has = try await source.rows(
            "SELECT 1 FROM \(source.schema).sqlite_master WHERE name = 'sqlite_sequence'")
        guard !has.isEmpty else { return }
        for row in try await source.rows("SELECT name, seq FROM \(source.schema).sqlite_sequence") {
            guard case .text(let name) = row[0], case .integer(let sequence) = row[1],
                report.objects.contains(where: { $0.kind == .table && $0.name == name && $0.outcome.error == nil })
            else { continue }
            report.add(
                .sequence, name,
                await outcome {
                    try await session.session.raiseAutoIncrement(of: name, to: sequence)
                    return 0
                })
        }
    }

    /// Does a piece of the import. Once the task is cancelled the rest is left out.
    func outcome(_ work: () async throws -> Int64) async -> ImportReport.Outcome {
        if Task.isCancelled { return .leftOut(.interrupted) }
        do {
            return .imported(rows: try await work())
        } catch let part as PartialImport {
            return .partial(rows: part.rows, Self.shardError(part.cause))
        } catch {
            return .leftOut(Self.shardError(error))
        }
    }

    private static func shardError(_ error: any Error) -> ShardError {
        if error is CancellationError { return .interrupted }
        return error as? ShardError ?? ShardError(.internalError, "\(error)")
    }
}
