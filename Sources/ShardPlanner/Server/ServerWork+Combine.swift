import ShardBase
import ShardSQL
import ShardTopology

extension ServerWork {
    mutating func combine(
        _ select: SelectStatement, _ survey: ServerSurvey, _ tables: [String]
    ) throws(PlanningRefusal) -> Plan {
        fixTimes()
        var references = survey.references
        var views: [LogicalView] = []
        var hasGroups = survey.hasGroups
        for view in survey.views { try expand(view, &views, &references, &hasGroups) }
        for name in references.map(\.table.schema.name) + views.map(\.name) where planner.temporary.contains(name) {
            throw PlanningRefusal(
                .statementNotModelled, "a temporary table has the name \(name) of a table that is gathered",
                hint: "Name it otherwise.")
        }
        var mentions = ServerMentions()
        mentions.note(parsed.statement)
        for view in views {
            if let parsed = try? Parser.parse(view.createSQL, dialect: .postgresql) { mentions.note(parsed.statement) }
        }
        let pieces = names(references).map { name in
            piece(references.filter { $0.table.schema.name == name }, mentions, withKey: hasGroups)
        }
        let isQualified =
            survey.references.contains { $0.name.schema != nil } || !survey.views.isEmpty || !evaluated.isEmpty
        let text =
            isQualified
            ? SQLPrinter.print(parsed.statement, options: options) { name in
                guard name.schema != nil else { return nil }
                return ServerNames.quoted(ServerSurvey.text(name.name))
            } : sourceText
        let combine = ServerCombinePlan(
            pieces: pieces, views: try views.map(Self.temporary), viewNames: views.map(\.name), sql: text)
        return plan(
            .server(ServerPlan(.combine(combine), parameterTypes: parameterTypes)), .combine,
            reasons: ["rows of several places are needed together"], tables: pieces.map(\.table))
    }

    /// One table, as all references to it need it.
    func piece(
        _ references: [ServerSurvey.Reference], _ mentions: ServerMentions, withKey: Bool
    ) -> ServerCombinePlan.Piece {
        let table = references[0].table
        let name = table.schema.name
        let sources: [(shard: ShardIndex?, name: String)] =
            switch table.placement {
            case .broadcast: [(nil, ServerNames.whole(name))]
            case .single(let shard): [(shard, ServerNames.whole(name))]
            case .sharded(let sharding):
                zip(sharding.partitions, ServerNames.names(of: name, sharding)).map { ($0.shard, $1) }
            }
        let key = withKey ? table.schema.primaryKey.map { table.schema.columns[$0].name } : []
        var columns = table.schema.columns.map(\.name).filter { mentions.mayMean($0) || key.contains($0) }
        if columns.isEmpty { columns = table.schema.columns.prefix(1).map(\.name) }
        return ServerCombinePlan.Piece(
            table: name, columns: columns, sources: sources, filter: filter(references), primaryKey: key,
            isBinary: table.schema.columns.allSatisfy { Self.isPortable($0.declaredType ?? "") })
    }

    /// Rows that some reference to the table may want.
    private func filter(_ references: [ServerSurvey.Reference]) -> [ServerCombinePlan.FilterPart] {
        guard references.allSatisfy({ !$0.filters.isEmpty }) else { return [] }
        let texts = references.map { reference in
            reference.filters.map { "(" + SQLPrinter.print(Self.marked($0), options: options) + ")" }
                .joined(separator: " AND ")
        }
        var whole = texts[0]
        if texts.count > 1 { whole = texts.map { "(\($0))" }.joined(separator: " OR ") }
        return whole.split(separator: Self.mark, omittingEmptySubsequences: false).enumerated().map { number, part in
            number % 2 == 0 ? .text(String(part)) : .parameter(Int(part) ?? 0)
        }
    }

    private static let mark: Character = "\u{1}"

    /// Parameters as marks around their numbers: COPY takes none.
    private static func marked(_ expression: Expression) -> Expression {
        expression.mapped { part in
            guard case .parameter(let parameter) = part else { return nil }
            return .verbatim(VerbatimExpression(text: "\(mark)\(parameter.index)\(mark)", kind: "parameter"))
        }
    }

    /// Types of the server's own; what users make may have another number on each server.
    static func isPortable(_ type: String) -> Bool {
        let words = type.prefix { $0 != "(" && $0 != "[" }.trimmingSuffix()
        return portable.contains(words)
    }

    private static let portable: Set<String> = [
        "smallint", "integer", "bigint", "real", "double precision", "numeric", "money", "text", "character varying",
        "character", "\"char\"", "name", "bytea", "boolean", "date", "time", "timestamp", "time without time zone",
        "time with time zone", "timestamp without time zone", "timestamp with time zone", "interval", "uuid", "json",
        "jsonb", "xml", "inet", "cidr", "macaddr", "macaddr8", "bit", "bit varying", "point", "line", "lseg", "box",
        "path", "polygon", "circle", "oid", "tsvector", "tsquery", "int4range", "int8range", "numrange", "tsrange",
        "tstzrange", "daterange",
    ]

