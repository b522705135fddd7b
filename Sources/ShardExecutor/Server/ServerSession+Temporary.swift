import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

/// A session's own connection to the coordinator: where its temporary tables are, and cursors that outlive transactions.
struct ServerOwn {
    var connection: any ServerConnection
    /// What temporary tables, views and indexes are called.
    var names: Set<String> = []
    var hasHeldCursors = false
    /// The logical schema that its prepared statements were made under.
    var epoch: UInt64
}

/// Temporary tables: the coordinator's, on a connection that is the session's own as long as it has any. Statements that name no
/// other tables are run there as they are; tables of the logical database are brought there beside them where a statement reads
/// both.
extension ServerSession {
    // MARK: The connection

    /// Lends the coordinator: the transaction's connection, the session's own, or one of many.
    func withCoordinator<Result>(
        _ body: (any ServerConnection) async throws -> Result
    ) async throws -> Result {
        if let transaction { return try await body(try await transaction.coordinatorConnection()) }
        guard let own else {
            return try await ServerEngine.withConnection(engine.coordinator, settings.current, body)
        }
        try await own.connection.carry(settings.current)
        return try await body(own.connection)
    }

    /// What the coordinator says of a statement; temporary tables are seen. The transaction's connection is asked where it has one:
    /// it may hold locks that another would wait for.
    func describe(_ sql: String, parameterTypes: [UInt32] = []) async throws -> ServerFacts {
        let facts = try await looked { try await self.engine.facts(of: sql, parameterTypes: parameterTypes, on: $0) }
        if let facts { return facts }
        return try await engine.describe(sql, parameterTypes: parameterTypes)
    }

    /// Plans a statement on the coordinator, which computes its constants; nothing is run.
    func explained(_ sql: String) async throws {
        let text = ShardStatement("EXPLAIN " + sql)
        if try await looked({ try await $0.allRows(text) }) == nil {
            try await ServerEngine.withConnection(engine.coordinator) { _ = try await $0.allRows(text) }
        }
    }

    /// Asks the connection to the coordinator that is the session's or its transaction's; nil: there is none.
    private func looked<Result>(
        _ body: (any ServerConnection) async throws -> Result
    ) async throws -> Result? {
        guard let connection = own?.connection ?? transaction?.coordinatorInUse else { return nil }
        guard connection.isInTransaction else { return try await body(connection) }
        // What is wrong with the statement shall not make the transaction fail before it is known whose fault it is.
        try await connection.executeScript("SAVEPOINT _shardkit_look")
        do {
            let result = try await body(connection)
            try await connection.executeScript("RELEASE SAVEPOINT _shardkit_look")
            return result
        } catch {
            try await connection.executeScript(
                "ROLLBACK TO SAVEPOINT _shardkit_look; RELEASE SAVEPOINT _shardkit_look")
            throw error
        }
    }

    /// The connection that is the session's own from now on.
    func ownConnection(_ schema: LogicalSchema) async throws -> any ServerConnection {
        if let own {
            if transaction == nil { try await own.connection.carry(settings.current) }
            return try await transaction?.coordinatorConnection() ?? own.connection
        }
        let connection: any ServerConnection
        if let transaction {
            connection = try await transaction.adoptCoordinator()
        } else {
            guard
                let leased = try await engine.coordinator.acquire(.write, settings: settings.current)
                    as? any ServerConnection
            else { throw ShardError(.internalError, "the coordinator is no database server") }
            connection = leased
        }
        own = ServerOwn(connection: connection, epoch: schema.topology.epoch)
        return connection
    }

    private static let ownNames = ShardStatement(
        """
        SELECT relname::text, 0 FROM pg_catalog.pg_class
        WHERE relnamespace = pg_my_temp_schema() AND relname NOT LIKE '\\_shardkit%'
        UNION ALL SELECT name, 1 FROM pg_catalog.pg_cursors WHERE is_holdable
        """)

    /// Looks what the session's own connection still holds, after what may have changed that; gives it back where that is nothing.
    func settleOwn() async throws {
        guard let connection = own?.connection else { return }
        // A failed transaction says nothing; its end will be looked at.
        if connection.isTransactionFailed || transaction?.isFailed == true { return }
        connection.forgetStatements()
        var names: Set<String> = []
        var hasCursors = false
        for row in try await connection.allRows(Self.ownNames) {
            guard case .text(let name) = row[0] else { throw ServerCatalog.unknownShape }
            if row[1] == .integer(1) { hasCursors = true } else { names.insert(name) }
        }
        own?.names = names
        own?.hasHeldCursors = hasCursors
        if names.isEmpty, !hasCursors, transaction == nil { giveOwnBack() }
    }

