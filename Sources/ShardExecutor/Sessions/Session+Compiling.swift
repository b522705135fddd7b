import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

extension Session {
    /// Text to plan: parsed, described by the engine on the logical schema, planned.
    ///
    /// The engine's own word comes before ours: what it rejects is its error, word for word; what it accepts and we
    /// cannot read is refused as not modelled.
    func compileWhole(_ sql: String, schema: LogicalSchema) async throws -> CompiledPlan {
        let parsed: ParsedStatement
        do {
            parsed = try Self.generating(try Parser.parse(sql, dialect: database.dialect), schema)
        } catch {
            throw try await rejection(of: sql, error, schema)
        }
        return try await compile(parsed, schema: schema)
    }

    func compile(_ parsed: ParsedStatement, schema: LogicalSchema) async throws -> CompiledPlan {
        try plan(parsed, facts: try await describe(parsed, schema), schema)
    }

    private func plan(
        _ parsed: ParsedStatement, facts: StatementFacts, _ schema: LogicalSchema
    ) throws(ShardError) -> CompiledPlan {
        let plan = try planner(schema).plan(parsed, description: facts)
        return CompiledPlan(
            plan: plan, topology: schema.topology, isTimed: database.environment.limits.statementTimeout != nil)
    }

    private func planner(_ schema: LogicalSchema) -> Planner {
        Planner(
            topology: schema.topology, dialect: database.dialect,
            temporary: engine?.temporary ?? TemporaryObjects())
    }

    /// DEFAULT for a column that is generated is NULL, for which its key is made.
    private static func generating(
        _ parsed: ParsedStatement, _ schema: LogicalSchema
    ) throws(SQLSyntaxError) -> ParsedStatement {
        guard case .insert(var insert) = parsed.statement, case .values(var values) = insert.source,
            values.rows.contains(where: { $0.values.contains { if case .defaultValue = $0 { true } else { false } } }),
            let table = schema.topology.table(named: insert.table.name.text)
        else { return parsed }
        let ordinals =
            insert.columns.isEmpty
            ? table.schema.columns.indices.filter { !table.schema.columns[$0].isGenerated }.map { Optional($0) }
            : insert.columns.map { table.schema.column(named: $0.name.text) }
        for row in values.rows.indices {
            for (cell, ordinal) in zip(values.rows[row].values.indices, ordinals) {
                guard case .defaultValue(let range) = values.rows[row].values[cell], let ordinal,
                    table.schema.columns[ordinal].generator != nil
                else { continue }
                values.rows[row].values[cell] = .literal(Literal(.null, text: "NULL", range: range))
            }
        }
        insert.source = .values(values)
        var result = parsed
        result.statement = .insert(insert)
        // Ranges point into the text.
        result.source = SQLPrinter.print(result.statement, options: .init(dialect: .sqlite))
        return try Parser.parse(result.source, dialect: .sqlite)
    }

    /// A plan as a trial wants it; no cache sees it.
    func compile(_ sql: String, _ trial: PlanTrial, schema: LogicalSchema) async throws -> CompiledPlan {
        let parsed: ParsedStatement
        do {
            parsed = try Parser.parse(sql, dialect: database.dialect)
        } catch {
            throw try await rejection(of: sql, error, schema)
        }
        var planner = planner(schema)
        planner.gathersReads = trial.gathersReads
        let plan = try planner.plan(parsed, description: try await describe(parsed, schema))
        return CompiledPlan(plan: trial.alter(plan), topology: schema.topology, isTimed: false)
    }

    // MARK: The plan cache

    private func planKey(_ schema: LogicalSchema) -> PlanCacheKey {
        PlanCacheKey(epoch: schema.topology.epoch, session: temporaryKey)
    }

    /// What plans of this session depend on besides the topology.
    var temporaryKey: UInt64 { engine?.planKey(owner) ?? 0 }

    /// The plan of a text seen before.
    func findPlan(_ sql: String, _ schema: LogicalSchema) -> CachedPlan? {
        database.planCache.find(sql, key: planKey(schema), scratch: &scratch)
    }

    /// The plan of a text that the cache does not have: made and kept, with literals folded where that is the same.
    func compile(_ sql: String, schema: LogicalSchema) async throws -> CachedPlan {
        let key = planKey(schema)
        let parsed: ParsedStatement
        do {
            parsed = try Self.generating(try Parser.parse(sql, dialect: database.dialect), schema)
        } catch {
            throw try await rejection(of: sql, error, schema)
        }
        let facts = try await describe(parsed, schema)
        if mayFold(parsed, schema), let folded = LiteralFolding.fold(parsed) {
            let compiled = try plan(folded.parsed, facts: facts, schema)
            if let cached = database.planCache.insert(compiled, for: sql, folded: folded.folded, key: key) {
                return cached
            }
        }
        let compiled = try plan(parsed, facts: facts, schema)
        switch compiled.plan.action {
        case .definition, .privateStatement: return CachedPlan(compiled: compiled, literals: [])
        case .query, .combine, .scalarsFirst, .write, .combineWrite, .rehearsal, .insert, .insertQuery, .session,
            .catalogQuery,
            .showTopology,
            .explain, .server:
            return database.planCache.insert(compiled, for: sql, folded: [], key: key)
                ?? CachedPlan(compiled: compiled, literals: [])
        }
    }

