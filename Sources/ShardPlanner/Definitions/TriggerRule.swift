import ShardBase
import ShardSQL
import ShardTopology

/// A trigger runs inside one shard, so everything it reads and writes must stand whole on that shard: its table and all
/// tables of its body and its WHEN are SINGLE there.
///
/// Counter-example: on a sharded `orders`, `AFTER INSERT … UPDATE users SET n = n + 1 WHERE id = NEW.user_id` is right only
/// while the user stands on the order's shard, and a trigger on a broadcast table would run once per shard.
///
/// The rule is checked over the whole schema at every definition: a table that comes into being under a name that a
/// trigger's body already uses must stand where the trigger is.
struct TriggerRule {
    let dialect: Dialect

    /// - Parameter tables: the logical tables afterwards, by folded name.
    func check(
        _ triggers: [SchemaText], tables: [String: LogicalTable], views: Set<String>
    ) throws(ShardError) {
        for trigger in triggers { try check(trigger, tables, views) }
    }

    private func check(
        _ trigger: SchemaText, _ tables: [String: LogicalTable], _ views: Set<String>
    ) throws(ShardError) {
        let own = trigger.tableName.asciiLowercased()
        guard let table = tables[own] else {
            throw refused(trigger, "it stands on \(trigger.tableName), which is a view: shards hold no views")
        }
        guard let home = table.onlyShard else {
            throw refused(trigger, "its table \(table.schema.name) stands on several shards")
        }
        if table.isSplit {
            throw refused(trigger, "its table \(table.schema.name) is split into a hot and a cold part")
        }
        for name in try names(in: trigger) where name != own {
            if views.contains(name) { throw refused(trigger, "it uses the view \(name): shards hold no views") }
            // A table that does not exist is the engine's error when the trigger runs.
            guard let other = tables[name] else { continue }
            if other.isSplit { throw refused(trigger, "it uses \(other.schema.name), which is split into two parts") }
            guard other.onlyShard == home else {
                throw refused(
                    trigger, "it uses \(other.schema.name), which does not stand whole on the same shard alone")
            }
        }
    }

    private func refused(_ trigger: SchemaText, _ reason: String) -> ShardError {
        ShardError(
            .triggerAcrossShards, "the trigger \(trigger.name) cannot run inside one shard: \(reason)",
            hint: "Declare the tables SINGLE ON the same shard, or do the trigger's work in the application.")
    }

    /// Folded names of the tables that the trigger's body and WHEN use.
    private func names(in trigger: SchemaText) throws(ShardError) -> Set<String> {
        guard let parsed = try? Parser.parse(trigger.sql, dialect: dialect),
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
    private func condition(of create: CreateTriggerStatement, _ trigger: SchemaText) throws(ShardError) -> Expression? {
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