    func giveOwnBack() {
        guard let connection = own?.connection else { return }
        own = nil
        // Not to be used again: a connection that has had temporary tables finds new ones under names that its prepared statements
        // have looked up before, and does not look again.
        connection.close()
        engine.coordinator.release(connection)
    }

    /// What its connection has prepared is forgotten where the schema is another.
    private func follow(_ schema: LogicalSchema) {
        guard let own, own.epoch != schema.topology.epoch else { return }
        own.connection.forgetStatements()
        self.own?.epoch = schema.topology.epoch
    }

    // MARK: Statements

    /// Answers what makes or names temporary tables.
    ///
    /// - Returns: nil: the statement goes the way of all others.
    func temporarily(_ parsed: ParsedStatement, _ values: [Value], _ schema: LogicalSchema) async throws -> Answer? {
        follow(schema)
        if case .other(let other) = parsed.statement, ["DECLARE", "FETCH", "MOVE", "CLOSE"].contains(other.kind) {
            return try await cursor(other, parsed, values, schema)
        }
        let makes = Self.makesTemporary(parsed.statement)
        let known = own?.names ?? []
        guard makes || !known.isEmpty else { return nil }
        let named = ServerNamed(parsed, temporary: known, topology: schema.topology)
        guard makes || !named.temporary.isEmpty else { return nil }
        func refused(_ message: String) -> ShardError {
            ShardError(
                .statementNotModelled, message, hint: "Name the temporary tables otherwise, or use no temporary ones.")
        }
        switch parsed.statement {
        case .select, .explain, .transaction, .setting, .showTopology, .pragma, .createVirtualTable: return nil
        case .insert: if !named.writesTemporary { return nil }
        case .update, .delete:
            guard named.writesTemporary else {
                throw ShardError(
                    .writeFromAcrossShards, "a write of the logical database reads temporary tables",
                    hint: "Read first and write then.")
            }
        case .createTable(let create):
            guard create.sharding == nil || !makes else {
                throw refused("a temporary table with a sharding clause")
            }
            guard makes else {
                if case .select = create.content { return nil }
                throw refused("a table that is made after temporary ones")
            }
            if case .verbatim(let text) = create.content, text.uppercased().contains("EXECUTE") {
                throw refused("CREATE TABLE AS EXECUTE")
            }
            // LIKE copies no rows.
            let isLike = if case .columns = create.content, create.suffix == nil { true } else { false }
            if case .select = create.content {
            } else if !named.logical.isEmpty, !isLike {
                throw refused("a temporary table that inherits from tables of the logical database")
            }
        case .other(let other):
            guard !["PREPARE", "EXECUTE", "DEALLOCATE"].contains(other.kind) else { return nil }
            guard named.logical.isEmpty else {
                throw refused("\(other.kind) of temporary tables and tables of the logical database together")
            }
        case .createView, .createIndex, .createTrigger, .alterTable, .drop:
            guard named.logical.isEmpty else {
                throw refused("a definition that names temporary tables and tables of the logical database")
            }
        }
        return try await runOwn(parsed, named, values, schema)
    }

    private static func makesTemporary(_ statement: Statement) -> Bool {
        func isTemporary(_ name: ObjectName) -> Bool { name.schema.map(ServerValues.name) == "pg_temp" }
        switch statement {
        case .createTable(let create): return create.isTemporary || isTemporary(create.name)
        case .createView(let create): return create.isTemporary || isTemporary(create.name)
        case .other(let other):
            guard other.kind == "CREATE SEQUENCE" else { return false }
            let words = other.text.prefix(40).lowercased().split(whereSeparator: \.isWhitespace)
            return words.count > 1 && ["temp", "temporary"].contains(words[1])
        case .select, .insert, .update, .delete, .createIndex, .createTrigger, .createVirtualTable, .alterTable, .drop,
            .transaction, .explain, .pragma, .setting, .showTopology:
            return false
        }
    }

