import ShardSQL

/// Smaller statements of a statement: one part left out, or an expression replaced by a part of its own.
enum Reduction {
    /// Texts to try, the boldest first. Not each of them is a valid statement.
    static func candidates(_ statement: Statement) -> [String] {
        (whole(statement) + tables(statement) + expressions(statement)).map {
            SQLPrinter.print($0, options: .init(dialect: .sqlite))
        }
    }

    private static func whole(_ statement: Statement) -> [Statement] {
        switch statement {
        case .select(let select): return structural(select).map { .select($0) }
        case .insert(let insert): return reductions(insert).map { .insert($0) }
        case .update(let update):
            var result = [update]
            result.append(update.with { $0.where = nil })
            result.append(update.with { $0.from = nil })
            result.append(update.with { $0.returning = [] })
            result.append(update.with { $0.conflictAction = nil })
            if update.assignments.count > 1 {
                for index in update.assignments.indices {
                    result.append(update.with { $0.assignments.remove(at: index) })
                }
            }
            return result.dropFirst().map { .update($0) }
        case .delete(let delete):
            return [delete.with { $0.where = nil }, delete.with { $0.returning = [] }].map { .delete($0) }
        case .createTable, .createIndex, .createView, .createTrigger, .createVirtualTable, .alterTable, .drop,
            .transaction, .explain, .pragma, .setting, .showTopology, .other:
            return []
        }
    }

    private static func reductions(_ insert: InsertStatement) -> [InsertStatement] {
        var result = [insert.with { $0.upserts = [] }, insert.with { $0.returning = [] }]
        switch insert.source {
        case .values(let values):
            guard values.rows.count > 1 else { break }
            for index in values.rows.indices {
                var fewer = values
                fewer.rows.remove(at: index)
                result.append(insert.with { $0.source = .values(fewer) })
            }
        case .select(let select):
            result += structural(select).map { smaller in insert.with { $0.source = .select(smaller) } }
        case .defaultValues: break
        }
        return result
    }

    // MARK: Queries

    static func structural(_ select: SelectStatement) -> [SelectStatement] {
        var result: [SelectStatement] = []
        if let with = select.with {
            result.append(select.with { $0.with = nil })
            for index in with.tables.indices {
                if with.tables.count > 1 { result.append(select.with { $0.with?.tables.remove(at: index) }) }
                guard case .select(let inner) = with.tables[index].statement else { continue }
                for smaller in structural(inner) {
                    result.append(select.with { $0.with?.tables[index].statement = .select(smaller) })
                }
            }
        }
        for body in bodies(select.body) { result.append(select.with { $0.body = body }) }
        if select.limit != nil { result.append(select.with { $0.limit = nil }) }
        if select.limit?.offset != nil { result.append(select.with { $0.limit?.offset = nil }) }
        if !select.orderBy.isEmpty { result.append(select.with { $0.orderBy = [] }) }
        for index in select.orderBy.indices {
            if select.orderBy.count > 1 { result.append(select.with { $0.orderBy.remove(at: index) }) }
            result.append(
                select.with {
                    $0.orderBy[index].direction = nil
                    $0.orderBy[index].nulls = nil
                })
        }
        return result
    }

    private static func bodies(_ body: SelectBody) -> [SelectBody] {
        switch body {
        case .compound(let compound):
            var result = [compound.left, compound.right]
            for left in bodies(compound.left) {
                var copy = compound
                copy.left = left
                result.append(.compound(copy))
            }
            for right in bodies(compound.right) {
                var copy = compound
                copy.right = right
                result.append(.compound(copy))
            }
            return result
        case .core(let core): return cores(core).map { .core($0) }
        case .nested(let select): return structural(select).map { .nested($0) }
        case .values, .table: return []
        }
    }

    private static func cores(_ core: SelectCore) -> [SelectCore] {
        var result: [SelectCore] = []
        if core.where != nil { result.append(core.with { $0.where = nil }) }
        if core.having != nil { result.append(core.with { $0.having = nil }) }
        if case .distinct = core.distinctness { result.append(core.with { $0.distinctness = .unspecified }) }
        if !core.groupBy.isEmpty { result.append(core.with { $0.groupBy = [] }) }
        if core.groupBy.count > 1 {
            for index in core.groupBy.indices { result.append(core.with { $0.groupBy.remove(at: index) }) }
        }
        if core.items.count > 1 {
            for index in core.items.indices { result.append(core.with { $0.items.remove(at: index) }) }
        }
        return result
    }

