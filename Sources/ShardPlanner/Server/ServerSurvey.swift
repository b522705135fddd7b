import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// What a statement mentions, by PostgreSQL's rules of names and scopes: tables, views, functions; and which shard keys its
/// conditions fix.
///
/// A key column of a table reference is *fixed* to a value where rows with another value cannot matter: they can be taken away
/// without changing the answer. From WHERE and inner joins that follows in both directions of an equality; from the condition
/// of an outer join only for the side that NULLs are supplied for; from a subquery's conditions only inwards. Each step takes
/// rows away from what the steps before have left, so what all of them say holds together.
struct ServerSurvey {
    struct Reference {
        var table: LogicalTable
        /// Where the name stands.
        var name: ObjectName
        var isOnly: Bool
        /// By key column: the value.
        var fixed: [Int: KeyOperand] = [:]
        /// Conditions on this table alone that take rows away which cannot matter; columns are spelled without qualifiers.
        var filters: [Expression] = []
    }

    /// A condition in FROM or WHERE.
    private struct Condition {
        var expression: Expression
        /// The references that it may restrict; nil: all.
        var restricted: Set<Int>?
        /// Of an outer join: references that an outer join inside supplies NULLs for.
        var supplied: Set<Int>?
    }

    struct Call: Hashable {
        var name: String
        var argumentCount: Int
    }

    private(set) var references: [Reference] = []
    private(set) var views: [LogicalView] = []
    /// Of the server's own catalogs.
    private(set) var catalogNames: [String] = []
    /// Temporary tables and views of the session.
    private(set) var temporaryNames: [String] = []
    private(set) var calls: Set<Call> = []
    private(set) var hasSubqueries = false
    private(set) var hasGroups = false
    private(set) var hasLocking = false
    /// A subquery has an aggregate that may be one of the query around it: its arguments are not the subquery's own.
    private(set) var hasOuterAggregates = false
    /// What cannot be looked into, or acts: a refusal.
    private(set) var refusal: PlanningRefusal?

    let topology: Topology
    let operands: ServerOperands
    /// Names of the server's aggregate functions.
    let aggregates: Set<String>
    /// Names of functions that give the same wherever they are called in a statement.
    let stable: Set<String>
    private var equalities: [Equality] = []
    /// References that an outer join in a query of their own supplies NULLs for.
    private var innerSupplied: Set<Int> = []

    private let temporary: Set<String>

    init(
        topology: Topology, operands: ServerOperands, functions: ServerFunctions? = nil, temporary: Set<String> = []
    ) {
        self.temporary = temporary
        self.topology = topology
        self.operands = operands
        self.aggregates = functions?.aggregates ?? []
        self.stable = functions?.stable ?? []
    }

    /// A column of a table reference.
    struct Node: Hashable {
        var reference: Int
        var column: Int
    }
    /// Rows of `to`'s table with another value than `from` has cannot matter.
    private struct Equality {
        var from: Node
        var to: Node
    }

    /// What a name in FROM stands for.
    private enum Source {
        case table(Int)
        /// A query whose columns are known by name; those with a node show it in each row, and rows may be taken away by its value.
        case derived([String: Node?])
        /// Something whose columns are not known.
        case unknown
    }

    /// What a block's columns can mean.
    private struct Scope {
        /// By alias.
        var names: [String: Source] = [:]
        /// In order.
        var sources: [Source] = []
        var hasUnknown = false
        /// Columns that USING has merged.
        var merged: Set<String> = []
        /// References whose rows an outer join may replace by NULLs.
        var supplied: Set<Int> = []
    }

    /// The statement's own query.
    private(set) var block = ServerBlock.opaque([])

    private mutating func refuse(_ code: ErrorCode, _ message: String, hint: String? = nil) {
        if refusal == nil { refusal = PlanningRefusal(code, message, hint: hint) }
    }

    // MARK: Names

    /// A name as PostgreSQL reads it: folded unless quoted.
    static func text(_ name: Identifier) -> String { name.quote == .none ? name.folded : name.text }

    enum Relation {
        case table(LogicalTable)
        case view(LogicalView)
        case catalog(String)
        case unknown
    }

    static func relation(_ name: ObjectName, in topology: Topology) -> Relation {
        let own = text(name.name)
        let schema = name.schema.map(text)
        if schema == nil || schema == "public" {
            if let table = topology.table(named: own), table.schema.name == own { return .table(table) }
            if let view = topology.view(named: own), view.name == own { return .view(view) }
        }
        if schema == nil && own.hasPrefix("pg_") { return .catalog(own) }
        if schema == "pg_catalog" || schema == "information_schema" { return .catalog(own) }
        return .unknown
    }

