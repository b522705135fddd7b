import ShardBase
import ShardSQL
import ShardTopology

/// Where a trigger runs.
///
/// On the shard itself when everything it reads and writes stands whole there: its table and all tables of its body and
/// its WHEN are SINGLE on one shard. Every other trigger is logical: no shard knows it, and a write that fires it is
/// rehearsed (``RehearsalRule``).
///
/// Counter-example: on a sharded `orders`, `AFTER INSERT … UPDATE users SET n = n + 1 WHERE id = NEW.user_id` is right on a
/// shard only while the user stands on the order's shard, and a trigger on a broadcast table would run once per shard.
struct TriggerRule {
    let dialect: Dialect

    /// The shard that runs the trigger by itself; nil: the trigger is logical.
    ///
    /// - Parameters:
    ///   - tables: the logical tables, by folded name.
    ///   - views: folded names.
    /// - Throws: `.triggerAcrossShards` for a text that is not understood.
    func home(
        of trigger: LogicalAttachment, tables: [String: LogicalTable], views: Set<String>
    ) throws(ShardError) -> ShardIndex? {
        let names = try names(in: trigger)
        let own = trigger.table.asciiLowercased()
        guard let table = tables[own], !table.isSplit, let home = table.onlyShard else { return nil }
        for name in names where name != own {
            if views.contains(name) { return nil }
            // A table that does not exist is the engine's error when the trigger runs.
            guard let other = tables[name] else { continue }
            guard other.onlyShard == home, !other.isSplit else { return nil }
        }
        return home
    }

    /// What shards run besides when a definition changes where triggers run: a table that comes into being, or goes, under
    /// a name that a trigger's body uses.
    func changes(
        from before: (triggers: [LogicalAttachment], tables: [String: LogicalTable], views: Set<String>),
        to after: (triggers: [LogicalAttachment], tables: [String: LogicalTable], views: Set<String>)
    ) throws(ShardError) -> [(shard: ShardIndex, statement: String)] {
        var changes: [(shard: ShardIndex, statement: String)] = []
        for trigger in after.triggers {
            guard
                let old = before.triggers.first(where: { $0.name.asciiLowercased() == trigger.name.asciiLowercased() })
            else { continue }
            let was = try home(of: old, tables: before.tables, views: before.views)
            let now = try home(of: trigger, tables: after.tables, views: after.views)
            if was == now { continue }
            if let was { changes.append((was, "DROP TRIGGER \(Identifier.quoted(trigger.name))")) }
            if let now { changes.append((now, trigger.createSQL)) }
        }
        return changes
    }

    private func refused(_ trigger: LogicalAttachment, _ reason: String) -> ShardError {
        ShardError(.triggerAcrossShards, "the trigger \(trigger.name) cannot be taken over: \(reason)")
    }

    /// Folded names of the tables that the trigger's body and WHEN use.
    func names(in trigger: LogicalAttachment) throws(ShardError) -> Set<String> {
        guard let parsed = try? Parser.parse(trigger.createSQL, dialect: dialect),
            case .createTrigger(let create) = parsed.statement
        else {
            throw refused(trigger, "its text is not understood")
        }
        var names: Set<String> = []
        var hidden: Set<String> = []
        func look(_ statement: Statement) {
            statement.forEachTable(includingSubqueries: true) { names.insert($0.name.name.folded) }
            statement.forEachCommonTable { hidden.insert($0.name.folded) }
        }
        for statement in create.body { look(statement) }
        if let condition = try condition(of: create, trigger) {
            look(.select(SelectStatement(body: .core(SelectCore(items: [SelectItem(.expression(condition))])))))
        }
        // A name that is both a common table and a table is taken for both.
        return names.filter { !hidden.contains($0) || $0 == create.table.name.folded }
    }

    /// The expression between WHEN and BEGIN.
    private func condition(of create: CreateTriggerStatement, _ trigger: LogicalAttachment) throws(ShardError)
        -> Expression?
    {
        var text = create.text
        let found: String? = text.withUTF8 { bytes in
            var tokens: [Token] = []
            guard (try? Lexer.tokenize(bytes, dialect: dialect, into: &tokens)) != nil,
                let when = tokens.firstIndex(where: { $0.keyword == .when })
            else { return nil }
            guard let begin = tokens[when...].firstIndex(where: { $0.keyword == .begin }) else { return "" }
            // A WHEN behind BEGIN belongs to a CASE of the body.
            if let first = tokens.firstIndex(where: { $0.keyword == .begin }), first < when { return nil }
            let range = Int(tokens[when].end)..<Int(tokens[begin].start)
            return String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
        }
        guard let found else { return nil }
        guard let expression = try? Parser.parseExpression(found, dialect: dialect) else {
            throw refused(trigger, "its WHEN is not understood")
        }
        return expression
    }
}

extension LogicalTable {
    /// The shard that holds all of the table and nobody else a copy; nil when there are several.
    var onlyShard: ShardIndex? {
        switch placement {
        case .single(let shard): shard
        case .broadcast: nil
        case .sharded(let sharding):
            sharding.partitions.count == 1 && sharding.partitions[0].physicalName == schema.name
                ? sharding.partitions[0].shard : nil
        }
    }
}

extension SchemaText {
    var attachment: LogicalAttachment { LogicalAttachment(name: name, table: tableName, createSQL: sql) }
}

extension Topology {
    /// The triggers that no shard runs by itself, by the folded name of their table or view. One whose text is not
    /// understood counts as one of them.
    public func logicalTriggers(_ dialect: Dialect) -> [String: [LogicalAttachment]] {
        let rule = TriggerRule(dialect: dialect)
        let views = Set(views.keys)
        let logical = triggers.filter { trigger in
            ((try? rule.home(of: trigger, tables: tables, views: views)) ?? nil) == nil
        }
        return Dictionary(grouping: logical) { $0.table.asciiLowercased() }
    }
}
