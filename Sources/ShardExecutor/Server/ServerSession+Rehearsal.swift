import ShardBackend
import ShardBase
import ShardPlanner
import ShardTopology
import ShardValues

/// Writes that are rehearsed: the coordinator has all rows of the tables that the statement names as temporary tables of their
/// names, with their defaults, checks and unique indexes, runs the user's text over them, and notes every row that it changes by
/// triggers. The changes are done on the shards in the same order, so that no unique index objects on the way.
///
/// Copies of rows are told apart by nothing, so it does not matter which of them a change takes.
extension ServerSession {
    private struct Change {
        var number: Int64
        /// The row before and after, as its table's type is written; one of them is missing when it came or went.
        var before: String?
        var after: String?
        var places: (before: [(shard: ShardIndex, partition: Int)], after: [(shard: ShardIndex, partition: Int)])
        var setsIdentity: Bool
    }

    /// To be called inside a transaction.
    func rehearse(
        _ rehearsal: ServerRehearsalPlan, _ values: [Value], _ plan: Plan, _ types: [UInt32], _ schema: LogicalSchema
    ) async throws -> Answer {
        guard let transaction else { throw ShardError(.internalError, "a write was rehearsed outside a transaction") }
        let connection = try await transaction.coordinatorConnection()
        try await lock(rehearsal, transaction, schema)
        // What is prepared has found the tables of the logical schema.
        connection.forgetStatements()
        try await connection.executeScript("SAVEPOINT _shardkit_rehearsal")
        try await stage(rehearsal, transaction, connection)
        let whole = try await connection.wholeAnswer(
            ShardStatement(rehearsal.sql, parameterTypes: ServerValues.known(types)), values: values,
            byteLimit: database.environment.limits.maxStatementBytes)
        var changes: [(table: ServerRehearsalPlan.Table, changes: [Change])] = []
        for table in rehearsal.tables {
            let own = try await self.changes(of: table, connection, schema)
            if !own.isEmpty { changes.append((table, own)) }
        }
        try await connection.executeScript(
            "ROLLBACK TO SAVEPOINT _shardkit_rehearsal; RELEASE SAVEPOINT _shardkit_rehearsal")
        connection.forgetStatements()
        guard changes.count <= 1 || changes.allSatisfy({ !$0.table.hasForeignKeys }) else {
            throw ShardError(
                .writeFromAcrossShards, "one statement writes several tables that have foreign keys",
                hint: "Write them one after the other.")
        }
        var shards: Set<ShardIndex> = []
        for (table, own) in changes {
            for change in own { shards.formUnion((change.places.before + change.places.after).map(\.shard)) }
            try await perform(own, on: table, transaction)
        }
        return Answer(
            columns: plan.columns,
            rows: rehearsal.returnsRows
                ? AnswerRows(columnCount: plan.columns.count, batches: whole.batches) : nil,
            changes: whole.outcome.changes, rung: plan.rung,
            shards: shards.sorted().map { schema.topology.shards[$0] })
    }

    /// Nobody else writes the tables until the transaction ends.
    private func lock(
        _ rehearsal: ServerRehearsalPlan, _ transaction: ServerTransaction, _ schema: LogicalSchema
    ) async throws {
        var names: [ShardIndex: [String]] = [:]
        for table in rehearsal.tables {
            for source in table.sources {
                let all = source.shard.map { [$0] } ?? Array(schema.topology.shards.indices)
                for shard in all { names[shard, default: []].append(source.name) }
            }
        }
        for shard in names.keys.sorted() {
            let list = (names[shard] ?? []).sorted().joined(separator: ", ")
            try await transaction.connection(for: shard).executeScript(
                "LOCK TABLE \(list) IN SHARE ROW EXCLUSIVE MODE")
        }
    }

