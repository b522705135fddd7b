import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// Rung 4: what no cheaper rung answers is gathered. Each table the statement reads becomes a table of a private
/// engine, filled with the columns the engine says it reads and the rows its conditions can want; then the engine runs
/// the statement itself.
struct CombineRule {
    let work: PlanningWork
    /// Why no cheaper rung applied.
    let refusal: PlanningRefusal

    init(_ work: PlanningWork, after refusal: PlanningRefusal) {
        self.work = work
        self.refusal = refusal
    }

    /// - Throws: the refusal of the cheaper rungs, or why gathering cannot give the answer either.
    func plan(_ select: SelectStatement) throws(PlanningRefusal) -> Plan {
        let views = try views(of: select)
        let expanded = try work.views.expand(select)
        let tables = try tables(of: expanded)
        let filters = GatherFilters(of: expanded, topology: work.topology)
        let merged = MergedColumns(of: expanded)
        var pieces: [GatheredPiece] = []
        for table in tables { pieces.append(try piece(table, merged, filters.filter(of: table))) }
        var plan = work.plan(
            .combine(CombinePlan(pieces: pieces, views: views, sql: try text(select))), rung: .combine,
            reasons: ["no cheaper rung: \(refusal.message)"])
        plan.tables = tables.map(\.schema.name)
        return plan
    }

    // MARK: What is read

    /// The logical tables, in order of appearance.
    private func tables(of select: SelectStatement) throws(PlanningRefusal) -> [LogicalTable] {
        var common: Set<String> = []
        select.forEachCommonTable { common.insert($0.name.folded) }
        var tables: [LogicalTable] = []
        var known: Set<String> = []
        var isForeign = false
        select.forEachTable(includingSubqueries: true) { reference in
            let name = reference.name.name.folded
            guard let table = work.topology.table(named: name), reference.name.schema?.folded != "temp" else {
                // A TEMP table, or the schema's own tables: their rows are not on the shards.
                if !common.contains(name) && work.topology.view(named: name) == nil { isForeign = true }
                return
            }
            if reference.name.schema == nil, work.planner.temporaryTables.contains(name) { isForeign = true }
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
        return tables
    }

    /// The CREATE VIEW texts of the views the statement reads, those below first.
    private func views(of select: SelectStatement) throws(PlanningRefusal) -> [String] {
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

    private func piece(
        _ table: LogicalTable, _ merged: MergedColumns, _ filter: Expression?
    ) throws(PlanningRefusal) -> GatheredPiece {
        let schema = table.schema
        guard !table.isVirtual else {
            throw PlanningRefusal(
                .statementNotModelled, "the virtual table \(schema.name) cannot be gathered",
                hint: "Read it in a statement of its own and bind the answer.")
        }
        var ordinals = columns(read: schema, merged)
        var names = ordinals.map { schema.columns[$0].name }
        if reads(Scope.rowIDName, of: schema), schema.rowIDColumn == nil, !schema.isWithoutRowID {
            // The engine calls it ROWID by whatever name it was read; a column of that name cannot be told from it.
            guard !table.isSpread(over: work.topology), schema.column(named: Scope.rowIDName) == nil else {
                throw PlanningRefusal(
                    .implicitRowID,
                    "\(schema.name) has no INTEGER PRIMARY KEY, so its rowid differs from shard to shard",
                    hint: "Declare an INTEGER PRIMARY KEY and use that.")
            }
            names.append(Scope.rowIDName)
        } else if names.isEmpty {
            // Rows are only counted: any column will do.
            ordinals = [schema.rowIDColumn ?? 0]
            names = ordinals.map { schema.columns[$0].name }
        }
        let identifiers = names.map { Identifier($0) }
        let core = SelectCore(
            items: identifiers.map { SelectItem(.expression(.column(ColumnReference([$0])))) },
            from: .table(TableReference(ObjectName([Identifier(schema.name)]))), where: filter)
        return GatheredPiece(
            table: schema.name, createTable: definition(schema, gathered: Set(ordinals)),
            insertHead: "INSERT INTO \(Identifier.quoted(schema.name)) ("
                + identifiers.map(\.quoted).joined(separator: ", ") + ")",
            columnCount: names.count, source: PlanBox(try source(SelectStatement(body: .core(core)), names)))
    }

    private func source(_ select: SelectStatement, _ names: [String]) throws(PlanningRefusal) -> Plan {
        var parsed = work.parsed
        parsed.statement = .select(select)
        parsed.source = SQLPrinter.print(.select(select), options: work.templates.options)
        let facts = StatementFacts(columns: names.map { PlanColumn(name: $0) }, isReadOnly: true)
        let inner = PlanningWork(parsed: parsed, facts: facts, planner: work.planner, operands: work.operands)
        return try SelectPlanner(inner).planWithoutGathering(select)
    }

    /// Ordinals of the columns that the engine says are read, and of those it compares without a word.
    private func columns(read schema: TableSchema, _ merged: MergedColumns) -> [Int] {
        guard work.facts.reads != nil, !merged.isEveryColumn else { return Array(schema.columns.indices) }
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
    private func definition(_ schema: TableSchema, gathered: Set<Int>) -> String {
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
        return "CREATE TABLE \(Identifier.quoted(schema.name)) (\(columns.joined(separator: ", ")))"
            + (schema.isStrict ? " STRICT" : "")
    }

    // MARK: The statement

    /// The user's own text where the engine can run it as it stands.
    private func text(_ select: SelectStatement) throws(PlanningRefusal) -> String {
        let before = work.operands.extras.count
        var rewritten = ValueRewriting(operands: work.operands, fixesMoment: true).rewrite(.select(select))
        var isRewritten = work.operands.extras.count > before || select.usesSessionState
        // Indexes stay on the shards.
        rewritten = rewritten.withoutIndexHints(&isRewritten)
        return isRewritten ? SQLPrinter.print(rewritten, options: work.templates.options) : work.sourceText
    }
}

/// Columns that joins compare by name. The engine does not ask its authorizer about them.
private struct MergedColumns {
    /// Folded names after USING.
    var names: Set<String> = []
    /// A NATURAL join compares whatever two tables have in common.
    var isEveryColumn = false

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

extension Statement {
    /// The statement without INDEXED BY.
    fileprivate func withoutIndexHints(_ isChanged: inout Bool) -> Statement {
        guard case .select(let select) = self else { return self }
        var isFound = false
        let result = select.mappedTables(includingSubqueries: true) { table in
            guard case .table(var reference) = table, case .indexedBy? = reference.indexHint else { return nil }
            reference.indexHint = nil
            isFound = true
            return .table(reference)
        }
        if isFound { isChanged = true }
        return .select(result)
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
