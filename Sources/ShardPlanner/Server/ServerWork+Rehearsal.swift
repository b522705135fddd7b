import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// What the coordinator rehearses.
extension ServerWork {
    private static let rehearsable: Set<ErrorCode> = [
        .viewAcrossShards, .writeFromAcrossShards, .shardKeyUpdate, .volatileInSplitWrite, .statementNotModelled,
        .shardKeyExpression, .shardKeyMissing,
    ]

    /// A plan for a write that was refused for where its rows are, not for what it is.
    ///
    /// - Parameter refusal: why it is not done by the shards alone; thrown where it cannot be rehearsed either.
    func rehearsed(insteadOf refusal: PlanningRefusal, returnsRows: Bool) throws(PlanningRefusal) -> Plan {
        guard Self.rehearsable.contains(refusal.code), question.asked == nil else { throw refusal }
        return try rehearsal(returnsRows: returnsRows)
    }

    func rehearsal(returnsRows: Bool) throws(PlanningRefusal) -> Plan {
        let named = ServerNamed(parsed, temporary: planner.temporary, topology: topology)
        guard named.temporary.isEmpty else {
            throw PlanningRefusal(
                .writeFromAcrossShards, "a write of the logical database reads temporary tables",
                hint: "Read first and write then.")
        }
        try checkWords()
        try checkRehearsedCalls()
        var references: [ServerSurvey.Reference] = []
        var views: [LogicalView] = []
        var hasGroups = false
        for name in named.logical.sorted() {
            let object = ObjectName([Identifier(name, quote: .double)])
            switch ServerSurvey.relation(object, in: topology) {
            case .table(let table): references.append(.init(table: table, name: object, isOnly: false))
            case .view(let view): try expand(view, &views, &references, &hasGroups)
            case .catalog, .unknown: continue
            }
        }
        // The rehearsal does not know them.
        if let made = references.first(where: { $0.table.schema.columns.contains { $0.isMade } }),
            parsed.source.lowercased().contains("insert")
        {
            throw PlanningRefusal(
                .statementNotModelled,
                "\(made.table.schema.name) has generated identifiers, and the statement is rehearsed on a copy that has none",
                hint: "INSERT … VALUES and INSERT … SELECT make them.")
        }
        var tables: [ServerRehearsalPlan.Table] = []
        for name in names(references).sorted() {
            guard let reference = references.first(where: { $0.table.schema.name == name }) else { continue }
            guard !planner.temporary.contains(name) else {
                throw PlanningRefusal(
                    .statementNotModelled, "a temporary table has the name \(name) of a table that is gathered",
                    hint: "Name it otherwise.")
            }
            tables.append(try rehearsed(reference.table))
        }
        let sql = SQLPrinter.print(parsed.statement, options: options) { name in
            guard name.schema.map(ServerSurvey.text) == "public" else { return nil }
            return ServerNames.quoted(ServerSurvey.text(name.name))
        }
        let plan = ServerRehearsalPlan(
            tables: tables, views: try views.map(Self.temporary), sql: sql, returnsRows: returnsRows)
        return self.plan(
            .server(ServerPlan(.rehearse(plan), parameterTypes: parameterTypes)), .combine,
            reasons: ["the write needs rows of several places together"], tables: tables.map(\.name))
    }

    private func rehearsed(_ table: LogicalTable) throws(PlanningRefusal) -> ServerRehearsalPlan.Table {
        let name = table.schema.name
        let target: ServerRehearsalPlan.Target
        let sources: [(shard: ShardIndex?, name: String)]
        switch table.placement {
        case .broadcast:
            target = .everyShard
            sources = [(nil, ServerNames.whole(name))]
        case .single(let shard):
            target = .shard(shard)
            sources = [(shard, ServerNames.whole(name))]
        case .sharded(let sharding):
            var key: [(name: String, column: ServerKeyColumn)] = []
            for ordinal in sharding.keyColumns {
                let column = table.schema.columns[ordinal]
                guard let keyColumn = ServerKeyColumn(column) else {
                    throw PlanningRefusal(.shardKeyExpression, "the type of \(column.name) cannot be a shard key's")
                }
                key.append((column.name, keyColumn))
            }
            guard !key.isEmpty else {
                throw PlanningRefusal(.shardKeyMissing, "\(name) is sharded by hint")
            }
            target = .sharded(sharding, key: key)
            sources = zip(sharding.partitions, ServerNames.names(of: name, sharding)).map { ($0.shard, $1) }
        }
        var identities: [(column: String, next: String)] = []
        for column in table.schema.columns where column.generator == "identity" {
            if let next = column.defaultSQL { identities.append((column.name, next)) }
        }
        let isReferred = referring(to: table) != nil
        return ServerRehearsalPlan.Table(
            name: name, sources: sources, target: target,
            columns: table.schema.columns.filter { !$0.isGenerated }.map(\.name), identities: identities,
            primaryKey: table.schema.primaryKey.map { table.schema.columns[$0].name }, isReferred: isReferred,
            hasForeignKeys: isReferred || table.createSQL.uppercased().contains("REFERENCES"),
            isBinary: table.schema.columns.allSatisfy { Self.isPortable($0.declaredType ?? "") })
    }

    /// What is not the same of a row's copy, and what acts on the connection's own state.
    private func checkWords() throws(PlanningRefusal) {
        let words = parsed.source.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "_" })
        for word in ["tableoid", "ctid", "xmin", "xmax", "cmin", "cmax", "current_of"]
        where words.contains(Substring(word)) {
            throw PlanningRefusal(.statementNotModelled, "\(word) in a write over several shards")
        }
        if parsed.source.lowercased().contains("current of") {
            throw PlanningRefusal(.statementNotModelled, "WHERE CURRENT OF")
        }
        if case .other = parsed.statement, words.contains("public") {
            throw PlanningRefusal(
                .statementNotModelled, "a name with its schema in MERGE over several shards", hint: "Leave it out.")
        }
        if case .insert(let insert) = parsed.statement, let overriding = insert.overriding,
            overriding.uppercased().contains("USER")
        {
            throw PlanningRefusal(.statementNotModelled, "OVERRIDING USER VALUE over several shards")
        }
        if words.contains("overriding"), case .insert = parsed.statement {
        } else if words.contains("overriding") {
            throw PlanningRefusal(.statementNotModelled, "OVERRIDING over several shards")
        }
    }

    /// Functions are called once, by the coordinator: all but those that act on a connection or tell of a server.
    private func checkRehearsedCalls() throws(PlanningRefusal) {
        var calls: Set<ServerSurvey.Call> = []
        SyntaxNode.statement(parsed.statement).walk { node in
            if case .expression(.function(let call)) = node {
                calls.insert(
                    ServerSurvey.Call(name: ServerSurvey.text(call.name.name), argumentCount: call.arguments.count))
            }
            return .descend
        }
        if case .other(let other) = parsed.statement {
            for match in other.text.matches(of: /([A-Za-z_][A-Za-z0-9_]*)\s*\(/) {
                let name = match.1.lowercased()
                if planner.functions.volatility[name] != nil {
                    calls.insert(ServerSurvey.Call(name: name, argumentCount: 0))
                }
            }
        }
        // The coordinator's sequences are the one source of numbers, and random() is asked once.
        try check(calls.filter { $0.name != "nextval" }, readsTables: true)
    }
}

extension TableSchema.Column {
    /// Its values are made by ShardKit.
    var isMade: Bool { generator.map { $0 != "identity" } ?? false }
}
