#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import ShardBackend
import ShardBase
import ShardPostgres
import ShardSQL

/// Into PostgreSQL shards. A dump is run in a database of its own beside the coordinator first, which is dropped afterwards: so
/// tables are made with the keys that a dump adds to them behind their rows, in one form whatever wrote the dump.
extension DatabaseImport {
    func importIntoServers(_ path: String) async throws -> ImportReport {
        // A URL, or libpq's keywords.
        if ["postgresql://", "postgres://", "host=", "dbname=", "service="].contains(where: path.hasPrefix) {
            return try await withSource(at: path, database: nil) { try await copy($0) }
        }
        switch try ImportSource.kind(of: path) {
        case .csv: return try await importCSVIntoServers(path)
        case .database:
            throw ShardError(
                .statementNotModelled, "an SQLite database is not imported into PostgreSQL shards",
                hint: "Import a PostgreSQL database (its URL), a dump of pg_dump, or CSV files.")
        case .dump: return try await importDump(path)
        }
    }

    // MARK: Dumps

    private func importDump(_ path: String) async throws -> ImportReport {
        guard let coordinator = database.parts.coordinator else {
            throw ShardError(.internalError, "a database over servers has no coordinator")
        }
        let scratch = "shardkit_import_" + UUID().uuidString.lowercased().prefix(8)
        let owner = try await coordinator.acquire(.write, settings: .engineDefaults)
        defer { coordinator.release(owner) }
        do {
            try await owner.executeScript("CREATE DATABASE \(scratch) TEMPLATE template0")
        } catch let error as ShardError {
            throw ShardError(
                .configuration, "the dump needs a database of its own beside the coordinator: \(error.message)",
                hint:
                    "Give the role CREATEDB, or run the dump with psql somewhere and import that database by its URL.",
                engineCode: error.engineCode)
        }
        let outcome: Result<ImportReport, any Error>
        do {
            let location = database.configuration.coordinator ?? database.configuration.shards[0].path
            outcome = .success(
                try await withSource(at: location, database: scratch) { source in
                    try await run(path, in: source)
                    return try await copy(source)
                })
        } catch {
            outcome = .failure(error)
        }
        // Whatever came: also when the import was cancelled.
        await Task { _ = try? await owner.executeScript("DROP DATABASE IF EXISTS \(scratch) WITH (FORCE)") }.value
        return try outcome.get()
    }

    private func withSource(
        at location: String, database name: String?, _ body: (ServerSource) async throws -> ImportReport
    ) async throws -> ImportReport {
        let opened = try await database.configuration.coordinatorBackend(database: name).open(
            shard: "import", at: location, creating: false)
        let report: Result<ImportReport, any Error>
        do {
            let connection = try await opened.acquire(.write, settings: .engineDefaults)
            defer { opened.release(connection) }
            guard let server = connection as? any ServerConnection else {
                throw ShardError(.internalError, "the source is no database server")
            }
            report = .success(try await body(ServerSource(connection: server)))
        } catch {
            report = .failure(error)
        }
        await opened.close()
        return try report.get()
    }

    /// Runs a dump; what is about databases, roles and owners is nobody's here.
    private func run(_ path: String, in source: ServerSource) async throws {
        let file = URL(filePath: path).lastPathComponent
        var dump = try ServerDump(try FileChunks(path), name: file)
        var count: Int64 = 0
        while let piece = try dump.next() {
            guard case .statement(let text) = piece else { continue }
            let line = dump.statementLine
            let words = text.uppercased().split(whereSeparator: { $0.isWhitespace || $0 == ";" }).map(String.init)
            do {
                if Self.isFromStandardInput(words) {
                    try await copyRows(of: text, &dump, source)
                } else if !Self.isForeign(words) {
                    try await source.connection.executeScript(text)
                }
            } catch var error as ShardError {
                // A setting that this server does not have is another version's.
                if words.first == "SET", error.engineCode == "42704" { continue }
                error.message = "\(file), line \(line): \(error.message)"
                throw error
            }
            count += 1
            if count % 1_000 == 0 {
                progress(
                    ImportProgress(
                        table: "reading", rows: count, total: nil, fraction: dump.fraction, unit: .statements))
            }
        }
        try await source.connection.executeScript("RESET ALL")
    }

    private static func isFromStandardInput(_ words: [String]) -> Bool {
        guard words.first == "COPY", let from = words.lastIndex(of: "FROM"), words.indices.contains(from + 1) else {
            return false
        }
        return words[from + 1] == "STDIN"
    }

