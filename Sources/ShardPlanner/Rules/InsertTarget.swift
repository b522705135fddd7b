import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// The receiving side of an INSERT: which cells a row has, which of them place it, which are made for it.
struct InsertTarget {
    let work: PlanningWork
    let insert: InsertStatement
    let table: LogicalTable
    /// Target columns by position in a row, as ordinals of the schema.
    let ordinals: [Int]

    init(_ work: PlanningWork, insert: InsertStatement, table: LogicalTable) {
        self.work = work
        self.insert = insert
        self.table = table
        if insert.columns.isEmpty {
            if case .defaultValues = insert.source {
                ordinals = []
            } else {
                ordinals = table.schema.columns.indices.filter { !table.schema.columns[$0].isGenerated }
            }
        } else {
            ordinals = insert.columns.map { column in
                table.schema.column(named: column.name.text)
                    ?? (Scope.rowIDNames.contains(column.name.folded) ? table.schema.rowIDColumn : nil) ?? -1
            }
        }
    }

    var conflictAction: String? { insert.verb == .replace ? "REPLACE" : insert.conflictAction }

    /// The key that is made when a row leaves it out. A rowid without a column is made too: it is one number for the
    /// whole logical table, and rows have it whichever shard they are on.
    private func generated() -> Generated? {
        for (ordinal, column) in table.schema.columns.enumerated() {
            guard let generator = column.generator else { continue }
            let position = ordinals.firstIndex(of: ordinal)
            return Generated(
                key: GeneratedKey(kind: .generator(generator), cell: position ?? ordinals.count), ordinal: ordinal,
                name: column.name, isAppended: position == nil)
        }
        // The parts of a split table's row need one number too.
        guard isSpread || table.isSplit, !table.isVirtual else { return nil }
        let rowID = table.schema.rowIDColumn
        guard let name = rowID.map({ table.schema.columns[$0].name }) ?? table.schema.implicitRowIDName else {
            return nil
        }
        let position = rowID.map { ordinals.firstIndex(of: $0) } ?? ordinals.firstIndex(of: -1)
        return Generated(
            key: GeneratedKey(
                kind: .rowID(isAutoIncrement: table.schema.isAutoIncrement), cell: position ?? ordinals.count),
            ordinal: rowID, name: name, isAppended: position == nil)
    }

    /// The rowid of a table without a column for it is in the list.
    private var bringsRowID: Bool { ordinals.contains(-1) }

    struct Generated {
        var key: GeneratedKey
        /// The column; nil for a rowid without one.
        var ordinal: Int?
        var name: String
        /// As a further cell of every row.
        var isAppended: Bool
    }

    /// Whether rows stand on more than one shard, so that no engine can number them alone.
    private var isSpread: Bool {
        switch table.placement {
        case .single: return false
        case .broadcast: return work.topology.shards.count > 1
        case .sharded(let sharding):
            return sharding.partitions.count > 1 || sharding.hasOwnNames(table.schema.name)
        }
    }

    // MARK: Rows

    func plan(rows: [ValuesRow]) throws(PlanningRefusal) -> Plan {
        let head = try makeHead(isOneRow: rows.count == 1)
        var made: [InsertRow] = []
        made.reserveCapacity(rows.count)
        for row in rows { made.append(try makeRow(row, head)) }
        let plan = try insertPlan(head, rows: made)
        return work.plan(.insert(plan), rung: .route, reasons: [reason(rows.count)])
    }

    private func reason(_ count: Int) -> String {
        switch table.placement {
        case .broadcast: "\(table.schema.name) is broadcast: every shard gets the rows"
        case .single(let shard): "\(table.schema.name) is whole on shard \(work.topology.shards[shard])"
        case .sharded: count == 1 ? "the row's shard key decides its home" : "each row goes to its home"
        }
    }

    /// The parts that all rows share.
    struct Head {
        var template: FragmentTemplate
        var generated: Generated?
        /// DEFAULTs that must be computed once: their ordinals and texts, appended after the generated key.
        var defaults: [(ordinal: Int, expression: Expression)]
        var isDefaultValues: Bool
        var keyCells: [InsertPlan.KeyCell]
        var cold: ColdInsert?
    }