    // MARK: Walking

    /// Everything of a query.
    mutating func visit(_ select: SelectStatement) { block = visit(select, ctes: [], outer: []).block }

    /// What a query is as a table: its structure, and its columns where all are known.
    private struct Visited {
        var block: ServerBlock
        var columns: [String: Node?]?
    }

    @discardableResult
    private mutating func visit(_ select: SelectStatement, ctes: Set<String>, outer: [Scope]) -> Visited {
        let start = references.count
        var ctes = ctes
        if let with = select.with {
            if with.isRecursive { for table in with.tables { ctes.insert(Self.text(table.name)) } }
            for table in with.tables {
                guard case .select(let inner) = table.statement else {
                    refuse(.statementNotModelled, "a write inside WITH")
                    continue
                }
                hasSubqueries = true
                if let suffix = table.suffix, suffix.contains("(") {
                    refuse(.statementNotModelled, "SEARCH or CYCLE with expressions")
                }
                visit(inner, ctes: ctes, outer: outer)
                ctes.insert(Self.text(table.name))
            }
        }
        if !select.locking.isEmpty { hasLocking = true }
        let arms = select.body.arms
        var last = outer
        var core: ServerBlock.Core?
        for arm in arms {
            switch arm {
            case .core(let own):
                let visited = visit(own, ctes: ctes, outer: outer)
                last = visited.scopes
                core = visited.core
            case .values(let values):
                for row in values.rows { for value in row.values { visit(value, ctes, outer) } }
            case .table(let name):
                var scope = Scope()
                reference(TableReference(name, range: name.range), ctes, &scope)
            case .nested(let inner): visit(inner, ctes: ctes, outer: outer)
            case .compound: refuse(.statementNotModelled, "a set operation inside another")
            }
        }
        for term in select.orderBy { visit(term.expression, ctes, arms.count == 1 ? last : outer) }
        if let limit = select.limit {
            if let count = limit.count { visit(count, ctes, outer) }
            if let offset = limit.offset { visit(offset, ctes, outer) }
        }
        guard arms.count == 1, var core, case .core(let syntax) = arms[0], select.with == nil, select.locking.isEmpty
        else { return Visited(block: .opaque(Array(start..<references.count)), columns: nil) }
        core.references = start..<references.count
        core.hasLimit = select.limit != nil
        for term in select.orderBy {
            note(windowsOf: term.expression, last, &core)
            note(columnsOf: term.expression, last, &core)
        }
        return Visited(block: .core(core), columns: outputs(of: syntax, core, last))
    }

    /// The columns of a query in FROM, and which of them rows may be taken away by before the query is run.
    private func outputs(of core: SelectCore, _ block: ServerBlock.Core, _ scopes: [Scope]) -> [String: Node?]? {
        var result: [String: Node?] = [:]
        for item in core.items {
            guard case .expression(let expression) = item.content else { return nil }
            let name: String
            if let alias = item.alias {
                name = Self.text(alias)
            } else if case .column(let column) = expression.unparenthesized {
                name = Self.text(column.name)
            } else if case .function(let call) = expression.unparenthesized {
                name = Self.text(call.name.name)
            } else {
                return nil
            }
            var own: Node?
            if let found = node(expression, scopes), found.depth == scopes.count - 1, block.separates(by: found.node) {
                own = found.node
            }
            // A name that is there twice cannot be meant.
            result[name] = .some(result.keys.contains(name) ? nil : own)
        }
        return result
    }