    /// On the session's own connection, as it is.
    private func runOwn(
        _ parsed: ParsedStatement, _ named: ServerNamed, _ values: [Value], _ schema: LogicalSchema
    ) async throws -> Answer {
        let planner = planner(schema)
        var readsLogical = false
        switch parsed.statement {
        case .insert, .update, .delete: readsLogical = !named.logical.isEmpty
        case .createTable(let create):
            if case .select = create.content { readsLogical = !named.logical.isEmpty }
        case .createView:
            guard named.logical.isEmpty else {
                throw ShardError(
                    .statementNotModelled, "a temporary view of tables of the logical database",
                    hint: "Make a temporary table, or a view that is not temporary.")
            }
        case .select, .createIndex, .createTrigger, .createVirtualTable, .alterTable, .drop, .transaction, .explain,
            .pragma, .setting, .showTopology, .other:
            break
        }
        var whole: WholeAnswer
        var shards: [ShardIndex] = []
        if readsLogical {
            let plan = try planner.staging(parsed, sql: parsed.source)
            _ = try await ownConnection(schema)
            (whole, shards) = try await staged(plan, values, [], writes: true)
        } else {
            try planner.checkCoordinated(parsed)
            let connection = try await ownConnection(schema)
            do {
                whole = try await connection.wholeAnswer(
                    ShardStatement(parsed.source), values: values,
                    byteLimit: database.environment.limits.maxStatementBytes)
            } catch {
                try? await settleOwn()
                throw error
            }
        }
        switch parsed.statement {
        case .insert, .update, .delete: break
        case .select, .createTable, .createView, .createIndex, .createTrigger, .createVirtualTable, .alterTable, .drop,
            .transaction, .explain, .pragma, .setting, .showTopology, .other:
            try await settleOwn()
        }
        return try await answer(whole, shards, schema)
    }

    func answer(_ whole: WholeAnswer, _ shards: [ShardIndex], _ schema: LogicalSchema) async throws -> Answer {
        var columns: [PlanColumn] = []
        for column in whole.columns {
            let type = column.wire?.typeID ?? 0
            let modifier = column.wire?.typeModifier ?? -1
            let name = try await withCoordinator { try await engine.typeName(type, modifier, on: $0) }
            columns.append(PlanColumn(name: column.name, declaredType: name, typeID: type))
        }
        return Answer(
            columns: columns,
            rows: columns.isEmpty ? nil : AnswerRows(columnCount: columns.count, batches: whole.batches),
            changes: whole.outcome.changes, rung: shards.isEmpty ? .route : .combine,
            shards: shards.map { schema.topology.shards[$0] })
    }

    func planner(_ schema: LogicalSchema) -> ServerPlanner {
        var planner = engine.planner(schema)
        planner.temporary = own?.names ?? []
        return planner
    }

    // MARK: Tables brought to the session's own connection

    /// Runs a statement on the session's own connection beside all rows of tables of the logical database.
    ///
    /// What is prepared there is forgotten before and behind: a prepared statement keeps the tables that it has found.
    ///
    /// - Parameter writes: temporary tables.
    func staged(
        _ plan: ServerCombinePlan, _ values: [Value], _ types: [UInt32], writes: Bool
    ) async throws -> (WholeAnswer, [ShardIndex]) {
        guard let own else { throw ShardError(.internalError, "the session has no connection of its own") }
        let runner = ServerCombineRunner(
            plan: plan, values: values, parameterTypes: types, engine: engine, settings: settings.current,
            environment: database.environment)
        let statement = ShardStatement(plan.sql, parameterTypes: ServerValues.known(types))
        let limit = database.environment.limits.maxStatementBytes
        var drops = plan.viewNames.reversed().map { "DROP VIEW pg_temp.\(ServerNames.quoted($0))" }
        drops += plan.pieces.map { "DROP TABLE pg_temp.\(ServerNames.quoted($0.table))" }
        let dropping = drops.joined(separator: "; ")
        if let transaction {
            let connection = try await transaction.coordinatorConnection()
            let shards = try await runner.stage(transaction, on: connection)
            connection.forgetStatements()
            let whole = try await connection.wholeAnswer(statement, values: values, byteLimit: limit)
            if !dropping.isEmpty { try await connection.executeScript(dropping) }
            connection.forgetStatements()
            return (whole, shards)
        }
        let connection = own.connection
        try await connection.carry(settings.current)
        try await connection.executeScript("BEGIN")
        do {
            let provider = AutocommitConnections(shards: database.shards, settings: settings.current, anyShard: home)
            let shards = try await runner.stage(provider, on: connection)
            connection.forgetStatements()
            let whole = try await connection.wholeAnswer(statement, values: values, byteLimit: limit)
            if writes {
                if !dropping.isEmpty { try await connection.executeScript(dropping) }
                try await connection.executeScript("COMMIT")
            } else {
                try await connection.executeScript("ROLLBACK")
            }
            connection.forgetStatements()
            return (whole, shards)
        } catch {
            if connection.isInTransaction { try? await connection.executeScript("ROLLBACK") }
            connection.forgetStatements()
            throw error
        }
    }
}
