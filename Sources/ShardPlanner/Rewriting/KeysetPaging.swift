public import ShardBase
public import ShardSQL
public import ShardTopology
public import ShardValues

/// A query read page by page: each page begins behind the sort key of the last row of the page before, so that it costs what
/// its own rows cost, however deep it is.
///
/// The query stands in FROM of another one, with its sort keys as further columns:
/// `SELECT * FROM (query, keys) WHERE keys are behind the position ORDER BY keys LIMIT size`. Right for whatever the query
/// does, since it is evaluated whole; the engine moves the condition inside where that is the same.
/// Source of the idea: Markus Winand, "We need tool support for keyset pagination".
public struct KeysetPaging: Sendable {
    private struct Key: Sendable {
        var collation: String?
        var isDescending: Bool
        var nullsFirst: Bool
    }

    private let inner: String
    private let keys: [Key]
    private let parameterCount: Int

    /// How many columns the pages' rows have behind the query's own: the sort keys.
    public var keyCount: Int { keys.count }

    /// - Throws: `.orderNotTotal` where ORDER BY may leave rows equal, `.statementNotModelled` for what has no pages.
    public init(_ parsed: ParsedStatement, topology: Topology, dialect: Dialect) throws(ShardError) {
        guard case .select(let select) = parsed.statement, case .core(var core) = select.body else {
            throw ShardError(
                .statementNotModelled, "pages are for a SELECT that is no set operation",
                hint: "Put the set operation into FROM.")
        }
        if select.limit != nil {
            throw ShardError(
                .statementNotModelled, "a query read in pages has no LIMIT of its own",
                hint: "Leave it out: the page has a size.")
        }
        var expressions: [Expression] = []
        var keys: [Key] = []
        for term in select.orderBy {
            var expression = term.expression.unparenthesized
            var collation: String?
            while case .collate(let collate) = expression {
                collation = collation ?? collate.collation.name.quoted
                expression = collate.operand.unparenthesized
            }
            expressions.append(core.selected(by: expression) ?? expression)
            let nullsFirst =
                switch term.nulls {
                case .first: true
                case .last: false
                case nil: !term.isDescending
                }
            keys.append(Key(collation: collation, isDescending: term.isDescending, nullsFirst: nullsFirst))
        }
        let plain = zip(expressions, keys).filter { $1.collation == nil }.map(\.0)
        guard TotalOrder(core, topology).isGiven(by: plain) else {
            throw ShardError(
                .orderNotTotal, "ORDER BY may leave rows equal: a page would not know where the next one begins",
                hint: ErrorCode.orderNotTotal.advice)
        }
        for (index, expression) in expressions.enumerated() {
            core.items.append(SelectItem(.expression(expression), alias: Identifier(Self.name(index))))
        }
        var query = select
        query.body = .core(core)
        query.orderBy = []
        inner = SQLPrinter.print(
            .select(query), options: .init(dialect: dialect, parameterStyle: .numbered, source: parsed.source))
        self.keys = keys
        parameterCount = parsed.parameterNames.count
    }

    private static func name(_ index: Int) -> String { "_shardkit_page_\(index)" }

    /// The statement of one page and what is bound behind the user's values.
    ///
    /// - Parameter position: the sort keys of the last row of the page before; nil: the first page.
    public func statement(after position: [Value]?, limit: Int) -> (sql: String, values: [Value]) {
        var sql = "SELECT * FROM (\(inner)) AS _shardkit_page"
        var bound: [Value] = []
        if let position { sql += " WHERE " + condition(position, &bound) }
        let order = keys.indices.map { index in
            term(index) + (keys[index].isDescending ? " DESC" : "")
                + (keys[index].nullsFirst ? " NULLS FIRST" : " NULLS LAST")
        }
        sql += " ORDER BY " + order.joined(separator: ", ") + " LIMIT \(limit)"
        return (sql, bound)
    }

    private func term(_ index: Int) -> String {
        Identifier.quoted(Self.name(index)) + (keys[index].collation.map { " COLLATE " + $0 } ?? "")
    }

    private func parameter(_ value: Value, _ bound: inout [Value]) -> String {
        bound.append(value)
        return "?\(parameterCount + bound.count)"
    }

