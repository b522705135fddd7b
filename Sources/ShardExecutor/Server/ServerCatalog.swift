import ShardBackend
import ShardBase
import ShardPlanner
import ShardTopology
import ShardValues

/// What is asked of a PostgreSQL server's own catalogs.
enum ServerCatalog {
    static let typeName = ShardStatement("SELECT format_type($1::oid, $2::int4)")

    /// 1: texts are ordered by their bytes unless a column says otherwise.
    static let collation = ShardStatement(
        """
        SELECT (datcollate IN ('C', 'POSIX') AND datlocprovider = 'c')::int FROM pg_catalog.pg_database
        WHERE datname = current_database()
        """)

    private static let functionList = ShardStatement(
        """
        SELECT proname::text, max(CASE provolatile WHEN 'i' THEN 0 WHEN 's' THEN 1 ELSE 2 END), bool_or(prokind = 'a')::int
        FROM pg_catalog.pg_proc WHERE pronamespace IN ('pg_catalog'::regnamespace, 'public'::regnamespace) GROUP BY proname
        """)

    /// Those in `public` that no extension brought, with the least harmless of what an aggregate calls.
    private static let ownFunctions = ShardStatement(
        """
        SELECT p.oid::regprocedure::text, p.proname::text, p.prokind::text,
          CASE greatest(p.provolatile, t.provolatile, f.provolatile, c.provolatile)
            WHEN 'v' THEN 2 WHEN 's' THEN 1 ELSE 0 END,
          CASE WHEN p.prokind = 'a' THEN '' ELSE p.prosrc END, (p.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype))::int,
          EXISTS (SELECT FROM pg_catalog.pg_proc o WHERE o.proname = p.proname AND o.pronamespace = 'pg_catalog'::regnamespace)::int
        FROM pg_catalog.pg_proc p LEFT JOIN pg_catalog.pg_aggregate a ON a.aggfnoid = p.oid
        LEFT JOIN pg_catalog.pg_proc t ON t.oid = a.aggtransfn LEFT JOIN pg_catalog.pg_proc f ON f.oid = a.aggfinalfn
        LEFT JOIN pg_catalog.pg_proc c ON c.oid = a.aggcombinefn
        WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
        """)

    static func functions(_ connection: any ServerConnection) async throws -> ServerFunctions {
        var volatilities: [String: ServerFunctions.Volatility] = [:]
        var aggregates: Set<String> = []
        for row in try await connection.allRows(functionList) {
            guard case .text(let name) = row[0], case .integer(let number) = row[1],
                let volatility = ServerFunctions.Volatility(rawValue: Int(number))
            else { throw unknownShape }
            volatilities[name] = volatility
            if row[2] == .integer(1) { aggregates.insert(name) }
        }
        return ServerFunctions(volatility: volatilities, aggregates: aggregates)
    }

    static var unknownShape: ShardError { ShardError(.internalError, "the server's catalogs have an unknown shape") }

    // MARK: The schema

    private static let columns = ShardStatement(
        """
        SELECT c.relname::text, a.attname::text, a.attnum::int, format_type(a.atttypid, a.atttypmod),
          a.attnotnull::int, (a.attgenerated <> '')::int, (a.attidentity <> '')::int,
          CASE WHEN a.attidentity <> ''
            THEN 'nextval(' || quote_literal(pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname)) || ')'
            ELSE pg_get_expr(d.adbin, d.adrelid) END,
          CASE WHEN a.attcollation IN (0, 100) THEN NULL ELSE l.collname::text END
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname NOT LIKE '\\_shardkit%'
        ORDER BY c.relname, a.attnum
        """)
    private static let emptyTables = ShardStatement(
        """
        SELECT c.relname::text FROM pg_catalog.pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname NOT LIKE '\\_shardkit%'
        """)
    private static let uniques = ShardStatement(
        """
        SELECT c.relname::text, i.indisprimary::int, i.indnkeyatts::int, i.indkey::text
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
        WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE '\\_shardkit%'
        ORDER BY i.indexrelid
        """)
    private static let indexes = ShardStatement(
        """
        SELECT x.relname::text, c.relname::text
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
        JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE '\\_shardkit%' AND NOT EXISTS (
          SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
        """)
    private static let others = ShardStatement(
        """
        SELECT c.relname::text FROM pg_catalog.pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind NOT IN ('r', 'p', 'v')
        """)
    private static let views = ShardStatement(
        """
        SELECT c.relname::text, pg_get_viewdef(c.oid), array_to_string(c.reloptions, ', ') FROM pg_catalog.pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v'
        """)

    /// The schema `public` as the connection sees it, its open transaction included.
    static func schema(_ connection: any ServerConnection) async throws -> ServerSchema {
        var result = ServerSchema(tables: [:], views: [:], indexes: [:])
        var ordinals: [String: [Int64: Int]] = [:]
        for row in try await connection.allRows(emptyTables) {
            guard case .text(let table) = row[0] else { throw unknownShape }
            result.tables[table] = ServerSchema.Table(schema: TableSchema(name: table, columns: []), uniques: [])
        }
        for row in try await connection.allRows(columns) {
            guard case .text(let table) = row[0], case .text(let name) = row[1], case .integer(let number) = row[2],
                case .text(let type) = row[3]
            else { throw unknownShape }
            let family = ServerKeyFamily(declaredType: type)
            var column = TableSchema.Column(
                name: name, declaredType: type, affinity: family?.keyAffinity.affinity ?? .blob,
                isNotNull: row[4] == .integer(1), isGenerated: row[5] == .integer(1))
            if row[6] == .integer(1) { column.generator = "identity" }
            if case .text(let expression) = row[7], !column.isGenerated { column.defaultSQL = expression }
            if case .text(let collation) = row[8] { column.collation = .custom(collation) }
            ordinals[table, default: [:]][number] = result.tables[table]?.schema.columns.count ?? 0
            result.tables[table]?.schema.columns.append(column)
        }
        for row in try await connection.allRows(uniques) {
            guard case .text(let table) = row[0], case .integer(let count) = row[2], case .text(let keys) = row[3]
            else {
                throw unknownShape
            }
            let unique = keys.split(separator: " ").prefix(Int(count)).compactMap { Int64($0) }
                .compactMap { ordinals[table]?[$0] }
            result.tables[table]?.uniques.append(unique)
            if row[1] == .integer(1) {
                result.tables[table]?.schema.primaryKey = unique
            } else {
                result.tables[table]?.schema.uniqueKeys.append(unique)
            }
        }
        for row in try await connection.allRows(indexes) {
            guard case .text(let name) = row[0], case .text(let table) = row[1] else { throw unknownShape }
            result.indexes[name] = table
        }
        for row in try await connection.allRows(others) {
            if case .text(let name) = row[0] { result.others.insert(name) }
        }
        for row in try await connection.allRows(views) {
            guard case .text(let name) = row[0], case .text(let query) = row[1] else { throw unknownShape }
            result.views[name] = query
            if case .text(let options) = row[2], !options.isEmpty { result.viewOptions[name] = options }
        }
        for row in try await connection.allRows(ownFunctions) {
            guard case .text(let signature) = row[0], case .text(let kind) = row[2],
                case .integer(let volatility) = row[3], case .text(let body) = row[4]
            else { throw unknownShape }
            result.functions.append(
                ServerSchema.Function(
                    signature: signature, isAggregateOrPlain: kind == "a" || kind == "f",
                    isImmutable: volatility == 0, body: body, isForTriggers: row[5] == .integer(1),
                    hidesOwn: row[6] == .integer(1)))
        }
        return result
    }
}