    private mutating func visit(
        _ core: SelectCore, ctes: Set<String>, outer: [Scope]
    ) -> (scopes: [Scope], core: ServerBlock.Core) {
        if core.into != nil { refuse(.statementNotModelled, "SELECT INTO", hint: "Use CREATE TABLE and INSERT.") }
        var scope = Scope()
        var conditions: [Condition] = []
        var block = ServerBlock.Core()
        if let from = core.from { block.source = visit(from, ctes, outer, &scope, &conditions) }
        let scopes = outer + [scope]
        if let condition = core.where {
            visit(condition, ctes, scopes)
            conditions.insert(Condition(expression: condition), at: 0)
        }
        for condition in conditions {
            learn(condition.expression, scopes, nullable: condition.restricted)
            filter(condition, scopes)
        }
        innerSupplied.formUnion(scope.supplied)
        if case .on(let keys) = core.distinctness { for key in keys { visit(key, ctes, scopes) } }
        for item in core.items {
            if case .expression(let expression) = item.content { visit(expression, ctes, scopes) }
        }
        if !core.groupBy.isEmpty || core.having != nil { hasGroups = true }
        for element in core.groupBy { visit(element, ctes, scopes) }
        if let having = core.having { visit(having, ctes, scopes) }
        for window in core.windows { visit(window.specification, ctes, scopes) }
        describe(core, scopes, &block)
        return (scopes, block)
    }

    /// What a block does with the rows of its FROM.
    private func describe(_ core: SelectCore, _ scopes: [Scope], _ block: inout ServerBlock.Core) {
        func own(_ expression: Expression) -> Node? {
            guard let found = node(expression, scopes), found.depth == scopes.count - 1 else { return nil }
            return found.node
        }
        var items: [Expression] = []
        for item in core.items { if case .expression(let expression) = item.content { items.append(expression) } }
        block.isGrouped = !core.groupBy.isEmpty
        block.groupTerms = core.groupBy.reduce(into: [Expression]?.some([])) { terms, element in
            guard case .expression(let expression) = element, let term = groupTerm(expression, core, scopes.last) else {
                return terms = nil
            }
            terms?.append(term)
        }
        block.groups = Set((block.groupTerms ?? []).compactMap(own))
        for expression in items + [core.having].compactMap({ $0 }) {
            expression.forEach { part in
                if case .function(let call) = part, call.over == nil, aggregates.contains(Self.text(call.name.name)) {
                    block.hasAggregates = true
                }
            }
            note(windowsOf: expression, scopes, &block)
            note(columnsOf: expression, scopes, &block)
        }
        for term in block.groupTerms ?? [] { note(columnsOf: term, scopes, &block) }
        if core.having != nil { block.hasAggregates = true }
        if !core.windows.isEmpty { block.windows.append([]) }
        switch core.distinctness {
        case .unspecified, .all: break
        case .distinct:
            let isPlain = items.count == core.items.count
            block.distinct = isPlain ? Set(items.compactMap(own)) : []
        case .on(let keys): block.distinct = Set(keys.compactMap(own))
        }
    }

    /// A term of GROUP BY: a column's name is one of the FROM clause first, then of the answer; a number is of the answer.
    private func groupTerm(_ term: Expression, _ core: SelectCore, _ scope: Scope?) -> Expression? {
        switch term.unparenthesized {
        case .literal(let literal): return literal.kind == .integer ? Self.item(term, core.items) : term
        case .column(let column):
            guard column.parts.count == 1, let item = Self.item(term, core.items) else { return term }
            guard let scope, !scope.hasUnknown else { return nil }
            let isInput = scope.sources.contains { source in
                if case .found = find(Self.text(column.name), in: source) { return true }
                return false
            }
            return isInput ? term : item
        case .parameter, .unary, .binary, .isNull, .between, .inList, .match, .function, .cast, .collate, .conditional,
            .exists, .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone, .raise,
            .wildcard, .defaultValue, .verbatim:
            return term
        }
    }

    private func note(columnsOf expression: Expression, _ scopes: [Scope], _ block: inout ServerBlock.Core) {
        expression.forEach { part in
            guard case .column(let column) = part, let found = node(part, scopes), found.depth == scopes.count - 1
            else {
                return
            }
            block.columns[column.range] = found.node
        }
    }

    private func note(windowsOf expression: Expression, _ scopes: [Scope], _ block: inout ServerBlock.Core) {
        expression.forEach { part in
            guard case .function(let call) = part, let over = call.over else { return }
            guard case .inline(let window) = over, window.base == nil else { return block.windows.append([]) }
            block.windows.append(
                Set(
                    window.partitionBy.compactMap { key -> Node? in
                        guard let found = node(key, scopes), found.depth == scopes.count - 1 else { return nil }
                        return found.node
                    }))
        }
    }