    /// Lexicographic: equal in the first keys and behind in the next.
    private func condition(_ position: [Value], _ bound: inout [Value]) -> String {
        var ways: [String] = []
        for index in keys.indices {
            guard let behind = behind(index, position[index], &bound) else { continue }
            var all: [String] = []
            for equal in 0..<index { all.append("\(term(equal)) IS \(parameter(position[equal], &bound))") }
            ways.append("(" + (all + [behind]).joined(separator: " AND ") + ")")
        }
        if ways.isEmpty { return "0" }
        let condition = "(" + ways.joined(separator: " OR ") + ")"
        // Implied, and what an index on the first key can be entered by.
        guard position[0] != .null, keys[0].nullsFirst else { return condition }
        let comparison = keys[0].isDescending ? "<=" : ">="
        return "\(term(0)) \(comparison) \(parameter(position[0], &bound)) AND " + condition
    }

    /// Nil where nothing is behind.
    private func behind(_ index: Int, _ value: Value, _ bound: inout [Value]) -> String? {
        let key = keys[index]
        if value == .null { return key.nullsFirst ? "\(term(index)) IS NOT NULL" : nil }
        let comparison = "\(term(index)) \(key.isDescending ? "<" : ">") \(parameter(value, &bound))"
        return key.nullsFirst ? comparison : "(\(comparison) OR \(term(index)) IS NULL)"
    }
}

/// Whether sort keys tell all rows of a query apart.
private struct TotalOrder {
    let core: SelectCore
    /// The base tables of an inner join, by alias; nil for anything else in FROM.
    private let tables: [(alias: String, schema: TableSchema)]?

    init(_ core: SelectCore, _ topology: Topology) {
        self.core = core
        var found: [(String, TableSchema)]? = []
        func visit(_ from: TableExpression) {
            switch from {
            case .table(let reference):
                guard let table = topology.table(named: reference.name.name.text),
                    reference.name.schema?.folded != "temp"
                else {
                    found = nil
                    return
                }
                found?.append((reference.alias?.name.folded ?? reference.name.name.folded, table.schema))
            case .join(let join):
                guard join.kind.isInner else {
                    found = nil
                    return
                }
                visit(join.left)
                visit(join.right)
            case .parenthesized(let inner, nil): visit(inner)
            case .subquery, .function, .parenthesized, .verbatim: found = nil
            }
        }
        if let from = core.from { visit(from) } else { found = nil }
        tables = found
    }

    func isGiven(by keys: [Expression]) -> Bool {
        let shape = CoreShape(of: core, orderBy: [])
        if shape.isAggregated {
            guard core.groupBy.allSatisfy(\.isPlain) else { return false }
            var groups: [Expression] = []
            for element in core.groupBy {
                element.forEachGroupingExpression { groups.append(core.selected(by: $0) ?? $0) }
            }
            return contains(keys, groups)
        }
        if case .distinct = core.distinctness {
            let items = core.items.map { item -> Expression? in
                if case .expression(let expression) = item.content { return expression }
                return nil
            }
            return items.allSatisfy { $0 != nil } && contains(keys, items.compactMap { $0 })
        }
        guard let tables, !tables.isEmpty else { return false }
        return tables.indices.allSatisfy { index in
            let schema = tables[index].schema
            let columns = Set(keys.compactMap { ordinal(of: $0, in: index) })
            if schema.implicitRowIDName != nil, columns.contains(-1) { return true }
            let unique = [schema.primaryKey, schema.rowIDColumn.map { [$0] } ?? []] + schema.uniqueKeys
            return unique.contains { key in
                !key.isEmpty && key.allSatisfy { columns.contains($0) && schema.columns[$0].isNotNull }
            }
        }
    }

    private func contains(_ keys: [Expression], _ wanted: [Expression]) -> Bool {
        !wanted.isEmpty && wanted.allSatisfy { one in keys.contains { $0.isEquivalent(to: one) } }
    }

    /// The column of a table that an expression is; -1 for its rowid.
    private func ordinal(of expression: Expression, in index: Int) -> Int? {
        guard let tables, case .column(let reference) = expression.unparenthesized else { return nil }
        let name = reference.name.folded
        if let qualifier = reference.table?.folded {
            guard tables[index].alias == qualifier else { return nil }
        } else {
            let owners = tables.indices.filter {
                tables[$0].schema.column(named: name) != nil || Scope.rowIDNames.contains(name)
            }
            guard owners == [index] else { return nil }
        }
        if let ordinal = tables[index].schema.column(named: name) { return ordinal }
        guard Scope.rowIDNames.contains(name) else { return nil }
        return tables[index].schema.rowIDColumn ?? -1
    }
}
