import ShardBackend
import ShardBase
import ShardPostgres
import ShardSQL
import ShardValues

/// A PostgreSQL database whose schema `public` is read: definitions in the server's own words, and rows.
struct ServerSource {
    let connection: any ServerConnection

    /// Something that is made by one statement.
    struct Object {
        var name: String
        /// The statement that makes it; nil: it cannot be brought over.
        var sql: String?
        /// Why not.
        var reason: String?
    }

    struct Table {
        var name: String
        /// Its names as in an INSERT, without generated columns.
        var columns: [String]
        /// CREATE TABLE with all its constraints but foreign keys.
        var sql: String
        /// Tables that inherit from it or are its partitions: their rows are among its own.
        var parts: [String]
    }

    /// All rows of a small query; NULL is empty.
    func texts(_ sql: String) async throws -> [[String]] {
        let start = try await connection.query(ShardStatement(sql), values: [], rowLimit: 1_024)
        var batches = [start.batch]
        while let cursor = start.cursor {
            let batch = try await cursor.next(RowBatch(columnCount: start.batch.columnCount))
            if batch.isEmpty { break }
            batches.append(batch)
        }
        return batches.flatMap { batch in
            (0..<batch.rowCount).map { row in
                batch.row(row).map { value in
                    switch value {
                    case .text(let text): text
                    case .integer(let integer): "\(integer)"
                    case .null, .real, .blob, .malformedText: ""
                    }
                }
            }
        }
    }

    private func objects(_ sql: String) async throws -> [Object] {
        try await texts(sql).map { row in
            Object(name: row[0], sql: row[1].isEmpty ? nil : row[1], reason: row[2].isEmpty ? nil : row[2])
        }
    }

    private static let notOfExtension =
        "NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '%'::regclass AND x.objid = o.oid AND x.deptype = 'e')"

    private static func own(_ catalog: String) -> String { notOfExtension.replacing("%", with: catalog) }

    /// What lies in other schemas, which have no place here.
    func elsewhere() async throws -> [Object] {
        try await objects(
            """
            SELECT n.nspname || '.' || o.relname, '', 'schemas other than public have no place in a logical database'
            FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace
            WHERE n.nspname NOT IN ('public', 'pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
              AND o.relkind IN ('r', 'p', 'v', 'm', 'f') AND \(Self.own("pg_class")) ORDER BY o.oid
            """)
    }

    func types() async throws -> [Object] {
        try await objects(
            """
            SELECT o.typname::text, CASE o.typtype
              WHEN 'e' THEN 'CREATE TYPE ' || quote_ident(o.typname) || ' AS ENUM (' || (
                SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = o.oid) || ')'
              WHEN 'd' THEN 'CREATE DOMAIN ' || quote_ident(o.typname) || ' AS ' || format_type(o.typbasetype, o.typtypmod)
                || coalesce(' DEFAULT ' || o.typdefault, '') || CASE WHEN o.typnotnull THEN ' NOT NULL' ELSE '' END
                || coalesce((SELECT string_agg(' CONSTRAINT ' || quote_ident(conname) || ' ' || pg_get_constraintdef(oid), '' ORDER BY conname)
                     FROM pg_constraint WHERE contypid = o.oid), '')
              WHEN 'c' THEN 'CREATE TYPE ' || quote_ident(o.typname) || ' AS (' || coalesce((
                SELECT string_agg(quote_ident(attname) || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
                FROM pg_attribute WHERE attrelid = o.typrelid AND attnum > 0 AND NOT attisdropped), '') || ')'
              ELSE '' END,
              CASE WHEN o.typtype IN ('e', 'd', 'c') THEN '' ELSE 'range and base types are not brought over' END
            FROM pg_type o LEFT JOIN pg_class c ON c.oid = o.typrelid
            WHERE o.typnamespace = 'public'::regnamespace AND \(Self.own("pg_type"))
              AND (o.typtype IN ('e', 'd', 'r') OR o.typtype = 'c' AND c.relkind = 'c') ORDER BY o.oid
            """)
    }

