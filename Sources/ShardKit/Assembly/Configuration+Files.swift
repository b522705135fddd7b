import ShardBase
import ShardCatalog
import ShardExecutor
import ShardPlanner
import ShardSQL
import ShardSQLite
import ShardTopology

extension Configuration {
    var catalogPath: String { directory + "/catalog.sqlite" }

    /// A file's whole path, or a connection string.
    func location(of shard: Shard) -> String {
        switch shard.engine {
        case .sqlite: shard.path.hasPrefix("/") ? shard.path : directory + "/" + shard.path
        case .postgresql: shard.path
        }
    }

    func shard(_ name: String) -> Shard? { shards.first { $0.name.lowercased() == name.lowercased() } }

    var sqlite: SQLiteConfiguration {
        var sqlite = SQLiteConfiguration(busyTimeout: busyTimeout)
        if let readers { sqlite.readers = readers }
        switch synchronous {
        case .off: sqlite.synchronous = .off
        case .normal: sqlite.synchronous = .normal
        case .full: sqlite.synchronous = .full
        case .extra: sqlite.synchronous = .extra
        }
        return sqlite
    }

    var executionLimits: ExecutionLimits {
        var own = ExecutionLimits()
        own.maxOffset = limits.maxOffset
        own.maxStatementBytes = limits.maxStatementBytes
        own.maxGatherBytes = limits.maxGatherBytes
        own.maxMemoryBytes = limits.maxMemoryBytes
        own.planCacheBytes = limits.planCacheBytes
        own.statementTimeout = limits.statementTimeout
        own.busyTimeout = busyTimeout
        return own
    }

    /// The shards of the configuration and of the catalog have to be the same.
    func agree(with known: [CatalogShard]) throws(ShardError) {
        let own = Set(shards.map { $0.name.lowercased() })
        let theirs = Set(known.map { $0.name.lowercased() })
        if let missing = known.first(where: { !own.contains($0.name.lowercased()) }) {
            throw ShardError(
                .configuration, "shard \(missing.name) of the database is not in the configuration",
                hint: "Add it to shards: the database's shards are \(known.map(\.name).joined(separator: ", ")).")
        }
        if let extra = shards.first(where: { !theirs.contains($0.name.lowercased()) }) {
            throw ShardError(
                .configuration, "shard \(extra.name) of the configuration is not one of the database's",
                hint: "The database was made with the shards \(known.map(\.name).joined(separator: ", ")).")
        }
    }

    /// The declarations for plain `CREATE TABLE`, read once.
    func declarations() throws(ShardError) -> Declarations {
        var tables: [String: ShardingDeclaration] = [:]
        for (name, clause) in tableDeclarations { tables[name.lowercased()] = try Self.declaration(clause, name) }
        var patterns: [(pattern: String, declaration: ShardingDeclaration)] = []
        for declaration in patternDeclarations {
            patterns.append(
                (declaration.pattern.lowercased(), try Self.declaration(declaration.clause, declaration.pattern)))
        }
        let fallback = try defaultDeclaration.map { clause throws(ShardError) in
            try Self.declaration(clause, "the default")
        }
        var generators: [String: [String: String]] = [:]
        for (table, columns) in generatedColumns {
            for (column, text) in columns {
                guard let name = GeneratorClause.name(of: text) else {
                    throw ShardError(
                        .configuration, "\"\(text)\" for \(table).\(column) is no generator",
                        hint: "It is SNOWFLAKE, SEGMENT 'tag' or UUIDV7.")
                }
                generators[table.lowercased(), default: [:]][column.lowercased()] = name
            }
        }
        return Declarations(
            tables: tables, patterns: patterns, fallback: fallback ?? .byDefault, generators: generators)
    }

    private static func declaration(_ clause: String, _ table: String) throws(ShardError) -> ShardingDeclaration {
        let parsed: ShardingClause
        do throws(SQLSyntaxError) {
            parsed = try Parser.parseShardingClause(clause)
        } catch {
            throw ShardError(.configuration, "\"\(clause)\" is not a sharding clause: \(error.message)")
        }
        return try DeclarationReader().declaration(parsed, table: table)
    }

    struct Declarations: Sendable {
        var tables: [String: ShardingDeclaration]
        var patterns: [(pattern: String, declaration: ShardingDeclaration)]
        var fallback: ShardingDeclaration
        /// By table and column in lower case.
        var generators: [String: [String: String]]

        func callAsFunction(forTable name: String) -> ShardingDeclaration {
            let folded = name.lowercased()
            return tables[folded] ?? patterns.first { Configuration.matches(folded, $0.pattern) }?.declaration
                ?? fallback
        }
    }
}