    /// The item of the answer that a term of GROUP BY or ORDER BY names or numbers.
    static func item(_ term: Expression, _ items: [SelectItem]) -> Expression? {
        func expression(_ item: SelectItem) -> Expression? {
            if case .expression(let expression) = item.content { return expression }
            return nil
        }
        switch term.unparenthesized {
        case .literal(let literal):
            guard literal.kind == .integer, let number = Int(literal.text), items.indices.contains(number - 1),
                items[..<number].allSatisfy({ expression($0) != nil })
            else { return nil }
            return expression(items[number - 1])
        case .column(let column):
            guard column.parts.count == 1 else { return nil }
            let found = items.filter { $0.alias.map { text($0) == text(column.name) } ?? false }
            return found.count == 1 ? expression(found[0]) : nil
        case .parameter, .unary, .binary, .isNull, .between, .inList, .match, .function, .cast, .collate, .conditional,
            .exists, .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone, .raise,
            .wildcard, .defaultValue, .verbatim:
            return nil
        }
    }

    private mutating func visit(_ element: GroupingElement, _ ctes: Set<String>, _ scopes: [Scope]) {
        switch element {
        case .expression(let expression): visit(expression, ctes, scopes)
        case .empty: break
        case .rollup(let keys), .cube(let keys), .tuple(let keys): for key in keys { visit(key, ctes, scopes) }
        case .sets(let elements): for element in elements { visit(element, ctes, scopes) }
        }
    }

    private mutating func visit(_ window: WindowSpecification, _ ctes: Set<String>, _ scopes: [Scope]) {
        for key in window.partitionBy { visit(key, ctes, scopes) }
        for term in window.orderBy { visit(term.expression, ctes, scopes) }
        guard let frame = window.frame else { return }
        for bound in [frame.start, frame.end] {
            switch bound {
            case .preceding(let offset), .following(let offset): visit(offset, ctes, scopes)
            case .unboundedPreceding, .unboundedFollowing, .currentRow, nil: break
            }
        }
    }

    /// What stands in FROM. `conditions` collects those of joins, with the references that each may restrict (nil: all).
    @discardableResult
    private mutating func visit(
        _ table: TableExpression, _ ctes: Set<String>, _ outer: [Scope], _ scope: inout Scope,
        _ conditions: inout [Condition]
    ) -> ServerBlock.Source {
        switch table {
        case .table(let reference): return self.reference(reference, ctes, &scope)
        case .subquery(let node):
            hasSubqueries = true
            let visited = visit(node.select, ctes: ctes, outer: node.isLateral ? outer + [scope] : outer)
            if let alias = node.alias, alias.columns.isEmpty, !node.isLateral, let columns = visited.columns {
                scope.names[Self.text(alias.name)] = .derived(columns)
                scope.sources.append(.derived(columns))
            } else {
                unknown(node.alias?.name, &scope)
            }
            return .derived(visited.block)
        case .function(let node):
            if let definitions = node.alias?.definitions, definitions.contains("reg") {
                refuse(.statementNotModelled, "a function's column definitions with types of the server's own objects")
            }
            let start = references.count
            visit(.function(node.call), ctes, outer + [scope])
            unknown(node.alias?.name ?? node.call.name.name, &scope)
            return .function(start..<references.count)
        case .verbatim(let node, _):
            refuse(.statementNotModelled, "\(node.kind) in FROM")
            return .function(0..<0)
        case .parenthesized(let inner, let alias):
            guard let alias else { return visit(inner, ctes, outer, &scope, &conditions) }
            // An alias hides the names inside.
            var hidden = Scope()
            let source = visit(inner, ctes, outer, &hidden, &conditions)
            unknown(alias.name, &scope)
            return source
        case .join(let join):
            let start = references.count
            let one = visit(join.left, ctes, outer, &scope, &conditions)
            let middle = references.count
            let other = visit(join.right, ctes, outer, &scope, &conditions)
            let left = Set(start..<middle)
            let right = Set(middle..<references.count)
            let restricted: Set<Int>?
            switch join.kind {
            case .comma, .inner, .cross: restricted = nil
            case .left: restricted = right
            case .right: restricted = left
            case .full: restricted = []
            }
            switch join.constraint {
            case .on(let condition):
                visit(condition, ctes, outer + [scope])
                conditions.append(
                    Condition(
                        expression: condition, restricted: restricted,
                        supplied: restricted == nil ? nil : scope.supplied))
            case .using(let columns, _):
                for column in columns {
                    scope.merged.insert(Self.text(column))
                    guard let one = only(left, column), let other = only(right, column), family(one) != nil,
                        family(one) == family(other)
                    else { continue }
                    if restricted == nil || restricted == right { equalities.append(Equality(from: one, to: other)) }
                    if restricted == nil || restricted == left { equalities.append(Equality(from: other, to: one)) }
                }
                if join.kind == .full || join.kind == .right { scope.hasUnknown = true }
            case nil: if join.isNatural { scope.hasUnknown = true }
            }
            switch join.kind {
            case .comma, .inner, .cross: break
            case .left: scope.supplied.formUnion(right)
            case .right: scope.supplied.formUnion(left)
            case .full: scope.supplied.formUnion(left.union(right))
            }
            return .join(join.kind, one, other)
        }
    }

