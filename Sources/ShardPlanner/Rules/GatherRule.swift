import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// What a statement that is gathered reads, and the pieces that bring it: the tables, the views, and of each table the
/// columns and rows that are wanted.
struct GatherRule {
    let work: PlanningWork
    /// The logical tables read, in order of appearance.
    let tables: [LogicalTable]
    /// The CREATE VIEW texts of the views read, those below first.
    let views: [String]
    /// The statement reads TEMP objects too, and runs where they are: in the session's private database.
    let meetsTemporary: Bool
    private let filters: GatherFilters?
    private let merged: MergedColumns
    /// Folded names of the tables that are gathered whole.
    private let whole: Set<String>
    /// Folded names of the tables in a FROM below a `*`.
    private let shown: Set<String>

    /// - Parameters:
    ///   - select: the statement's reading part, views not expanded.
    ///   - refusal: thrown again where rows are not on shards at all (TEMP tables, the schema's own tables).
    ///   - derived: folded names of tables that others bring (``DerivedPieces``).
    init(
        _ work: PlanningWork, _ select: SelectStatement, after refusal: PlanningRefusal, derived: Set<String> = []
    ) throws(PlanningRefusal) {
        self.work = work
        let reach = TemporaryReach(.select(select), planner: work.planner, reads: work.facts.reads ?? [])
        views = Self.views(of: select, work)
        let expanded = try work.views.expand(select)
        let found = try Self.tables(of: expanded, work, after: refusal, derived)
        meetsTemporary = found.meetsTemporary || reach.isTouched
        whole = reach.behind
        tables =
            found.tables
            + (meetsTemporary ? reach.tables : []).sorted().compactMap { work.topology.table(named: $0) }.filter {
                table in
                !found.tables.contains { $0.schema.name == table.schema.name }
            }
        // Where a TEMP table hides one of the schema, conditions on columns may be about either.
        let hides = work.planner.temporaryTables.contains {
            work.topology.table(named: $0) != nil || work.topology.view(named: $0) != nil
        }
        filters = meetsTemporary && hides ? nil : GatherFilters(of: expanded, topology: work.topology)
        merged = MergedColumns(of: expanded)
        var shown: Set<String> = []
        SyntaxNode.select(expanded).walk { node in
            switch node {
            case .select(let inner), .subquery(let inner):
                for case .core(let core) in inner.body.arms where core.items.contains(where: \.isWildcard) {
                    SelectStatement(body: .core(SelectCore(items: [], from: core.from))).forEachTable {
                        shown.insert($0.name.name.folded)
                    }
                }
            case .statement, .commonTable, .table, .expression: break
            }
            return .descend
        }
        self.shown = shown
    }

    /// Tables that are gathered whole, for a statement on TEMP tables.
    ///
    /// - Parameter names: folded.
    init(_ work: PlanningWork, whole names: Set<String>) {
        self.work = work
        tables = names.sorted().compactMap { work.topology.table(named: $0) }
        views = []
        meetsTemporary = true
        filters = nil
        merged = MergedColumns()
        whole = names
        shown = []
    }

    // MARK: What is read

    private static func tables(
        of select: SelectStatement, _ work: PlanningWork, after refusal: PlanningRefusal, _ derived: Set<String>
    ) throws(PlanningRefusal) -> (tables: [LogicalTable], meetsTemporary: Bool) {
        var common = derived
        select.forEachCommonTable { common.insert($0.name.folded) }
        var tables: [LogicalTable] = []
        var known: Set<String> = []
        var isForeign = false
        var meetsTemporary = false
        select.forEachTable(includingSubqueries: true) { reference in
            let name = reference.name.name.folded
            let isTemporary = work.planner.temporary.contains(reference.name)
            if isTemporary { meetsTemporary = true }
            guard let table = work.topology.table(named: name), reference.name.schema?.folded != "temp" else {
                // The schema's own tables: their rows are not on the shards.
                if !isTemporary, !common.contains(name), work.topology.view(named: name) == nil { isForeign = true }
                return
            }
            // Also where a TEMP table hides it: a logical view may mean it.
            if known.insert(name).inserted { tables.append(table) }
        }
        // What the parser kept as text may name tables too: the engine knows them.
        for read in work.facts.reads ?? [] where !known.contains(read.table) {
            guard let table = work.topology.table(named: read.table) else { continue }
            if select.isVerbatimSomewhere {
                known.insert(read.table)
                tables.append(table)
            }
        }
        if isForeign { throw refusal }
        return (tables, meetsTemporary)
    }