    private func stage(
        _ rehearsal: ServerRehearsalPlan, _ transaction: ServerTransaction, _ connection: any ServerConnection
    ) async throws {
        try await connection.executeScript(
            """
            CREATE TEMPORARY TABLE _shardkit_changes (
              number bigint GENERATED ALWAYS AS IDENTITY, name text, before text, after text);
            CREATE FUNCTION pg_temp._shardkit_note() RETURNS trigger LANGUAGE plpgsql AS $note$
            BEGIN
              INSERT INTO pg_temp._shardkit_changes (name, before, after) VALUES (
                TG_TABLE_NAME, CASE WHEN TG_OP <> 'INSERT' THEN OLD::text END, CASE WHEN TG_OP <> 'DELETE' THEN NEW::text END);
              RETURN NULL;
            END $note$
            """)
        var budget = database.environment.limits.maxGatherBytes
        for table in rehearsal.tables {
            let name = ServerNames.quoted(table.name)
            var texts = [
                "CREATE TEMPORARY TABLE \(name) (LIKE \(ServerNames.whole(table.name)) INCLUDING ALL EXCLUDING IDENTITY)"
            ]
            for identity in table.identities {
                let column = ServerNames.quoted(identity.column)
                texts.append("ALTER TABLE pg_temp.\(name) ALTER COLUMN \(column) SET DEFAULT \(identity.next)")
            }
            try await connection.executeScript(texts.joined(separator: "; "))
            if !table.columns.isEmpty {
                let columns = table.columns.map(ServerNames.quoted).joined(separator: ", ")
                for source in table.sources {
                    let shard = source.shard ?? transaction.anyShard
                    guard let from = try await transaction.connection(for: shard) as? any ServerConnection else {
                        throw ShardError(.internalError, "a shard is no database server")
                    }
                    budget -= try await from.copy(
                        "SELECT \(columns) FROM \(source.name)", into: "pg_temp.\(name) (\(columns))", of: connection,
                        isBinary: table.isBinary, byteLimit: budget)
                }
            }
            try await connection.executeScript(
                """
                CREATE TRIGGER _shardkit_note AFTER INSERT OR UPDATE OR DELETE ON pg_temp.\(name)
                FOR EACH ROW EXECUTE FUNCTION pg_temp._shardkit_note()
                """)
        }
        for view in rehearsal.views { try await connection.executeScript(view) }
    }

    // MARK: What changed

    private func changes(
        of table: ServerRehearsalPlan.Table, _ connection: any ServerConnection, _ schema: LogicalSchema
    ) async throws -> [Change] {
        let type = "pg_temp." + ServerNames.quoted(table.name)
        func cells(_ row: String) -> [String] {
            guard case .sharded(_, let key) = table.target else { return [] }
            return key.map { "((\(row)::\(type)).\(ServerNames.quoted($0.name)))::text" }
        }
        let identity = table.identities.map { identity in
            let column = ServerNames.quoted(identity.column)
            return "(before::\(type)).\(column) IS DISTINCT FROM (after::\(type)).\(column)"
        }
        let items =
            ["number", "before", "after", identity.isEmpty ? "0" : "(\(identity.joined(separator: " OR ")))::int"]
            + cells("before") + cells("after")
        let rows = try await connection.allRows(
            ShardStatement(
                "SELECT \(items.joined(separator: ", ")) FROM pg_temp._shardkit_changes WHERE name = \(ServerValues.quoted(text: table.name)) ORDER BY number"
            ))
        return try rows.map { row in
            guard case .integer(let number) = row[0] else { throw ServerCatalog.unknownShape }
            func text(_ value: Value) -> String? { if case .text(let text) = value { text } else { nil } }
            let before = text(row[1])
            let after = text(row[2])
            let keys = (row.count - 4) / 2
            return Change(
                number: number, before: before, after: after,
                places: (
                    before == nil ? [] : try places(table, Array(row[4..<(4 + keys)]), schema),
                    after == nil ? [] : try places(table, Array(row[(4 + keys)...]), schema)
                ), setsIdentity: row[3] == .integer(1))
        }
    }

    private func places(
        _ table: ServerRehearsalPlan.Table, _ keys: [Value], _ schema: LogicalSchema
    ) throws -> [(shard: ShardIndex, partition: Int)] {
        switch table.target {
        case .everyShard: return schema.topology.shards.indices.map { ($0, 0) }
        case .shard(let shard): return [(shard, 0)]
        case .sharded(let sharding, let key):
            let values = try zip(keys, key).map { value, key in try key.column.stored(value) }
            let partition = try sharding.partition(of: values)
            return [(sharding.partitions[partition].shard, partition)]
        }
    }

