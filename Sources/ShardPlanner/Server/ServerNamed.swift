public import ShardBase
public import ShardSQL
public import ShardTopology

/// The tables and views that a statement names, apart by whose they are.
public struct ServerNamed: Sendable {
    /// Of the session's temporary ones.
    public var temporary: Set<String> = []
    /// Of the logical database.
    public var logical: Set<String> = []
    /// The first name is the table written, and is a temporary one.
    public var writesTemporary = false

    /// Rather too much than too little: names of common tables are taken for tables, and words of statements that are kept as
    /// text for names.
    public init(_ parsed: ParsedStatement, temporary: Set<String>, topology: Topology) {
        func isTemporary(_ name: ObjectName) -> Bool {
            let schema = name.schema.map(ServerSurvey.text)
            return schema == "pg_temp" || schema == nil && temporary.contains(ServerSurvey.text(name.name))
        }
        var this = self
        func note(_ name: ObjectName) {
            if isTemporary(name) {
                this.temporary.insert(ServerSurvey.text(name.name))
                return
            }
            switch ServerSurvey.relation(name, in: topology) {
            case .table(let table): this.logical.insert(table.schema.name)
            case .view(let view): this.logical.insert(view.name)
            case .catalog, .unknown: break
            }
        }
        func noteWords(_ text: String) {
            for word in text.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "_" && $0 != "$" }) {
                for name in Set([String(word), word.lowercased()]) {
                    note(ObjectName([Identifier(name, quote: .double)]))
                }
            }
        }
        let statement = parsed.statement
        statement.forEachTable(includingSubqueries: true) { note($0.name) }
        switch statement {
        case .insert(let insert): this.writesTemporary = isTemporary(insert.table)
        case .update(let update): this.writesTemporary = isTemporary(update.table.name)
        case .delete(let delete): this.writesTemporary = isTemporary(delete.table.name)
        case .createTable(let create):
            switch create.content {
            case .columns(let columns, let constraints):
                for column in columns {
                    for constraint in column.constraints {
                        if case .references(let reference) = constraint.kind { note(reference.table) }
                    }
                }
                for constraint in constraints {
                    if case .foreignKey(_, let reference) = constraint.kind { note(reference.table) }
                    if case .verbatim(let text) = constraint.kind { noteWords(text) }
                }
            case .select: break
            case .verbatim(let text): noteWords(text)
            }
            if let suffix = create.suffix { noteWords(suffix) }
        case .createIndex(let create): note(create.table)
        case .alterTable(let alter):
            note(alter.table)
            if case .verbatim(let text) = alter.action { noteWords(text) }
        case .drop(let drop): for name in drop.names { note(name) }
        case .createTrigger: noteWords(parsed.source)
        case .other(let other): noteWords(other.text)
        case .select, .createView, .createVirtualTable, .transaction, .explain, .pragma, .setting, .showTopology: break
        }
        self = this
    }
}

extension ServerPlanner {
    /// What the coordinator has to have so that it can run a statement that reads tables of the logical database and writes
    /// none of them: all their rows.
    public func staging(_ parsed: ParsedStatement, sql: String) throws(ShardError) -> ServerCombinePlan {
        let work = ServerWork(
            planner: self, parsed: parsed, facts: ServerFacts(columns: [], parameterTypes: []),
            question: ServerQuestion())
        do {
            try work.checkCalls(readsTables: true)
            return try work.staging(sql)
        } catch {
            throw error.shardError
        }
    }

    /// Whether the coordinator may run a statement that reads nothing of the logical database.
    public func checkCoordinated(_ parsed: ParsedStatement) throws(ShardError) {
        let work = ServerWork(
            planner: self, parsed: parsed, facts: ServerFacts(columns: [], parameterTypes: []),
            question: ServerQuestion())
        do {
            try work.checkCalls(readsTables: false)
        } catch {
            throw error.shardError
        }
    }
}

extension ServerWork {
    /// ``check(_:readsTables:)`` for all calls of the statement.
    func checkCalls(readsTables: Bool) throws(PlanningRefusal) {
        var calls: Set<ServerSurvey.Call> = []
        SyntaxNode.statement(parsed.statement).walk { node in
            if case .expression(.function(let call)) = node {
                calls.insert(
                    ServerSurvey.Call(name: ServerSurvey.text(call.name.name), argumentCount: call.arguments.count))
            }
            return .descend
        }
        try check(calls, readsTables: readsTables)
    }

    func staging(_ sql: String) throws(PlanningRefusal) -> ServerCombinePlan {
        var names: [ObjectName] = []
        parsed.statement.forEachTable(includingSubqueries: true) { names.append($0.name) }
        var references: [ServerSurvey.Reference] = []
        var views: [LogicalView] = []
        var hasGroups = false
        for name in names {
            if name.schema == nil, planner.temporary.contains(ServerSurvey.text(name.name)) { continue }
            guard name.schema == nil else {
                throw PlanningRefusal(
                    .statementNotModelled, "a name with its schema beside temporary tables", hint: "Leave it out.")
            }
            switch ServerSurvey.relation(name, in: topology) {
            case .table(let table): references.append(.init(table: table, name: name, isOnly: false))
            case .view(let view): try expand(view, &views, &references, &hasGroups)
            case .catalog, .unknown: continue
            }
        }
        for name in references.map(\.table.schema.name) + views.map(\.name) where planner.temporary.contains(name) {
            throw PlanningRefusal(
                .statementNotModelled, "a temporary table has the name \(name) of a table that is gathered",
                hint: "Name it otherwise.")
        }
        let pieces = self.names(references).map { name in
            piece(references.filter { $0.table.schema.name == name }, .everything, withKey: true)
        }
        return ServerCombinePlan(
            pieces: pieces, views: try views.map(Self.temporary), viewNames: views.map(\.name), sql: sql)
    }
}