    func makeHead(isOneRow: Bool) throws(PlanningRefusal) -> Head {
        if bringsRowID, isSpread, conflictAction != nil || !insert.upserts.isEmpty {
            throw PlanningRefusal(
                .implicitRowID,
                "\(table.schema.name) has no INTEGER PRIMARY KEY: no conflict clause can be decided by its rowid",
                hint: "Leave the clause out, or declare an INTEGER PRIMARY KEY.")
        }
        let generated = generated()
        var names = ordinals.enumerated().map { position, ordinal in
            (ordinal < 0 ? insert.columns[position].name : Identifier(table.schema.columns[ordinal].name)).quoted
        }
        if let generated, generated.isAppended { names.append(Identifier(generated.name).quoted) }
        var defaults: [(ordinal: Int, expression: Expression)] = []
        var keyCells: [InsertPlan.KeyCell] = []
        if case .sharded(let sharding) = table.placement {
            for ordinal in sharding.keyColumns {
                if let position = ordinals.firstIndex(of: ordinal) {
                    keyCells.append(
                        generated?.ordinal == ordinal ? .generated : try givenCell(ordinal, at: position))
                } else if generated?.ordinal == ordinal {
                    keyCells.append(.generated)
                } else {
                    keyCells.append(try defaultCell(ordinal, &defaults, appendedAt: names.count))
                    if names.count < ordinals.count + (generated?.isAppended == true ? 1 : 0) + defaults.count {
                        names.append(Identifier(table.schema.columns[ordinal].name).quoted)
                    }
                }
            }
        }
        for ordinal in table.isSplit ? table.schema.primaryKey : []
        where !ordinals.contains(ordinal) && ordinal != generated?.ordinal
            && !defaults.contains(where: { $0.ordinal == ordinal })
        {
            let column = table.schema.columns[ordinal]
            let expression = column.defaultSQL.flatMap { defaultExpression($0) }
            defaults.append((ordinal, expression ?? .literal(Literal(.null, text: "NULL"))))
            names.append(Identifier(column.name).quoted)
        }
        for (ordinal, column) in table.schema.columns.enumerated()
        where !ordinals.contains(ordinal) && ordinal != generated?.ordinal
            && !defaults.contains(where: { $0.ordinal == ordinal })
        {
            guard let text = column.defaultSQL, let expression = defaultExpression(text),
                mustBeComputedOnce(expression, isOneRow: isOneRow)
            else { continue }
            defaults.append((ordinal, expression))
            names.append(Identifier(column.name).quoted)
        }
        if table.isSplit {
            var cells = ordinals.map { $0 < 0 ? nil : $0 }
            if let generated, generated.isAppended { cells.append(generated.ordinal) }
            cells += defaults.map(\.ordinal)
            return try splitHead(
                names, cells,
                Head(
                    template: FragmentTemplate(sql: SQLTemplate(pieces: []), tables: []), generated: generated,
                    defaults: defaults, isDefaultValues: false, keyCells: keyCells))
        }
        let isDefaultValues = names.isEmpty
        return Head(
            template: try headTemplate(names, isDefaultValues: isDefaultValues), generated: generated,
            defaults: defaults, isDefaultValues: isDefaultValues, keyCells: keyCells)
    }

    /// - Parameter cells: the column of each cell of a row; nil: a rowid without one.
    private func splitHead(_ names: [String], _ cells: [Int?], _ head: Head) throws(PlanningRefusal) -> Head {
        let split = SplitInsert(insert: insert, table: table)
        try split.refuseConflictClauses(conflictAction)
        let hot = split.cells(of: .hot, cells)
        let cold = split.cells(of: .cold, cells)
        var result = head
        result.template = try headTemplate(hot.map { names[$0] }, isDefaultValues: false)
        result.cold = ColdInsert(
            head: try headTemplate(
                cold.map { names[$0] }, isDefaultValues: false, into: SplitRewriting.coldName(table)),
            tail: try split.coldTail(work), hotCells: hot, coldCells: cold,
            keyCells: cells.indices.filter { cells[$0].map(table.schema.primaryKey.contains) == true })
        return result
    }

    /// A shard-key column that the INSERT gives.
    private func givenCell(_ ordinal: Int, at position: Int) throws(PlanningRefusal) -> InsertPlan.KeyCell {
        let column = table.schema.columns[ordinal]
        guard column.isNotNull, let text = column.defaultSQL, let expression = defaultExpression(text) else {
            return .cell(position)
        }
        if case .constant(let value)? = work.operands.operand(expression, comparedWith: column.affinity) {
            return .cellOrDefault(position, value)
        }
        guard conflictAction != "REPLACE" else {
            throw PlanningRefusal(
                .shardKeyExpression,
                "REPLACE puts the DEFAULT of \(table.schema.name).\(column.name) in place of NULL, and it is no constant",
                hint: "Give the shard key a value.")
        }
        return .cell(position)
    }