    private static func views(of select: SelectStatement, _ work: PlanningWork) -> [String] {
        var texts: [String] = []
        var known: Set<String> = []
        func add(_ select: SelectStatement) {
            select.forEachTable(includingSubqueries: true) { reference in
                guard let view = work.topology.view(named: reference.name.name.text),
                    known.insert(reference.name.name.folded).inserted
                else { return }
                if let parsed = try? Parser.parse(view.createSQL, dialect: work.planner.dialect),
                    case .createView(let create) = parsed.statement
                {
                    add(create.select)
                }
                texts.append(view.createSQL)
            }
        }
        add(select)
        return texts
    }

    // MARK: Pieces

    /// The tables that the statement reads, those first whose own conditions leave rows out: what they are joined with then
    /// leaves out rows too.
    ///
    /// - Parameter target: a table that others bring first.
    func pieces(besides target: LogicalTable? = nil) throws(PlanningRefusal) -> [GatheredPiece] {
        var reduction = JoinReduction()
        if let target { reduction.note(target, filter(of: target), isNarrowed: filter(of: target) != nil) }
        var waiting = tables.filter { $0.schema.name != target?.schema.name }
        var pieces: [GatheredPiece] = []
        while !waiting.isEmpty {
            let next = waiting.firstIndex { filter(of: $0) != nil || !reduction.links(links(of: $0)).isEmpty } ?? 0
            pieces.append(try piece(waiting.remove(at: next), &reduction))
        }
        return pieces
    }

    /// A table that the statement reads.
    private func piece(
        _ table: LogicalTable, _ reduction: inout JoinReduction
    ) throws(PlanningRefusal) -> GatheredPiece {
        let schema = table.schema
        guard !table.isVirtual else {
            throw PlanningRefusal(
                .statementNotModelled, "the virtual table \(schema.name) cannot be gathered",
                hint: "Read it in a statement of its own and bind the answer.")
        }
        // Rowids and primary keys always: so that rows stand, and are met, in the order in which one database has them.
        let read = Set(columns(read: schema))
        let key = schema.rowIDColumn.map { [$0] } ?? (schema.isWithoutRowID ? schema.primaryKey : [])
        var ordinals = schema.columns.indices.filter { read.contains($0) || key.contains($0) }
        var names = ordinals.map { schema.columns[$0].name }
        if let name = schema.implicitRowIDName { names.append(name) }
        if names.isEmpty {
            // Rows are only counted: any column will do.
            ordinals = [0]
            names = [schema.columns[0].name]
        }
        let identifiers = names.map { Identifier($0) }
        func source(_ filter: Expression?, _ operands: Operands) throws(PlanningRefusal) -> Plan {
            try self.source(select(identifiers, schema, filter), names, operands)
        }
        func attempt(_ filter: Expression) -> Plan? {
            // First for itself: what a failed attempt would have computed is nobody's.
            let own = Operands(dialect: work.planner.dialect, parameterCount: work.operands.parameterCount)
            guard (try? source(filter, own)) != nil else { return nil }
            return try? source(filter, work.operands)
        }
        var filter = filter(of: table)
        var plan = try source(filter, work.operands)
        var keyLinks: [JoinLink] = []
        for link in reduction.links(links(of: table)) {
            if let condition = reduction.condition(link) {
                let both = filter.map { Expression.joined([$0, condition], .and, "AND") } ?? condition
                if let reduced = attempt(both) {
                    (filter, plan) = (both, reduced)
                    continue
                }
            }
            keyLinks.append(link)
        }
        var keys: KeyReduction?
        if let link = keyLinks.first {
            let number = reduction.nextNumber()
            let parameter = work.operands.parameter(.gatheredKeys, key: "gathered keys \(number)")
            let condition = JoinReduction.condition(link.column, isIn: parameter)
            let both = filter.map { Expression.joined([$0, condition], .and, "AND") } ?? condition
            if case .parameter(let parameter) = parameter, let reduced = attempt(both) {
                keys = KeyReduction(
                    column: link.column, keys: link.other + "." + link.otherColumn,
                    keysSQL: JoinReduction.keysSQL(
                        of: Identifier(link.otherColumn).quoted,
                        in: (meetsTemporary ? "main." : "") + Identifier.quoted(link.other)),
                    parameter: parameter.index, source: PlanBox(reduced))
            }
        }
        reduction.note(table, filter, isNarrowed: filter != nil || keys != nil)
        return GatheredPiece(
            table: schema.name, createTable: definition(schema, gathered: Set(ordinals)),
            insertHead: insertHead(schema, identifiers), columnCount: names.count, source: PlanBox(plan),
            reduction: keys)
    }

    private func filter(of table: LogicalTable) -> Expression? {
        whole.contains(Topology.key(for: table.schema.name)) ? nil : filters?.filter(of: table)
    }