    // MARK: Parts

    /// Each table expression in turn: a join gives way to one of its sides, a subquery to a smaller one.
    private static func tables(_ statement: Statement) -> [Statement] {
        numbered { number in
            var site = 0
            var isFound = false
            let edited = statement.mappedTables(includingSubqueries: true) { table in
                for choice in smaller(table) {
                    defer { site += 1 }
                    if site == number {
                        isFound = true
                        return choice
                    }
                }
                return nil
            }
            return isFound ? edited : nil
        }
    }

    private static func smaller(_ table: TableExpression) -> [TableExpression] {
        switch table {
        case .join(let join):
            var inner = join
            inner.isNatural = false
            inner.kind = .inner
            inner.spelling = "JOIN"
            return [join.left, join.right] + (join.kind == .inner ? [] : [.join(inner)])
        case .subquery(let subquery):
            return structural(subquery.select).map { select in
                var copy = subquery
                copy.select = select
                return .subquery(copy)
            }
        case .parenthesized(let inner, _): return [inner]
        case .table, .function, .verbatim: return []
        }
    }

    /// Each expression in turn: a part of it, or NULL.
    private static func expressions(_ statement: Statement) -> [Statement] {
        numbered { number in
            var site = 0
            var isFound = false
            let edited = statement.mapped(includingSubqueries: true) { expression in
                if isFound { return nil }
                for choice in smaller(expression) {
                    defer { site += 1 }
                    if site == number {
                        isFound = true
                        return choice
                    }
                }
                return nil
            }
            return isFound ? edited : nil
        }
    }

    private static func numbered(_ edit: (Int) -> Statement?) -> [Statement] {
        var result: [Statement] = []
        while result.count < 600, let edited = edit(result.count) { result.append(edited) }
        return result
    }

    private static func smaller(_ expression: Expression) -> [Expression] {
        var result: [Expression] = []
        switch expression {
        case .literal(let literal):
            return literal.kind == .null || literal.text == "1" ? [] : [.literal(Literal(.integer, text: "1"))]
        case .column, .wildcard, .parameter: return []
        case .exists(let exists):
            result = structural(exists.select).map { .exists(ExistsExpression($0)) }
        case .subquery(let subquery):
            result = structural(subquery.select).map { .subquery(SubqueryExpression($0)) }
        case .inList(let list):
            if case .subquery(let select) = list.source {
                result = structural(select).map { smaller in
                    var copy = list
                    copy.source = .subquery(smaller)
                    return .inList(copy)
                }
            }
            if case .list(let elements) = list.source, elements.count > 1 {
                for index in elements.indices {
                    var copy = list
                    var fewer = elements
                    fewer.remove(at: index)
                    copy.source = .list(fewer)
                    result.append(.inList(copy))
                }
            }
        case .function(let call):
            if call.filter != nil {
                var copy = call
                copy.filter = nil
                result.append(.function(copy))
            }
        case .unary, .binary, .isNull, .between, .match, .cast, .collate, .conditional, .row, .parenthesized,
            .quantified, .array, .subscripted, .field, .atTimeZone, .raise, .defaultValue, .verbatim:
            break
        }
        var parts: [Expression] = []
        SyntaxNode.expression(expression).forEachChild { child in
            if case .expression(let part) = child { parts.append(part) }
        }
        return [.literal(Literal(.null, text: "NULL"))] + parts + result
    }
}

/// A copy with a change.
protocol Reducible {}

extension Reducible {
    func with(_ change: (inout Self) -> Void) -> Self {
        var copy = self
        change(&copy)
        return copy
    }
}

extension SelectStatement: Reducible {}
extension SelectCore: Reducible {}
extension InsertStatement: Reducible {}
extension UpdateStatement: Reducible {}
extension DeleteStatement: Reducible {}