    private static func isForeign(_ words: [String]) -> Bool {
        let text = words.joined(separator: " ")
        return ["CREATE DATABASE", "DROP DATABASE", "ALTER DATABASE", "GRANT ", "REVOKE ", "ALTER DEFAULT PRIVILEGES"]
            .contains(where: text.hasPrefix)
            || text.hasPrefix("ALTER ") && words.dropLast().suffix(2).elementsEqual(["OWNER", "TO"])
            || text.hasPrefix("COMMENT ON EXTENSION") || text.hasPrefix("COMMENT ON SCHEMA")
            || ["CREATE", "ALTER", "COMMENT ON"].contains {
                text.hasPrefix($0) && text.contains(" PROCEDURAL LANGUAGE PLPGSQL")
            }
            || text.hasPrefix("CREATE SCHEMA PUBLIC")
    }

    private func copyRows(of statement: String, _ dump: inout ServerDump, _ source: ServerSource) async throws {
        var table = statement.dropFirst("COPY".count)
        guard let from = table.matches(of: /(?i)\bfrom\b/).last?.range else { return }
        let options = table[from.upperBound...].uppercased().split(whereSeparator: { $0.isWhitespace || $0 == ";" })
        guard options == ["STDIN"] else {
            throw ShardError(.input, "rows of COPY in another form than its text form")
        }
        table = table[..<from.lowerBound]
        // Pieces are as large as they come; the server takes them one COPY each.
        while let piece = try dump.next(), case .lines(let lines) = piece {
            if !lines.isEmpty { _ = try await source.connection.copy(lines: lines, into: String(table)) }
        }
    }

    // MARK: A whole database

    private func copy(_ source: ServerSource) async throws -> ImportReport {
        var report = ImportReport()
        let session = database.makeSession()
        do {
            // One moment of the source.
            try await source.connection.executeScript("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try await copy(source, session, &report)
            try await source.connection.executeScript("COMMIT")
        } catch {
            await session.close()
            throw error
        }
        await session.close()
        return report
    }

    private func copy(
        _ source: ServerSource, _ session: DatabaseSession, _ report: inout ImportReport
    ) async throws {
        await make(try await source.types(), .type, session, &report)
        await make(try await source.functions(), .function, session, &report)
        await make(try await source.sequences(), .sequence, session, &report)
        let tables = try await source.tables().map { table in
            (
                table: table, name: table.name.lowercased(),
                after: try colocated(options.clause(for: table.name), table: table.name)
            )
        }
        var done: Set<String> = []
        for table in Self.ordered(tables) {
            let outcome = await outcome { try await copy(table, source, session) }
            if outcome.error == nil { done.insert(table.name) }
            report.add(.table, table.name, outcome)
            for part in table.parts {
                report.add(
                    .table, part,
                    .leftOut(
                        ShardError(
                            .statementNotModelled, "a part of \(table.name), which has its rows now",
                            hint: "Nothing is lost: spread \(table.name) by a sharding clause instead.")))
            }
        }
        for (object, table) in try await source.foreignKeys() where done.contains(table) {
            await make([object], .foreignKey, session, &report)
        }
        await make(try await source.indexes(), .index, session, &report)
        await make(try await source.views(), .view, session, &report)
        await make(try await source.triggers(), .trigger, session, &report)
        for state in try await source.sequenceStates() {
            // Of a table that is not there it is not there either.
            guard let sql = state.sql else { continue }
            let outcome = await outcome {
                _ = try await session.query(SQLText(sql)).all()
                return 0
            }
            guard let error = outcome.error, error.engineCode != "42P01" else { continue }
            report.add(.sequence, state.name, outcome)
        }
        for object in try await source.elsewhere() { await make([object], .table, session, &report) }
    }

    private func make(
        _ objects: [ServerSource.Object], _ kind: ImportReport.Kind, _ session: DatabaseSession,
        _ report: inout ImportReport
    ) async {
        for object in objects {
            let outcome = await outcome {
                guard let sql = object.sql else {
                    throw ShardError(.statementNotModelled, object.reason ?? "it is not brought over")
                }
                try await session.execute(SQLText(sql))
                return 0
            }
            report.add(kind, object.name, outcome)
        }
    }

    private func copy(
        _ table: ServerSource.Table, _ source: ServerSource, _ session: DatabaseSession
    ) async throws -> Int64 {
        let clause = options.clause(for: table.name).map { "\n" + Self.clauseText($0) } ?? ""
        try await session.execute(SQLText(table.sql + clause))
        do {
            let name = "public." + SQLName.quoted(table.name)
            let total = Int64(try await source.texts("SELECT count(*) FROM \(name)").first?.first ?? "")
            let list = table.columns.map(SQLName.quoted).joined(separator: ", ")
            var done: Int64 = 0
            return try await session.session.load(into: table.name, columns: table.columns) { send in
                try await source.connection.copyLines(of: "SELECT \(list) FROM \(name)") { lines in
                    try await send(lines)
                    done += Int64(lines.count { $0 == 0x0A })
                    progress(ImportProgress(table: table.name, rows: done, total: total))
                }
            }
        } catch {
            await discard(table.name, session)
            throw error
        }
    }
}
