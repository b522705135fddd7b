import ShardBase
import ShardSQL
import ShardTopology

/// Puts the parts of split tables in place of the tables: a table in FROM becomes its hot part, its cold part, or both joined
/// by the key, by what columns the statement can mean through it; a write goes to the part whose columns it sets.
///
/// Worked example, `profile (id, name, bio)` with bio cold:
/// - `SELECT name FROM profile` stays, since the hot part bears the table's name;
/// - `SELECT bio FROM profile WHERE id = 5` reads `profile__cold`;
/// - `SELECT * FROM profile` reads `(SELECT h.id, h.name, c.bio FROM profile AS h JOIN profile__cold AS c ON c.id = h.id)`,
///   which the engine flattens into the statement;
/// - `UPDATE profile SET bio = '' WHERE name = 'x'` is
///   `UPDATE profile__cold … WHERE id IN (SELECT id FROM profile WHERE name = 'x')`.
///
/// Rows are in both parts always, so each part alone has all rows.
struct SplitRewriting {
    let topology: Topology

    /// The schema that a cold part's name is given, so that no table of the user's can be meant by it.
    static let coldSchema = "_shardkit_cold"

    /// The table whose cold part a name stands for.
    static func coldOwner(_ name: ObjectName, _ topology: Topology) -> LogicalTable? {
        guard name.schema?.text == coldSchema else { return nil }
        return topology.table(named: name.name.text)
    }

    static func coldName(_ table: LogicalTable) -> ObjectName {
        ObjectName([Identifier(coldSchema), Identifier(table.schema.name)])
    }

    private func splitTable(_ name: ObjectName) -> LogicalTable? {
        guard name.schema?.folded != "temp", let table = topology.table(named: name.name.text), table.isSplit else {
            return nil
        }
        return table
    }

    /// - Throws: `.splitTable` where the statement needs more than this; rung 4 may still answer it.
    func rewrite(_ statement: Statement) throws(PlanningRefusal) -> Statement {
        guard topology.tables.values.contains(where: \.isSplit) else { return statement }
        var uses = false
        statement.forEachTable(includingSubqueries: true) { if splitTable($0.name) != nil { uses = true } }
        let mentions = ColumnMentions(of: statement)
        for name in mentions.comparedTables where topology.table(named: name)?.isSplit == true {
            throw Self.refused("IN \(name) compares with whole rows of \(name), which is split by column")
        }
        let target: LogicalTable?
        switch statement {
        case .update(let update): target = splitTable(update.table.name)
        case .delete(let delete): target = splitTable(delete.table.name)
        case .select, .insert, .createTable, .createIndex, .createView, .createTrigger, .createVirtualTable,
            .alterTable,
            .drop, .transaction, .explain, .pragma, .setting, .showTopology, .other:
            target = nil
        }
        guard uses || target != nil else { return statement }
        try refuseHidden(statement)
        var result = statement
        if let target { result = try written(result, target) }
        if case .select(let select) = result { result = .select(spelled(select)) }
        return try read(result)
    }

    static func refused(_ message: String) -> PlanningRefusal { PlanningRefusal(.splitTable, message) }

    /// A common table with a split table's name.
    private func refuseHidden(_ statement: Statement) throws(PlanningRefusal) {
        var hidden: String?
        statement.forEachCommonTable {
            if topology.table(named: $0.name.text)?.isSplit == true { hidden = $0.name.text }
        }
        guard let hidden else { return }
        throw PlanningRefusal(
            .statementNotModelled, "the table \(hidden) cannot be told from the common table of the same name",
            hint: "Give the common table another name than the table's.")
    }

    // MARK: Reading

    private func read(_ statement: Statement) throws(PlanningRefusal) -> Statement {
        let mentions = ColumnMentions(of: statement)
        var failure: PlanningRefusal?
        let result = statement.mappedTables(includingSubqueries: true) { node in
            guard failure == nil, case .table(let reference) = node, let table = splitTable(reference.name),
                reference.name.schema?.text != Self.coldSchema
            else { return nil }
            do throws(PlanningRefusal) {
                return try source(reference, table, mentions)
            } catch {
                failure = error
                return nil
            }
        }
        if let failure { throw failure }
        return result
    }