    /// A shard-key column that the INSERT leaves out takes its DEFAULT.
    private func defaultCell(
        _ ordinal: Int, _ defaults: inout [(ordinal: Int, expression: Expression)], appendedAt position: Int
    ) throws(PlanningRefusal) -> InsertPlan.KeyCell {
        let column = table.schema.columns[ordinal]
        guard let text = column.defaultSQL, let expression = defaultExpression(text) else { return .constant(.null) }
        switch work.operands.operand(expression, comparedWith: column.affinity) {
        case .constant(let value)?: return .constant(value)
        case .parameter?, nil:
            defaults.append((ordinal, expression))
            return .cell(position)
        }
    }

    /// A DEFAULT of chance would differ between the copies of a broadcast row; one of the moment also between rows of
    /// one statement that go to different shards.
    private func mustBeComputedOnce(_ expression: Expression, isOneRow: Bool) -> Bool {
        let volatility = Volatility(of: expression)
        switch table.placement {
        case .broadcast: return work.topology.shards.count > 1 && (volatility.isVolatile || volatility.usesNow)
        case .sharded: return (isSpread && !isOneRow || table.isSplit) && volatility.usesNow
        case .single: return table.isSplit && volatility.usesNow
        }
    }

    private func defaultExpression(_ text: String) -> Expression? {
        try? Parser.parseExpression(text, dialect: work.planner.dialect)
    }

    /// `INSERT [OR x] INTO <table> [AS alias] (columns) VALUES `: printed with one dummy row, which is then cut off.
    private func headTemplate(
        _ names: [String], isDefaultValues: Bool, into name: ObjectName? = nil
    ) throws(PlanningRefusal) -> FragmentTemplate {
        var bare = insert
        if let name { bare.table = name }
        bare.with = nil
        bare.columns = []
        bare.source = .defaultValues
        // DO UPDATE may name the table.
        if !insert.upserts.isEmpty, hasOwnNames { bare.alias = insert.alias ?? insert.table.name }
        bare.upserts = []
        bare.returning = []
        if bare.alias == nil, case .sharded(let sharding) = table.placement, sharding.hasOwnNames(table.schema.name),
            !insert.upserts.isEmpty
        {
            // ON CONFLICT may qualify columns by the table's name, which partitions do not have.
            bare.alias = Identifier(table.schema.name)
        }
        var template = try work.templates.template(.insert(bare))
        let ending = " DEFAULT VALUES"
        guard case .text(let last)? = template.sql.pieces.last, last.hasSuffix(ending) else {
            throw PlanningRefusal(.internalError, "an INSERT was not printed as expected")
        }
        let replacement =
            isDefaultValues ? last : last.dropLast(ending.count) + "(" + names.joined(separator: ", ") + ") VALUES "
        template.sql.pieces[template.sql.pieces.count - 1] = .text(String(replacement))
        return template
    }

    /// Whether the table has other names on the shards.
    private var hasOwnNames: Bool {
        guard case .sharded(let sharding) = table.placement else { return false }
        return sharding.hasOwnNames(table.schema.name)
    }

    /// RETURNING without the table's name before columns, which SQLite knows there by no alias.
    private func unqualified(_ returning: [SelectItem]) -> [SelectItem] {
        returning.map { item in
            guard case .expression(let expression) = item.content else { return item }
            var item = item
            item.content = .expression(
                expression.mapped { part in
                    guard case .column(let reference) = part, let qualifier = reference.table,
                        Topology.key(for: table.schema.name) == qualifier.folded
                    else { return nil }
                    return .column(ColumnReference([reference.name]))
                })
            return item
        }
    }

    private func makeRow(_ row: ValuesRow, _ head: Head) throws(PlanningRefusal) -> InsertRow {
        if head.isDefaultValues { return InsertRow(cells: [], text: "") }
        var cells: [InsertCell] = []
        var isReady = true
        for (position, value) in row.values.enumerated() {
            let cell = try makeCell(value)
            if let generated = head.generated, generated.key.cell == position {
                switch cell {
                case .literal(.null, _):
                    cells.append(.generate)
                    isReady = false
                    continue
                case .parameter: isReady = false
                case .literal, .expression, .volatile, .generate: break
                }
            }
            switch cell {
            case .volatile, .generate: isReady = false
            case .literal, .parameter, .expression: break
            }
            cells.append(cell)
        }
        if let generated = head.generated, generated.isAppended {
            cells.append(.generate)
            isReady = false
        }
        for value in head.defaults {
            cells.append(try makeCell(value.expression))
            isReady = false
        }
        guard isReady, head.cold == nil else { return InsertRow(cells: cells, text: nil) }
        return InsertRow(cells: cells, text: "(" + cells.map(\.text).joined(separator: ", ") + ")")
    }

