public import ShardBackend
import ShardBase
import ShardSQL
import ShardValues

/// What databases of servers have to be to answer as one, asked before anything is written to them.
public enum ServerFitness {
    /// The name of the database beside the first shard's; made where it is missing, as that one was made.
    public static func coordinatorDatabase(beside first: any ShardDatabase, isNew: Bool) async throws -> String {
        let connection = try await first.acquire(.write, settings: .engineDefaults)
        defer { first.release(connection) }
        let rows = try await connection.allRows(
            ShardStatement(
                """
                SELECT datname || '_shardkit', pg_encoding_to_char(encoding), datcollate, datctype, datlocprovider::text,
                  EXISTS (SELECT FROM pg_catalog.pg_database o WHERE o.datname = d.datname || '_shardkit')::int,
                  to_jsonb(d) ->> 'daticulocale'
                FROM pg_catalog.pg_database d WHERE datname = current_database()
                """))
        guard let row = rows.first, case .text(let name) = row[0], case .text(let encoding) = row[1],
            case .text(let collate) = row[2], case .text(let type) = row[3], case .text(let provider) = row[4]
        else { throw ShardError(.internalError, "the server's catalogs have an unknown shape") }
        if row[5] == .integer(1) { return name }
        guard isNew else {
            throw ShardError(
                .notFound, "the coordinator's database \(name) is missing beside the first shard",
                hint: "Restore it, or name another as coordinator.")
        }
        var text = "CREATE DATABASE \(Identifier(name, quote: .double).quoted) TEMPLATE template0 "
        text += "ENCODING \(literal(encoding)) LC_COLLATE \(literal(collate)) LC_CTYPE \(literal(type))"
        if provider == "i", case .text(let locale) = row[6] {
            text += " LOCALE_PROVIDER icu ICU_LOCALE \(literal(locale))"
        }
        do {
            try await connection.executeScript(text)
        } catch let error as ShardError {
            throw ShardError(
                .configuration,
                "the coordinator's database \(name) cannot be made beside the first shard: \(error.message)",
                hint: "Give the role CREATEDB, or make an empty database and name it: coordinator: postgresql://…",
                engineCode: error.engineCode)
        }
        return name
    }

    /// Texts have to be encoded, ordered and classified alike on all servers, and statements understood alike.
    public static func checkLikeness(_ databases: [any ShardDatabase]) async throws {
        let question = ShardStatement(
            """
            SELECT current_setting('server_version_num')::int / 10000, current_setting('server_encoding'), datcollate, datctype,
              datlocprovider::text, coalesce(to_jsonb(d) ->> 'daticulocale', ''), current_setting('lc_monetary'),
              current_setting('lc_numeric'), current_setting('TimeZone'), current_setting('search_path'),
              current_setting('standard_conforming_strings')
            FROM pg_catalog.pg_database d WHERE datname = current_database()
            """)
        let names = [
            "version", "encoding", "collation", "character type", "collation provider", "ICU locale", "lc_monetary",
            "lc_numeric", "TimeZone", "search_path", "standard_conforming_strings",
        ]
        var first: [Value]?
        for database in databases {
            let connection = try await database.acquire(.read, settings: .engineDefaults)
            defer { database.release(connection) }
            guard let row = try await connection.allRows(question).first else { continue }
            guard row[1] == .text("UTF8") || row[1] == .text("SQL_ASCII") else {
                throw ShardError(
                    .configuration, "the database of \(database.name) is not encoded in UTF8",
                    hint: "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.")
            }
            guard let known = first else {
                first = row
                continue
            }
            for (index, name) in names.enumerated() where known[index] != row[index] {
                throw ShardError(
                    .configuration,
                    "the \(name) of \(database.name) is \(plain(row[index])), that of \(databases[0].name) is \(plain(known[index]))",
                    hint: "One answer needs databases that are alike in it.")
            }
        }
    }

    private static func plain(_ value: Value) -> String {
        switch value {
        case .text(let text): text
        case .integer(let integer): "\(integer)"
        case .null, .real, .blob, .malformedText: "?"
        }
    }

    /// A database that holds tables already is left alone.
    public static func checkEmpty(_ database: any ShardDatabase) async throws {
        let connection = try await database.acquire(.read, settings: .engineDefaults)
        defer { database.release(connection) }
        let rows = try await connection.allRows(
            ShardStatement(
                """
                SELECT c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
                  AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
                ORDER BY c.relname LIMIT 1
                """))
        guard case .text(let table)? = rows.first?.first else { return }
        throw ShardError(
            .alreadyExists, "the database of \(database.name) is not empty: it has \(table)",
            hint: "Choose empty databases; nothing is overwritten.")
    }

    private static func literal(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}