    private func only(_ candidates: Set<Int>, _ name: Identifier) -> Node? {
        let text = Self.text(name)
        let found = candidates.compactMap { index in
            references[index].table.schema.columns.firstIndex { $0.name == text }.map {
                Node(reference: index, column: $0)
            }
        }
        return found.count == 1 ? found[0] : nil
    }

    private func unknown(_ alias: Identifier?, _ scope: inout Scope) {
        scope.hasUnknown = true
        if let alias { scope.names[Self.text(alias)] = .unknown }
    }

    @discardableResult
    private mutating func reference(
        _ reference: TableReference, _ ctes: Set<String>, _ scope: inout Scope
    ) -> ServerBlock.Source {
        let alias = reference.alias?.name ?? reference.name.name
        if reference.name.schema == nil, ctes.contains(Self.text(reference.name.name)) {
            unknown(alias, &scope)
            return .commonTable
        }
        if reference.sample != nil { refuse(.statementNotModelled, "TABLESAMPLE") }
        let schema = reference.name.schema.map(Self.text)
        if schema == "pg_temp" || schema == nil && temporary.contains(Self.text(reference.name.name)) {
            temporaryNames.append(Self.text(reference.name.name))
            unknown(alias, &scope)
            return .commonTable
        }
        switch Self.relation(reference.name, in: topology) {
        case .table(let table):
            references.append(Reference(table: table, name: reference.name, isOnly: reference.isOnly))
            let number = references.count - 1
            guard reference.alias?.columns.isEmpty ?? true else {
                unknown(alias, &scope)
                return .table(number)
            }
            scope.names[Self.text(alias)] = .table(number)
            scope.sources.append(.table(number))
            return .table(number)
        case .view(let view):
            views.append(view)
            unknown(alias, &scope)
        case .catalog(let name):
            catalogNames.append(name)
            unknown(alias, &scope)
        case .unknown:
            let text = reference.name.parts.map(\.text).joined(separator: ".")
            refuse(.notFound, "\(text) is no table of the logical database")
        }
        return .commonTable
    }

    /// An expression: its subqueries, its calls, what cannot be looked into.
    mutating func visit(_ expression: Expression, target: LogicalTable? = nil) { visit(expression, [], []) }

    private mutating func visit(_ expression: Expression, _ ctes: Set<String>, _ scopes: [Scope]) {
        SyntaxNode.expression(expression).walk { node in
            switch node {
            case .expression(let expression):
                note(expression)
                if case .function(let call) = expression, call.over == nil, scopes.count > 1,
                    aggregates.contains(Self.text(call.name.name)), !isOwn(call, scopes)
                {
                    hasOuterAggregates = true
                }
                return .descend
            case .subquery(let select), .select(let select):
                hasSubqueries = true
                visit(select, ctes: ctes, outer: scopes)
                return .skip
            case .statement, .commonTable, .table: return .descend
            }
        }
    }

    /// Whether an aggregate is certainly of the query that it stands in.
    private func isOwn(_ call: FunctionCall, _ scopes: [Scope]) -> Bool {
        var isConstant = true
        var isOwn = false
        for argument in call.arguments.map(\.value) + [call.filter].compactMap({ $0 }) {
            argument.forEach { part in
                part.forEachSubquery { _ in isConstant = false }
                guard case .column = part else { return }
                isConstant = false
                if let found = node(part, scopes), found.depth == scopes.count - 1 { isOwn = true }
            }
        }
        return isOwn || isConstant
    }

    private static let systemColumns: Set<String> = ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"]