    private func links(of table: LogicalTable) -> [JoinLink] {
        guard !whole.contains(Topology.key(for: table.schema.name)) else { return [] }
        return (filters?.links(of: table) ?? []).filter { !whole.contains(Topology.key(for: $0.other)) }
    }

    private func insertHead(_ schema: TableSchema, _ columns: [Identifier]) -> String {
        // A TEMP table comes before the one in main.
        (meetsTemporary ? "INSERT INTO main." : "INSERT INTO ") + Identifier.quoted(schema.name) + " ("
            + columns.map(\.quoted).joined(separator: ", ") + ")"
    }

    /// The table that the statement writes: its rows with what identifies them. Without constraints, which the shards
    /// check.
    ///
    /// - Throws: where columns of ours could be seen.
    func targetPieces(_ table: LogicalTable, _ identity: Identity) throws(PlanningRefusal) -> [GatheredPiece] {
        let schema = table.schema
        var names = columns(read: schema).map { Identifier(schema.columns[$0].name) }
        if identity.mayMove {
            let stored = schema.columns.filter { !$0.isGenerated }.map { Identifier($0.name) }
            names = stored + names.filter { name in !stored.contains { $0.folded == name.folded } }
        }
        // The rowid also where it is not the identity: rows are met in its order, and take it along when they move.
        for column in (identity.columns + [schema.implicitRowIDName].compactMap(\.self)).map({ Identifier($0) })
        where !names.contains(where: { $0.folded == column.folded }) {
            names.append(column)
        }
        let hidden = identity.hidden.map { Identifier($0) }
        let copies = identity.isCopied ? identity.columns.map { Identifier($0) } : []
        let filter = filter(of: table)
        let anyType = schema.isStrict ? " ANY" : ""
        var extra = hidden.map { ", \($0.quoted)\(anyType)" }.joined()
        // Keys that change are checked row by row, as one database checks them: `SET k = k + 1` meets the next row.
        if identity.isCopied || identity.mayMove {
            let gathered = Set(names.map(\.folded))
            let keys = schema.rowIDColumn == nil ? [schema.primaryKey] : []
            for key in keys + schema.uniqueKeys where !key.isEmpty {
                let columns = key.map { Identifier(schema.columns[$0].name) }
                guard columns.allSatisfy({ gathered.contains($0.folded) }) else { continue }
                extra += ", UNIQUE (\(columns.map(\.quoted).joined(separator: ", ")))"
            }
        }
        let create = definition(schema, gathered: [], extra: extra)
        let head = { (columns: [Identifier]) in insertHead(schema, columns) }
        if !hidden.isEmpty, showsEveryColumn(of: schema) {
            throw PlanningRefusal(
                .statementNotModelled, "* in the statement would show columns that ShardKit adds to \(schema.name)",
                hint: "Name the columns instead of *.")
        }
        guard !identity.partition.isEmpty, case .sharded(let sharding) = table.placement else {
            let source = try source(
                select(names + copies, schema, filter), (names + copies).map(\.text), work.operands)
            return [
                GatheredPiece(
                    table: schema.name, createTable: create, insertHead: head(names + hidden),
                    columnCount: names.count + hidden.count, source: PlanBox(source))
            ]
        }
        return try sharding.partitions.indices.map { number throws(PlanningRefusal) in
            var query = select(names + copies, schema, filter)
            if case .core(var core) = query.body {
                core.items.append(SelectItem(.expression(.literal(Literal(.integer, text: "\(number)")))))
                query.body = .core(core)
            }
            let template = try work.templates.template(
                ValueRewriting(operands: work.operands, fixesMoment: true).rewrite(.select(query)))
            let route = Route.partitions(sharding, .partitions([number]))
            let width = names.count + hidden.count
            let node = ScatterNode(parts: [.init(route: route, statement: template)], columnCount: width)
            let plan = Plan(
                rung: .merge, columns: (0..<width).map { PlanColumn(name: "c\($0)") },
                action: .query(QueryPlan(route: route, whole: template, scatter: .scatter(node), isShort: false)),
                parameterCount: work.parsed.parameterNames.count, topologyEpoch: work.topology.epoch)
            return GatheredPiece(
                table: schema.name, createTable: number == 0 ? create : nil,
                insertHead: head(names + hidden), columnCount: width,
                source: PlanBox(plan))
        }
    }

    /// Whether columns of ours would be seen: `*`, a NATURAL join, or the text of a TEMP view.
    private func showsEveryColumn(of schema: TableSchema) -> Bool {
        merged.isEveryColumn || shown.contains(Topology.key(for: schema.name))
            || whole.contains(Topology.key(for: schema.name))
    }