    private func makeCell(_ expression: Expression) throws(PlanningRefusal) -> InsertCell {
        let bare = expression.unparenthesized
        if case .literal(let literal) = bare, let value = literal.constant(work.planner.dialect) {
            return .literal(value, text: literal.text)
        }
        if case .parameter(let parameter) = bare { return .parameter(parameter.index) }
        if case .unary(let unary) = bare, unary.operator == .minus, case .literal = unary.operand.unparenthesized,
            case .constant(let value)? = work.operands.operand(bare, comparedWith: .blob)
        {
            return .literal(value, text: SQLPrinter.print(bare, options: work.templates.options))
        }
        let volatility = Volatility(of: expression)
        let rewritten = expression.mapped(includingSubqueries: true) {
            ValueRewriting(operands: work.operands, fixesMoment: true).replacement(for: $0)
        }
        let text = SQLPrinter.print(rewritten, options: work.templates.options)
        return volatility.isVolatile ? .volatile(text: text) : .expression(text: text)
    }

    func insertPlan(_ head: Head, rows: [InsertRow]) throws(PlanningRefusal) -> InsertPlan {
        let target: InsertPlan.Target
        switch table.placement {
        case .broadcast: target = .broadcast
        case .single(let shard): target = .single(shard)
        case .sharded(var sharding):
            if let chosen = try PartitionHints(work.parsed.hints).partition(of: sharding, in: work.topology) {
                sharding.algorithm = HintAlgorithm(partitionCount: sharding.partitions.count, chosen: chosen)
            } else if sharding.keyColumns.isEmpty {
                throw PlanningRefusal(
                    .shardKeyMissing, "\(table.schema.name) is sharded by HINT and the statement names no partition",
                    hint: "Begin the statement with /*+ partition(0) */ or /*+ shard(s0) */.")
            }
            target = .sharded(sharding, keyCells: head.keyCells)
        }
        var plan = InsertPlan(
            table: table.schema.name, target: target, head: head.template, tail: try tail(head), rows: rows,
            generated: head.generated?.key, returnsRows: !insert.returning.isEmpty,
            conflictAction: table.conflictAction(conflictAction, work.planner.dialect))
        plan.checksRowIDs = bringsRowID && isSpread
        plan.cold = head.cold
        return plan
    }

    /// ON CONFLICT and RETURNING, as text.
    private func tail(_ head: Head) throws(PlanningRefusal) -> String {
        if insert.upserts.isEmpty && insert.returning.isEmpty { return "" }
        var relation = Relation(
            scope: Scope(parent: nil), distribution: .anywhere, classes: EqualityClasses(), conjuncts: [])
        var expressions: [Expression] = []
        for item in insert.returning {
            if case .expression(let expression) = item.content { expressions.append(expression) }
        }
        for upsert in insert.upserts {
            if case .update(let assignments, let condition) = upsert.action {
                expressions += assignments.map(\.value)
                if let condition { expressions.append(condition) }
            }
        }
        if insert.with != nil, expressions.contains(where: { !$0.subqueries().isEmpty }) {
            throw PlanningRefusal(
                .writeFromAcrossShards, "a subquery in ON CONFLICT or RETURNING may read the statement's common tables")
        }
        for expression in expressions { try work.analyzer.check(expression, &relation, Environment()) }
        guard case .anywhere = relation.distribution, !work.analyzer.touchesTemporary else {
            throw PlanningRefusal(
                .writeFromAcrossShards, "a subquery in ON CONFLICT or RETURNING reads rows that lie elsewhere")
        }
        let volatility = Volatility(of: expressions)
        if case .broadcast = table.placement, volatility.isVolatile {
            throw PlanningRefusal(
                .volatileInSplitWrite,
                "\(table.schema.name) is broadcast: a volatile function would give each shard another value")
        }
        var bare = insert
        bare.with = nil
        bare.columns = []
        bare.source = .defaultValues
        if hasOwnNames { bare.returning = unqualified(insert.returning) }
        if head.cold != nil { bare.upserts = try SplitInsert(insert: insert, table: table).upserts(of: .hot) }
        let rewritten = ValueRewriting(operands: work.operands, fixesMoment: true).rewrite(.insert(bare))
        let template = try work.templates.template(rewritten)
        guard case .text(let last)? = template.sql.pieces.last, let range = last.firstRange(of: " DEFAULT VALUES"),
            template.sql.pieces.filter({ if case .table = $0 { true } else { false } }).count <= 1
        else {
            throw PlanningRefusal(
                .writeFromAcrossShards,
                "ON CONFLICT or RETURNING qualifies columns by a table name that differs from shard to shard",
                hint: "Leave the table name out.")
        }
        return String(last[range.upperBound...])
    }
}

extension InsertCell {
    /// The cell as it stands in a row's text.
    var text: String {
        switch self {
        case .literal(_, let text), .expression(let text), .volatile(let text): text
        case .parameter(let index): "?\(index + 1)"
        case .generate: "NULL"
        }
    }
}