    /// `*` of a statement over one split table, spelled out where the rowid is read beside it (as a hidden sort key is): the
    /// joined parts show it under a name.
    private func spelled(_ select: SelectStatement) -> SelectStatement {
        guard case .core(var core) = select.body, case .table(let reference)? = core.from,
            let table = splitTable(reference.name), core.items.contains(where: \.isWildcard)
        else { return select }
        let qualifier = reference.alias?.name ?? reference.name.name
        guard ColumnMentions(of: .select(select)).mentionRowID(of: table.schema, called: qualifier.folded).isMentioned
        else { return select }
        core.items = core.items.flatMap { item -> [SelectItem] in
            guard item.isWildcard else { return [item] }
            return table.schema.columns.map {
                SelectItem(.expression(.column(ColumnReference([qualifier, Identifier($0.name)]))))
            }
        }
        var copy = select
        copy.body = .core(core)
        return copy
    }

    /// What stands for the table; nil: itself.
    private func source(
        _ reference: TableReference, _ table: LogicalTable, _ mentions: ColumnMentions
    ) throws(PlanningRefusal) -> TableExpression? {
        let schema = table.schema
        let name = (reference.alias?.name ?? reference.name.name).folded
        let usesCold = table.coldColumns.contains { mentions.mention(schema.columns[$0].name, of: name) }
        if case .indexedBy? = reference.indexHint {
            throw Self.refused("INDEXED BY names an index of one part of \(schema.name)")
        }
        guard usesCold else { return nil }
        let rowID = mentions.mentionRowID(of: schema, called: name)
        if mentions.hasSchemaNames { throw Self.refused("a column is named with its schema beside \(schema.name)") }
        if rowID.isUnqualified, mentions.sourceCount > 1 {
            throw Self.refused("the rowid of \(schema.name) is read without saying whose it is")
        }
        let alias = reference.alias ?? TableAlias(name: reference.name.name)
        let usesHot = schema.columns.indices.contains { ordinal in
            !table.isCold(ordinal) && !schema.primaryKey.contains(ordinal)
                && mentions.mention(schema.columns[ordinal].name, of: name)
        }
        if !usesHot, !mentions.showEveryColumn(of: name), !rowID.isMentioned || schema.rowIDColumn != nil {
            return .table(TableReference(Self.coldName(table), alias: alias))
        }
        if rowID.isMentioned, mentions.showEveryColumn(of: name) {
            throw Self.refused("the rowid of \(schema.name) is read beside *")
        }
        return .subquery(SubqueryTable(whole(table, withRowID: rowID.isMentioned), alias: alias))
    }

    /// Both parts, the columns in their logical order.
    private func whole(_ table: LogicalTable, withRowID: Bool) -> SelectStatement {
        let schema = table.schema
        let hot = Identifier("h")
        let cold = Identifier("c")
        func column(_ part: Identifier, _ name: String) -> Expression {
            .column(ColumnReference([part, Identifier(name)]))
        }
        var items = schema.columns.enumerated().map { ordinal, content in
            SelectItem(.expression(column(table.isCold(ordinal) ? cold : hot, content.name)))
        }
        if withRowID {
            let source = schema.rowIDColumn.map { schema.columns[$0].name } ?? schema.implicitRowIDName
            for name in TableSchema.rowIDNames where schema.column(named: name) == nil {
                if let source { items.append(SelectItem(.expression(column(hot, source)), alias: Identifier(name))) }
            }
        }
        var condition: Expression?
        for key in schema.primaryKey.map({ schema.columns[$0].name }) {
            let one = Expression.binary(BinaryExpression(column(cold, key), .equal, spelling: "=", column(hot, key)))
            condition = condition.map { .binary(BinaryExpression($0, .and, spelling: "AND", one)) } ?? one
        }
        let join = JoinExpression(
            .table(TableReference(ObjectName([Identifier(schema.name)]), alias: TableAlias(name: hot))), .inner,
            spelling: "JOIN", .table(TableReference(Self.coldName(table), alias: TableAlias(name: cold))),
            constraint: condition.map { .on($0) })
        return SelectStatement(body: .core(SelectCore(items: items, from: .join(join))))
    }

    // MARK: Writing