    private mutating func note(_ expression: Expression) {
        switch expression {
        case .verbatim(let node): refuse(.statementNotModelled, "\(node.kind) is not modelled")
        case .function(let call):
            if let schema = call.name.schema, Self.text(schema) != "pg_catalog" {
                refuse(.functionNotModelled, "the function \(Self.text(call.name.name)) of the schema \(schema.text)")
            }
            if let special = call.specialSyntax, special.lowercased().contains("select") {
                refuse(.statementNotModelled, "a query inside \(call.name.name.text)(…)")
            }
            calls.insert(Call(name: Self.text(call.name.name), argumentCount: call.arguments.count))
        case .column(let column):
            if Self.systemColumns.contains(Self.text(column.name)) {
                refuse(.implicitRowID, "the system column \(column.name.text) tells of one server's storage")
            }
            if column.schema != nil {
                refuse(
                    .statementNotModelled, "a column qualified by a schema",
                    hint: "Qualify it by the table's name or alias.")
            }
        case .cast(let cast): noteType(cast.type.text)
        case .literal(let literal):
            if literal.kind == .typed { noteType(literal.text) }
        case .wildcard(let wildcard):
            if wildcard.qualifier?.schema != nil {
                refuse(
                    .statementNotModelled, "* qualified by a schema", hint: "Qualify it by the table's name or alias.")
            }
        case .parameter, .unary, .binary, .isNull, .between, .inList, .match, .collate, .conditional, .exists,
            .subquery,
            .row, .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone, .raise, .defaultValue:
            break
        }
    }

    private mutating func noteType(_ text: String) {
        if text.lowercased().drop(while: { $0 == "\"" }).hasPrefix("reg") {
            calls.insert(Call(name: "regclass", argumentCount: 1))
        }
    }

    // MARK: Writes

    /// The target of a write as the first reference, with what stands in FROM or USING and the condition.
    mutating func visitWrite(
        _ target: TableReference, from: TableExpression?, condition: Expression?, expressions: [Expression]
    ) {
        var scope = Scope()
        var conditions: [Condition] = []
        reference(target, [], &scope)
        if let from { visit(from, [], [], &scope, &conditions) }
        if let condition {
            visit(condition, [], [scope])
            learn(condition, [scope], nullable: nil)
        }
        for condition in conditions { learn(condition.expression, [scope], nullable: condition.restricted) }
        for expression in expressions { visit(expression, [], [scope]) }
    }

    // MARK: Filters

    /// Notes what a condition says of one table alone.
    private mutating func filter(_ condition: Condition, _ scopes: [Scope]) {
        guard let scope = scopes.last else { return }
        for conjunct in ServerWork.conjuncts(condition.expression) {
            var owner: Int?
            var isPlain = true
            let bare = conjunct.mapped { part in
                switch part {
                case .column(let column):
                    guard let found = node(part, scopes), found.depth == scopes.count - 1,
                        owner == nil || owner == found.node.reference
                    else {
                        isPlain = false
                        return part
                    }
                    owner = found.node.reference
                    let name = references[found.node.reference].table.schema.columns[found.node.column].name
                    return .column(ColumnReference([Identifier(name, quote: .double)], range: column.range))
                case .function(let call):
                    let name = Self.text(call.name.name)
                    if call.over != nil || aggregates.contains(name) || !stable.contains(name) { isPlain = false }
                    return nil
                case .exists, .subquery, .verbatim, .wildcard, .raise, .defaultValue:
                    isPlain = false
                    return part
                case .inList(let node):
                    if case .list = node.source { return nil }
                    isPlain = false
                    return part
                case .quantified(let node):
                    if case .array = node.source { return nil }
                    isPlain = false
                    return part
                case .literal, .parameter, .unary, .binary, .isNull, .between, .match, .cast, .collate, .conditional,
                    .row,
                    .parenthesized, .array, .subscripted, .field, .atTimeZone:
                    return nil
                }
            }
            guard isPlain, let owner, condition.restricted?.contains(owner) ?? true,
                !(condition.supplied ?? scope.supplied).contains(owner), !innerSupplied.contains(owner)
            else { continue }
            references[owner].filters.append(bare)
        }
    }

    // MARK: Equalities