    // MARK: On the shards

    private func perform(
        _ changes: [Change], on table: ServerRehearsalPlan.Table, _ transaction: ServerTransaction
    ) async throws {
        let shards = Set(changes.flatMap { ($0.places.before + $0.places.after).map(\.shard) })
        try transaction.willWrite(shards.sorted())
        func name(_ partition: Int) -> String {
            table.sources.indices.contains(partition) ? table.sources[partition].name : table.sources[0].name
        }
        func run(_ sql: String, _ values: [String], on shard: ShardIndex) async throws {
            let connection = try await transaction.connection(for: shard)
            let outcome = try await connection.execute(
                ShardStatement(sql, parameterTypes: values.map { _ in 25 }), values: values.map { .text($0) })
            guard outcome.changes == 1 else {
                throw ShardError(.internalError, "\(outcome.changes) rows of \(table.name) were changed, not one")
            }
        }
        for change in changes {
            if let before = change.before, let after = change.after,
                change.places.before.map(\.partition) == change.places.after.map(\.partition)
            {
                for place in change.places.before {
                    let sql = Self.updating(table, name(place.partition), setsIdentity: change.setsIdentity)
                    if let sql { try await run(sql, [before, after], on: place.shard) }
                }
                continue
            }
            guard change.before == nil || change.after == nil || !table.isReferred else {
                throw ShardError(
                    .shardKeyUpdate,
                    "the shard key of \(table.name) changes: the row would move, and foreign keys refer to it",
                    hint: "Delete the row and insert it anew.")
            }
            if let before = change.before {
                for place in change.places.before {
                    let own = name(place.partition)
                    try await run(
                        "DELETE FROM \(own) AS x WHERE \(Self.one(table, own))", [before], on: place.shard)
                }
            }
            if let after = change.after {
                for place in change.places.after {
                    try await run(Self.inserting(table, name(place.partition)), [after], on: place.shard)
                }
            }
        }
    }

    /// A condition for one of the rows that are letter by letter the first parameter.
    private static func one(_ table: ServerRehearsalPlan.Table, _ name: String) -> String {
        var conditions = table.primaryKey.map {
            "y.\(ServerNames.quoted($0)) = (($1::text)::\(name)).\(ServerNames.quoted($0))"
        }
        conditions.append("y *= (($1::text)::\(name))")
        return "x.ctid = (SELECT y.ctid FROM \(name) AS y WHERE \(conditions.joined(separator: " AND ")) LIMIT 1)"
    }

    private static func updating(
        _ table: ServerRehearsalPlan.Table, _ name: String, setsIdentity: Bool
    ) -> String? {
        let identities = table.identities.map(\.column)
        let columns = table.columns.filter { setsIdentity || !identities.contains($0) }.map(ServerNames.quoted)
        guard !columns.isEmpty else { return nil }
        let cells = columns.map { "(r.w).\($0)" }.joined(separator: ", ")
        return
            "UPDATE \(name) AS x SET (\(columns.joined(separator: ", "))) = (SELECT \(cells) FROM (SELECT ($2::text)::\(name) AS w) AS r) WHERE \(one(table, name))"
    }

    private static func inserting(_ table: ServerRehearsalPlan.Table, _ name: String) -> String {
        guard !table.columns.isEmpty else { return "INSERT INTO \(name) DEFAULT VALUES" }
        let columns = table.columns.map(ServerNames.quoted)
        let overriding = table.identities.isEmpty ? "" : " OVERRIDING SYSTEM VALUE"
        let cells = columns.map { "(r.w).\($0)" }.joined(separator: ", ")
        return
            "INSERT INTO \(name) (\(columns.joined(separator: ", ")))\(overriding) SELECT \(cells) FROM (SELECT ($1::text)::\(name) AS w) AS r"
    }
}
