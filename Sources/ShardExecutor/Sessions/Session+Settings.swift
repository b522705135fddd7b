import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

extension Session {
    /// Reads or sets a PRAGMA that is session state. The session's private database answers, so value, column and
    /// effect inside a transaction are SQLite's own; then connections are made to carry what changes answers.
    func setting(_ name: String, _ value: String?, rung: Rung) async throws -> Answer {
        let engine = try await sessionEngine()
        var connection: any ShardConnection = engine.database
        if transaction.isOpen {
            // Some settings behave otherwise inside a transaction (foreign_keys cannot change).
            transaction.temporary = engine.database
            connection = try await transaction.connection(.temporary, .writing)
        }
        if let value, !SettingCatalogue.isPlain(value) {
            throw ShardError(.pragmaNotModelled, "PRAGMA \(name) is set to a word or a number")
        }
        let sql = "PRAGMA \(name)" + (value.map { " = \($0)" } ?? "")
        let answer = try await connection.wholeAnswer(ShardStatement(sql), values: [], byteLimit: .max)
        if let value { try await settingChanged(name, value, connection) }
        if answer.columns.isEmpty { return Answer(rung: rung) }
        return Answer(
            columns: answer.columns.map { PlanColumn(name: $0.name, declaredType: $0.declaredType) },
            rows: AnswerRows(columnCount: answer.columns.count, batches: answer.batches), rung: rung)
    }

    private func settingChanged(_ name: String, _ value: String, _ connection: any ShardConnection) async throws {
        if name == "defer_foreign_keys" {
            if transaction.isOpen { try await transaction.change(name, to: SettingCatalogue.isTrue(value) ? "1" : "0") }
            return
        }
        if name == "query_only" {
            isQueryOnly = SettingCatalogue.isTrue(value)
            engine?.isQueryOnly = isQueryOnly
        }
        // SQLite drops all TEMP tables.
        if name == "temp_store" { try await engine?.refreshTemporaryObjects() }
        guard SettingCatalogue.isReplayed(name) else { return }
        let now: String
        if name == "case_sensitive_like" {
            // The one that cannot be read.
            now = SettingCatalogue.isTrue(value) ? "1" : "0"
        } else {
            let read = try await connection.wholeAnswer(ShardStatement("PRAGMA \(name)"), values: [], byteLimit: .max)
            guard case .integer(let number)? = read.batches.first?.value(row: 0, column: 0) else { return }
            now = "\(number)"
        }
        let old = transaction.settings.values[name] ?? SettingCatalogue.defaultValue(of: name)
        guard old != now else { return }
        transaction.settings.values[name] = now == SettingCatalogue.defaultValue(of: name) ? nil : now
        if transaction.isOpen { try await transaction.change(name, to: now) }
    }

    /// `PRAGMA query_only`: the session's own rule, since connections are shared.
    func refuseQueryOnly(isDefinition: Bool = false) throws {
        guard isQueryOnly else { return }
        if !isDefinition { changes = 0 }
        throw ShardError(.readOnly, "attempt to write a readonly database", engineCode: "8")
    }

    /// A row that moves is deleted in one place and inserted in another: a foreign key that refers to it would act.
    func refuseMovingParents(_ plan: CombineWritePlan, _ schema: LogicalSchema) throws {
        guard plan.move != nil, transaction.settings.values["foreign_keys"] != nil,
            schema.referencedTables.contains(Topology.key(for: plan.table))
        else { return }
        throw ShardError(
            .shardKeyUpdate,
            "changing the shard key of \(plan.table) moves rows that foreign keys refer to, and foreign keys are on",
            hint: "Set PRAGMA foreign_keys = OFF for the statement.")
    }

    /// A rehearsal writes row by row: foreign keys would act on each by itself.
    func refuseRehearsedForeignKeys(_ plan: RehearsalPlan, _ schema: LogicalSchema) throws {
        guard transaction.settings.values["foreign_keys"] != nil else { return }
        let names = Set(plan.tables.map { Topology.key(for: $0.piece.table) })
        guard let table = schema.tablesWithForeignKeys.intersection(names).min() else { return }
        throw ShardError(
            .foreignKeyAcrossShards,
            "the write touches \(table), which has foreign keys, through triggers or rules over several shards, and foreign "
                + "keys are on",
            hint: "Set PRAGMA foreign_keys = OFF for the statement.")
    }

    /// With foreign keys on, a write whose foreign keys no shard can check is refused.
    func refuseCrossingForeignKeys(_ table: String, _ schema: LogicalSchema) throws {
        guard transaction.settings.values["foreign_keys"] != nil else { return }
        let name = table.asciiLowercased()
        let crossing = schema.crossingForeignKeys.first { key in
            key.child.asciiLowercased() == name || key.parent.asciiLowercased() == name
        }
        guard let crossing else { return }
        throw ShardError(
            .foreignKeyAcrossShards,
            "the foreign key of \(crossing.child) to \(crossing.parent) crosses shards, and foreign keys are on",
            hint: "Colocate the tables by the key, make \(crossing.parent) broadcast, or set PRAGMA foreign_keys = OFF."
        )
    }
}