    /// - Parameter nullable: the references that the condition may restrict; nil: all of them.
    private mutating func learn(_ condition: Expression, _ scopes: [Scope], nullable: Set<Int>?) {
        switch condition.unparenthesized {
        case .binary(let node):
            switch node.operator {
            case .and:
                learn(node.left, scopes, nullable: nullable)
                learn(node.right, scopes, nullable: nullable)
            case .equal: learn(node.left, node.right, scopes, nullable)
            case .or, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .is, .isNot, .isDistinctFrom,
                .isNotDistinctFrom, .bitAnd, .bitOr, .shiftLeft, .shiftRight, .add, .subtract, .multiply, .divide,
                .modulo,
                .power, .concatenate, .jsonGet, .jsonGetText, .custom:
                break
            }
        case .literal, .parameter, .column, .unary, .isNull, .between, .inList, .match, .function, .cast, .collate,
            .conditional, .exists, .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field,
            .atTimeZone,
            .raise, .wildcard, .defaultValue, .verbatim:
            break
        }
    }

    private mutating func learn(_ left: Expression, _ right: Expression, _ scopes: [Scope], _ nullable: Set<Int>?) {
        let one = node(left, scopes)
        let other = node(right, scopes)
        let depth = scopes.count - 1
        func mayRestrict(_ found: (node: Node, depth: Int)) -> Bool {
            // From a subquery's condition nothing follows for the rows around it.
            found.depth == depth && (nullable?.contains(found.node.reference) ?? true)
        }
        if let one, let other {
            guard family(one.node) != nil, family(one.node) == family(other.node) else { return }
            if mayRestrict(other) { equalities.append(Equality(from: one.node, to: other.node)) }
            if mayRestrict(one) { equalities.append(Equality(from: other.node, to: one.node)) }
            return
        }
        for (found, value) in [(one, right), (other, left)] {
            guard let found, mayRestrict(found), let family = family(found.node),
                let operand = operands.operand(value, family)
            else { continue }
            fix(found.node, operand)
        }
    }

    private mutating func fix(_ node: Node, _ operand: KeyOperand) {
        if references[node.reference].fixed[node.column] == nil {
            references[node.reference].fixed[node.column] = operand
        }
    }

    private func family(_ node: Node) -> ServerKeyFamily? {
        let column = references[node.reference].table.schema.columns[node.column]
        // Under a collation of its own kind of equality, equal texts may have different bytes.
        guard column.collation == .binary else { return nil }
        return column.declaredType.flatMap { ServerKeyFamily(declaredType: $0) }
    }

    /// The column of a table that an expression is, and how deep its scope is.
    private func node(_ expression: Expression, _ scopes: [Scope]) -> (node: Node, depth: Int)? {
        guard case .column(let column) = expression.unparenthesized, column.schema == nil else { return nil }
        let name = Self.text(column.name)
        if let qualifier = column.table {
            let alias = Self.text(qualifier)
            for depth in scopes.indices.reversed() {
                guard let source = scopes[depth].names[alias] else { continue }
                guard case .found(let node?) = find(name, in: source) else { return nil }
                return (node, depth)
            }
            return nil
        }
        // Outwards only where the scopes between cannot have such a column.
        for depth in scopes.indices.reversed() {
            let scope = scopes[depth]
            if scope.hasUnknown { return nil }
            var found: [Node?] = []
            for source in scope.sources { if case .found(let node) = find(name, in: source) { found.append(node) } }
            if found.isEmpty { continue }
            guard found.count == 1 || scope.merged.contains(name), let node = found[0] else { return nil }
            return (node, depth)
        }
        return nil
    }

    private enum Finding {
        case none
        case found(Node?)
    }

    private func find(_ name: String, in source: Source) -> Finding {
        switch source {
        case .table(let index):
            let ordinal = references[index].table.schema.columns.firstIndex { $0.name == name }
            return ordinal.map { .found(Node(reference: index, column: $0)) } ?? .none
        case .derived(let columns): return columns[name].map { .found($0) } ?? .none
        case .unknown: return .found(nil)
        }
    }

    /// The columns that a value of `node` keeps to itself: rows of their tables with another value cannot matter.
    func reached(from node: Node) -> Set<Node> {
        var found: Set<Node> = [node]
        var stack = [node]
        while let next = stack.popLast() {
            for equality in equalities where equality.from == next && found.insert(equality.to).inserted {
                stack.append(equality.to)
            }
        }
        return found
    }

    /// Carries fixed values along the equalities until nothing new follows. To be called after the last visit.
    mutating func settle() {
        var isNew = true
        while isNew {
            isNew = false
            for equality in equalities {
                guard let value = references[equality.from.reference].fixed[equality.from.column],
                    references[equality.to.reference].fixed[equality.to.column] == nil
                else { continue }
                references[equality.to.reference].fixed[equality.to.column] = value
                isNew = true
            }
        }
    }
}