    func functions() async throws -> [Object] {
        try await objects(
            """
            SELECT o.oid::regprocedure::text, CASE
              WHEN o.prokind = 'f' THEN pg_get_functiondef(o.oid)
              WHEN o.prokind = 'a' AND a.aggkind = 'n' THEN 'CREATE AGGREGATE ' || quote_ident(o.proname) || '('
                || pg_get_function_identity_arguments(o.oid) || ') (SFUNC = ' || a.aggtransfn || ', STYPE = ' || format_type(a.aggtranstype, NULL)
                || CASE WHEN a.aggfinalfn <> 0 THEN ', FINALFUNC = ' || a.aggfinalfn ELSE '' END
                || CASE WHEN a.aggfinalextra THEN ', FINALFUNC_EXTRA' ELSE '' END
                || CASE WHEN a.aggcombinefn <> 0 THEN ', COMBINEFUNC = ' || a.aggcombinefn ELSE '' END
                || coalesce(', INITCOND = ' || quote_literal(a.agginitval), '') || ')'
              ELSE '' END,
              'procedures, window functions and ordered-set aggregates are not brought over'
            FROM pg_proc o LEFT JOIN pg_aggregate a ON a.aggfnoid = o.oid
            WHERE o.pronamespace = 'public'::regnamespace AND \(Self.own("pg_proc")) ORDER BY o.prokind = 'a', o.oid
            """)
    }

    /// But those of identity columns, which come with their tables.
    func sequences() async throws -> [Object] {
        try await objects(
            """
            SELECT o.relname::text, 'CREATE SEQUENCE ' || quote_ident(o.relname) || ' AS ' || format_type(s.seqtypid, NULL)
              || ' INCREMENT ' || s.seqincrement || ' MINVALUE ' || s.seqmin || ' MAXVALUE ' || s.seqmax
              || ' START ' || s.seqstart || ' CACHE ' || s.seqcache || CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END, ''
            FROM pg_class o JOIN pg_sequence s ON s.seqrelid = o.oid
            WHERE o.relnamespace = 'public'::regnamespace AND \(Self.own("pg_class"))
              AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = o.oid AND d.deptype = 'i')
            ORDER BY o.oid
            """)
    }

    /// Where the sequences stand: a SELECT of setval for each, with the table and column of those that belong to one.
    func sequenceStates() async throws -> [Object] {
        var result: [Object] = []
        let rows = try await texts(
            """
            SELECT o.relname::text, quote_ident(o.relname), coalesce(c.relname::text, ''), coalesce(a.attname::text, '')
            FROM pg_class o
            LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = o.oid AND d.deptype = 'i' AND d.refobjsubid > 0
            LEFT JOIN pg_class c ON c.oid = d.refobjid LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
            WHERE o.relnamespace = 'public'::regnamespace AND o.relkind = 'S' AND \(Self.own("pg_class")) ORDER BY o.oid
            """)
        for row in rows {
            let state = try await texts(
                "SELECT last_value, CASE WHEN is_called THEN 'true' ELSE 'false' END FROM public.\(row[1])")
            guard let now = state.first else { continue }
            let name =
                row[2].isEmpty
                ? Self.literal("public." + row[1])
                : "pg_get_serial_sequence(\(Self.literal("public." + SQLName.quoted(row[2]))), \(Self.literal(row[3])))"
            result.append(Object(name: row[0], sql: "SELECT setval(\(name), \(now[0]), \(now[1]))"))
        }
        return result
    }