    private func select(_ names: [Identifier], _ schema: TableSchema, _ filter: Expression?) -> SelectStatement {
        SelectStatement(
            body: .core(
                SelectCore(
                    items: names.map { SelectItem(.expression(.column(ColumnReference([$0])))) },
                    from: .table(TableReference(ObjectName([Identifier(schema.name)]))), where: filter)))
    }

    private func source(
        _ select: SelectStatement, _ names: [String], _ operands: Operands
    ) throws(PlanningRefusal) -> Plan {
        var parsed = work.parsed
        parsed.statement = .select(select)
        parsed.source = SQLPrinter.print(.select(select), options: work.templates.options)
        let facts = StatementFacts(columns: names.map { PlanColumn(name: $0) }, isReadOnly: true)
        let inner = PlanningWork(
            parsed: parsed, facts: facts, planner: work.planner.withoutTemporary, operands: operands)
        return try SelectPlanner(inner).planWithoutGathering(select)
    }

    /// Ordinals of the columns that the engine says are read, and of those it compares without a word.
    func columns(read schema: TableSchema) -> [Int] {
        guard work.facts.reads != nil, !merged.isEveryColumn, !whole.contains(Topology.key(for: schema.name)) else {
            return Array(schema.columns.indices)
        }
        return schema.columns.indices.filter { index in
            reads(schema.columns[index].name, of: schema)
                || merged.names.contains(Topology.key(for: schema.columns[index].name))
                || schema.rowIDColumn == index && reads(Scope.rowIDName, of: schema)
        }
    }

    private func reads(_ column: String, of schema: TableSchema) -> Bool {
        work.facts.reads?.contains(ColumnRead(table: schema.name, column: column)) ?? false
    }

    /// The table as the private engine makes it: generated columns are plain, constraints have done their work.
    private func definition(_ schema: TableSchema, gathered: Set<Int>, extra: String = "") -> String {
        var columns: [String] = []
        for (ordinal, column) in schema.columns.enumerated() {
            var text = Identifier.quoted(column.name)
            if ordinal == schema.rowIDColumn {
                text += " INTEGER PRIMARY KEY"
            } else {
                if let type = column.declaredType { text += " " + type }
                if column.isNotNull && gathered.contains(ordinal) { text += " NOT NULL" }
                switch column.collation {
                case .binary: break
                case .nocase: text += " COLLATE NOCASE"
                case .rtrim: text += " COLLATE RTRIM"
                case .custom(let name): text += " COLLATE " + Identifier.quoted(name)
                }
            }
            columns.append(text)
        }
        var options: [String] = []
        if schema.isWithoutRowID, !gathered.isEmpty {
            let key = schema.primaryKey.map { Identifier.quoted(schema.columns[$0].name) }
            columns.append("PRIMARY KEY (\(key.joined(separator: ", ")))")
            options.append("WITHOUT ROWID")
        }
        if schema.isStrict { options.append("STRICT") }
        return "CREATE TABLE \(Identifier.quoted(schema.name)) (\(columns.joined(separator: ", "))\(extra)) "
            + options.joined(separator: ", ")
    }
}

/// Columns that joins compare by name. The engine does not ask its authorizer about them.
private struct MergedColumns {
    /// Folded names after USING.
    var names: Set<String> = []
    /// A NATURAL join compares whatever two tables have in common.
    var isEveryColumn = false

    init() {}

    init(of select: SelectStatement) {
        SyntaxNode.select(select).walk { node in
            if case .table(.join(let join)) = node {
                if join.isNatural { isEveryColumn = true }
                if case .using(let columns, _)? = join.constraint { names.formUnion(columns.map(\.folded)) }
            }
            return .descend
        }
    }
}

extension SelectStatement {
    /// Whether any part is kept as text.
    var isVerbatimSomewhere: Bool {
        var isFound = false
        SyntaxNode.select(self).walk { node in
            switch node {
            case .expression(.verbatim), .table(.verbatim): isFound = true
            case .statement, .select, .subquery, .commonTable, .table, .expression: break
            }
            return isFound ? .skip : .descend
        }
        return isFound
    }
}

extension LogicalTable {
    /// CREATE VIRTUAL TABLE: what its module makes of a statement cannot be told from rows.
    var isVirtual: Bool { String(createSQL.prefix(14)).asciiLowercased() == "create virtual" }

    /// Whether its rows stand in several places.
    func isSpread(over topology: Topology) -> Bool {
        switch placement {
        case .single: false
        case .broadcast: topology.shards.count > 1
        case .sharded(let sharding): sharding.partitions.count > 1
        }
    }
}