    private func written(_ statement: Statement, _ table: LogicalTable) throws(PlanningRefusal) -> Statement {
        switch statement {
        case .update(var update):
            guard let part = Self.part(of: update.assignments, table) else {
                throw Self.refused("UPDATE sets columns of both parts of \(table.schema.name)")
            }
            if update.conflictAction == "REPLACE" {
                throw Self.refused("OR REPLACE would delete one part of the rows of \(table.schema.name) that conflict")
            }
            var others = ColumnMentions(of: update.assignments.map(\.value) + update.orderBy.map(\.expression))
            others.add(update.returning)
            if let from = update.from { others.add(from) }
            update.where = try condition(
                update.where, update.table, table, part, others: others,
                mayMove: update.from == nil && update.limit == nil && update.with == nil)
            try place(&update.table, table, part)
            return .update(update)
        case .delete(var delete):
            var others = ColumnMentions(of: delete.orderBy.map(\.expression))
            others.add(delete.returning)
            if let using = delete.using { others.add(using) }
            delete.where = try condition(
                delete.where, delete.table, table, .hot, others: others,
                mayMove: delete.using == nil && delete.limit == nil && delete.with == nil)
            try place(&delete.table, table, .hot)
            return .delete(delete)
        case .select, .insert, .createTable, .createIndex, .createView, .createTrigger, .createVirtualTable,
            .alterTable,
            .drop, .transaction, .explain, .pragma, .setting, .showTopology, .other:
            return statement
        }
    }

    /// The part that has all assigned columns; nil where they are in both. The key is assigned in the hot part: the cold one
    /// follows.
    static func part(of assignments: [Assignment], _ table: LogicalTable) -> TablePart? {
        var parts: Set<TablePart> = []
        for column in assignments.flatMap(\.columns) {
            let ordinal = table.schema.column(named: column.name.text)
            parts.insert(ordinal.map { table.isCold($0) } == true ? .cold : .hot)
        }
        return parts.count == 1 ? parts.first : nil
    }

    private func place(
        _ reference: inout TableReference, _ table: LogicalTable, _ part: TablePart
    ) throws(PlanningRefusal) {
        if case .indexedBy? = reference.indexHint {
            throw Self.refused("INDEXED BY names an index of one part of \(table.schema.name)")
        }
        guard part == .cold else { return }
        if reference.alias == nil { reference.alias = TableAlias(name: Identifier(table.schema.name)) }
        reference.name = Self.coldName(table)
    }

    /// A condition that only the part written can tell stays; any other finds the keys first.
    private func condition(
        _ condition: Expression?, _ reference: TableReference, _ table: LogicalTable, _ part: TablePart,
        others: ColumnMentions, mayMove: Bool
    ) throws(PlanningRefusal) -> Expression? {
        let name = (reference.alias?.name ?? reference.name.name).folded
        let scope = SplitScope(table: table, names: [name])
        guard scope.isWithin(part, others) else {
            throw Self.refused("the write reads columns of both parts of \(table.schema.name) for each row")
        }
        guard let condition else { return nil }
        let own = ColumnMentions(of: [condition])
        if scope.isWithin(part, own) { return condition }
        guard mayMove, !Volatility(of: condition).isVolatile else {
            throw Self.refused("the condition reads columns of both parts of \(table.schema.name)")
        }
        let keys = table.schema.primaryKey.map { ordinal in
            Expression.column(ColumnReference([Identifier(table.schema.columns[ordinal].name)]))
        }
        // Qualified in the inner query, where the condition may bring tables of its own.
        let qualifier = reference.alias?.name ?? reference.name.name
        let items = table.schema.primaryKey.map { ordinal in
            SelectItem(
                .expression(.column(ColumnReference([qualifier, Identifier(table.schema.columns[ordinal].name)]))))
        }
        let inner = SelectStatement(
            body: .core(
                SelectCore(
                    items: items,
                    from: .table(TableReference(ObjectName([Identifier(table.schema.name)]), alias: reference.alias)),
                    where: condition)))
        let operand = keys.count == 1 ? keys[0] : Expression.row(RowExpression(keys))
        return .inList(InExpression(operand, isNegated: false, source: .subquery(inner)))
    }
}