    func tables() async throws -> [Table] {
        let names = try await texts(
            """
            SELECT o.relname::text, coalesce(obj.parts, '') FROM pg_class o LEFT JOIN LATERAL (
              WITH RECURSIVE below AS (
                SELECT inhrelid FROM pg_inherits WHERE inhparent = o.oid
                UNION SELECT i.inhrelid FROM pg_inherits i JOIN below b ON i.inhparent = b.inhrelid)
              SELECT string_agg(c.relname, E'\\n' ORDER BY c.oid) AS parts FROM below JOIN pg_class c ON c.oid = below.inhrelid) obj ON true
            WHERE o.relnamespace = 'public'::regnamespace AND o.relkind IN ('r', 'p') AND \(Self.own("pg_class"))
              AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = o.oid) ORDER BY o.oid
            """)
        var tables: [Table] = []
        for row in names {
            let regclass = "\(Self.literal("public." + SQLName.quoted(row[0])))::regclass"
            let columns = try await texts(
                """
                SELECT a.attname::text, quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
                  || CASE WHEN a.attcollation NOT IN (0, t.typcollation) THEN ' COLLATE ' || (
                       SELECT quote_ident(nspname) || '.' || quote_ident(collname) FROM pg_collation k JOIN pg_namespace n ON n.oid = collnamespace
                       WHERE k.oid = a.attcollation) ELSE '' END
                  || CASE WHEN a.attgenerated <> '' THEN ' GENERATED ALWAYS AS (' || pg_get_expr(d.adbin, d.adrelid) || ') STORED'
                     WHEN a.attidentity <> '' THEN ' GENERATED ' || CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END
                       || ' AS IDENTITY (INCREMENT ' || s.seqincrement || ' MINVALUE ' || s.seqmin || ' MAXVALUE ' || s.seqmax
                       || ' START ' || s.seqstart || ' CACHE ' || s.seqcache || CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END || ')'
                     WHEN d.adbin IS NOT NULL THEN ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid) ELSE '' END
                  || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
                  CASE WHEN a.attgenerated <> '' THEN 'g' ELSE '' END
                FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                LEFT JOIN pg_depend p ON p.refclassid = 'pg_class'::regclass AND p.refobjid = a.attrelid AND p.refobjsubid = a.attnum
                  AND p.classid = 'pg_class'::regclass AND p.deptype = 'i' AND a.attidentity <> ''
                LEFT JOIN pg_sequence s ON s.seqrelid = p.objid
                WHERE a.attrelid = \(regclass) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
                """)
            let constraints = try await texts(
                """
                SELECT 'CONSTRAINT ' || quote_ident(conname) || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
                WHERE conrelid = \(regclass) AND contype IN ('p', 'u', 'c', 'x') ORDER BY contype = 'p' DESC, conname
                """)
            let lines = (columns.map { $0[1] } + constraints.map { $0[0] }).joined(separator: ",\n  ")
            tables.append(
                Table(
                    name: row[0], columns: columns.filter { $0[2].isEmpty }.map { $0[0] },
                    sql: "CREATE TABLE \(SQLName.quoted(row[0])) (\n  \(lines)\n)",
                    parts: row[1].split(separator: "\n").map(String.init)))
        }
        return tables
    }

    /// Between tables that are brought over.
    func foreignKeys() async throws -> [(object: Object, table: String)] {
        try await texts(
            """
            SELECT c.relname::text, o.conname::text,
              'ALTER TABLE ' || quote_ident(c.relname) || ' ADD CONSTRAINT ' || quote_ident(o.conname) || ' ' || pg_get_constraintdef(o.oid)
            FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
            WHERE o.connamespace = 'public'::regnamespace AND o.contype = 'f' AND o.conparentid = 0
              AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid) ORDER BY o.oid
            """
        ).map { (Object(name: "\($0[1]) of \($0[0])", sql: $0[2]), $0[0]) }
    }

    func indexes() async throws -> [Object] {
        try await objects(
            """
            SELECT o.relname::text, replace(pg_get_indexdef(o.oid), ' ON ONLY ', ' ON '), '' FROM pg_index i
            JOIN pg_class o ON o.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND \(Self.own("pg_class"))
              AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = o.oid AND contype IN ('p', 'u', 'x'))
              AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid) ORDER BY o.oid
            """)
    }

    func views() async throws -> [Object] {
        try await objects(
            """
            SELECT o.relname::text, CASE o.relkind WHEN 'v' THEN 'CREATE VIEW ' || quote_ident(o.relname)
              || coalesce(' WITH (' || array_to_string(o.reloptions, ', ') || ')', '') || ' AS ' || pg_get_viewdef(o.oid) ELSE '' END,
              'materialized views and foreign tables are not brought over'
            FROM pg_class o WHERE o.relnamespace = 'public'::regnamespace AND o.relkind IN ('v', 'm', 'f') AND \(Self.own("pg_class"))
            ORDER BY o.oid
            """)
    }

    /// Triggers and rules.
    func triggers() async throws -> [Object] {
        try await objects(
            """
            SELECT o.tgname || ' on ' || c.relname, pg_get_triggerdef(o.oid), '' FROM pg_trigger o JOIN pg_class c ON c.oid = o.tgrelid
            WHERE NOT o.tgisinternal AND c.relnamespace = 'public'::regnamespace AND o.tgparentid = 0
            UNION ALL
            SELECT o.rulename || ' on ' || c.relname, '', 'rules are not brought over' FROM pg_rewrite o
            JOIN pg_class c ON c.oid = o.ev_class WHERE c.relnamespace = 'public'::regnamespace AND o.rulename <> '_RETURN'
            """)
    }

    static func literal(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}