    /// Not where an index is only found by the literal.
    private func mayFold(_ parsed: ParsedStatement, _ schema: LogicalSchema) -> Bool {
        let partial = schema.tablesWithPartialIndexes
        if partial.isEmpty { return true }
        var isFree = true
        SyntaxNode.statement(parsed.statement).walk { node in
            if case .table(.table(let reference)) = node, partial.contains(reference.name.name.folded) {
                isFree = false
            }
            return .descend
        }
        switch parsed.statement {
        case .update(let update): return isFree && !partial.contains(update.table.name.name.folded)
        case .delete(let delete): return isFree && !partial.contains(delete.table.name.name.folded)
        case .select: return isFree
        case .insert, .createTable, .createIndex, .createView, .createTrigger, .createVirtualTable, .alterTable,
            .drop, .transaction, .explain, .pragma, .setting, .showTopology, .other:
            return false
        }
    }

    private func rejection(of sql: String, _ error: SQLSyntaxError, _ schema: LogicalSchema) async throws -> ShardError
    {
        let own = error.shardError(in: sql)
        if own.code != .syntax { return own }
        do {
            _ = try await describe(text: sql, schema)
        } catch let engine as ShardError {
            // ShardKit's own clauses are strange to the engine: who read further knows better.
            if let ours = own.place, let theirs = engine.place, ours.offset > theirs.offset { return own }
            return engine
        }
        return ShardError(
            .statementNotModelled, "the statement is valid, but ShardKit does not read it: \(own.message)",
            hint: own.hint, place: own.place)
    }

    // MARK: What the engine says

    private func describe(_ parsed: ParsedStatement, _ schema: LogicalSchema) async throws -> StatementFacts {
        switch parsed.statement {
        case .transaction, .showTopology, .pragma:
            // PRAGMAs may act when they are prepared, and none of these can be wrong on the schema.
            return StatementFacts(columns: [], isReadOnly: true)
        case .explain(let explain):
            var inner = parsed
            inner.statement = explain.statement
            inner.source = SQLPrinter.print(explain.statement, options: .init(dialect: database.dialect))
            return try await describe(inner, schema)
        case .createTable, .createIndex, .createVirtualTable:
            return try await facts(
                SQLPrinter.print(
                    parsed.statement, options: .init(dialect: database.dialect, includesSharding: false)), schema)
        case .insert(let insert):
            return try await facts(shortened(insert, parsed.source) ?? parsed.source, schema)
        case .select, .update, .delete, .createView, .createTrigger, .alterTable, .drop, .setting, .other:
            return try await facts(parsed.source, schema)
        }
    }

    private func facts(_ sql: String, _ schema: LogicalSchema) async throws -> StatementFacts {
        let description = try await describe(text: sql, schema)
        let temporary = engine?.temporary.tables ?? []
        return StatementFacts(
            columns: description.columns.map { PlanColumn(name: $0.name, declaredType: $0.declaredType) },
            isReadOnly: description.isReadOnly,
            reads: Set(
                description.reads.lazy.filter {
                    $0.schema == "main" || $0.schema.isEmpty && !temporary.contains($0.table.asciiLowercased())
                }.map {
                    ColumnRead(table: $0.table, column: $0.column)
                }))
    }

    private func describe(text: String, _ schema: LogicalSchema) async throws -> StatementDescription {
        if let engine, !engine.temporary.tables.isEmpty {
            try await engine.mirror(schema)
            return try engine.database.describe(text)
        }
        return try await database.mirror.describe(text, schema: schema)
    }

    /// A long INSERT … VALUES with its first row only: the shards see the others, and say the same of them. Nil where
    /// the whole must be described: no shard sees the rows of a TEMP table.
    private func shortened(_ insert: InsertStatement, _ source: String) -> String? {
        guard engine?.temporary.tables.isEmpty ?? true, case .values(let values) = insert.source, values.rows.count > 8
        else { return nil }
        let width = values.rows[0].values.count
        guard values.rows.allSatisfy({ $0.values.count == width }) else { return nil }
        let start = Int(values.rows[0].range.end)
        let end = Int(values.rows[values.rows.count - 1].range.end)
        let bytes = source.utf8
        guard start > 0, end >= start, end <= bytes.count else { return nil }
        return String(decoding: Array(bytes.prefix(start)) + Array(bytes.dropFirst(end)), as: UTF8.self)
    }
}