    /// The views that a view reads before it, and the tables of all.
    func expand(
        _ view: LogicalView, _ views: inout [LogicalView], _ references: inout [ServerSurvey.Reference],
        _ hasGroups: inout Bool
    ) throws(PlanningRefusal) {
        guard !views.contains(where: { $0.name == view.name }) else { return }
        guard let parsed = try? Parser.parse(view.createSQL, dialect: .postgresql),
            case .createView(let create) = parsed.statement
        else { throw PlanningRefusal(.viewAcrossShards, "the view \(view.name) cannot be read") }
        let own = try survey { $0.visit(create.select) }
        guard own.catalogNames.isEmpty else {
            throw PlanningRefusal(.viewAcrossShards, "the view \(view.name) reads the server's catalogs")
        }
        guard own.temporaryNames.isEmpty else {
            throw PlanningRefusal(
                .viewAcrossShards, "the view \(view.name) reads tables that temporary ones hide",
                hint: "Name the temporary tables otherwise.")
        }
        try check(own.calls, readsTables: true)
        for inner in own.views { try expand(inner, &views, &references, &hasGroups) }
        references += own.references
        hasGroups = hasGroups || own.hasGroups
        views.append(view)
    }

    static func temporary(_ view: LogicalView) throws(PlanningRefusal) -> String {
        guard let parsed = try? Parser.parse(view.createSQL, dialect: .postgresql),
            case .createView(var create) = parsed.statement
        else { throw PlanningRefusal(.viewAcrossShards, "the view \(view.name) cannot be read") }
        create.isTemporary = true
        create.orReplace = false
        create.name = ObjectName([Identifier(view.name, quote: .double)])
        return SQLPrinter.print(.createView(create), options: .init(dialect: .postgresql)) { name in
            guard name.schema != nil else { return nil }
            return ServerNames.quoted(ServerSurvey.text(name.name))
        }
    }
}

extension Substring {
    fileprivate func trimmingSuffix() -> String {
        var copy = self
        while copy.last == " " { copy.removeLast() }
        return String(copy)
    }
}

/// The names of columns that stand anywhere in a statement, whatever they mean there. More is gathered than needed where two
/// tables have a column of one name, never less.
struct ServerMentions {
    /// Any column may be meant.
    static var everything: ServerMentions {
        var mentions = ServerMentions()
        mentions.isEverything = true
        return mentions
    }

    private var names: Set<String> = []
    /// `*`, NATURAL, a whole row: everything may be meant.
    private var isEverything = false
    private var tables: Set<String> = []

    func mayMean(_ column: String) -> Bool { isEverything || names.contains(column) || !names.isDisjoint(with: tables) }

    mutating func note(_ statement: Statement) {
        var this = self
        SyntaxNode.statement(statement).walk { node in
            switch node {
            case .expression(let expression): this.note(expression)
            case .select(let select), .subquery(let select): this.note(select)
            case .table(let table): this.note(table)
            case .statement, .commonTable: break
            }
            return .descend
        }
        if case .select(let select) = statement { this.note(select) }
        if case .createView(let create) = statement { this.note(create.select) }
        self = this
    }

    private mutating func note(_ select: SelectStatement) {
        for arm in select.body.arms {
            switch arm {
            case .core(let core):
                for item in core.items { if case .wildcard = item.content { isEverything = true } }
            case .table: isEverything = true
            case .nested(let inner): note(inner)
            case .values, .compound: break
            }
        }
    }

    private mutating func note(_ expression: Expression) {
        switch expression {
        case .column(let column): for part in column.parts { names.insert(ServerSurvey.text(part)) }
        case .function(let call):
            // count(*) reads no column.
            for argument in call.arguments {
                if case .wildcard(let wildcard) = argument.value, wildcard.qualifier != nil { isEverything = true }
            }
            if call.specialSyntax?.contains("*") ?? false { isEverything = true }
        case .row(let row):
            for element in row.elements { if case .wildcard = element { isEverything = true } }
        case .field(let field): if case .wildcard = field.operand { isEverything = true }
        case .verbatim: isEverything = true
        case .literal, .parameter, .unary, .binary, .isNull, .between, .inList, .match, .cast, .collate, .conditional,
            .exists, .subquery, .parenthesized, .quantified, .array, .subscripted, .atTimeZone, .raise, .wildcard,
            .defaultValue:
            break
        }
    }

    private mutating func note(_ table: TableExpression) {
        switch table {
        case .table(let reference):
            tables.insert(ServerSurvey.text(reference.alias?.name ?? reference.name.name))
            if !(reference.alias?.columns.isEmpty ?? true) { isEverything = true }
        case .join(let join):
            if join.isNatural { isEverything = true }
            if case .using(let columns, let alias) = join.constraint {
                for column in columns { names.insert(ServerSurvey.text(column)) }
                if alias != nil { isEverything = true }
            }
        case .verbatim: isEverything = true
        case .subquery, .function, .parenthesized: break
        }
    }
}
