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
    }

    struct Call: Hashable {
        var name: String
        var argumentCount: Int
    }

    private(set) var references: [Reference] = []
    private(set) var views: [LogicalView] = []
    /// Of the server's own catalogs.
    private(set) var catalogNames: [String] = []
    private(set) var calls: Set<Call> = []
    private(set) var hasSubqueries = false
    private(set) var hasGroups = false
    private(set) var hasLocking = false
    /// What cannot be looked into, or acts: a refusal.
    private(set) var refusal: PlanningRefusal?

    let topology: Topology
    let operands: ServerOperands
    private var equalities: [Equality] = []

    init(topology: Topology, operands: ServerOperands) {
        self.topology = topology
        self.operands = operands
    }

    private struct Node: Hashable {
        var reference: Int
        var column: Int
    }
    private struct Equality {
        var from: Node
        var to: Node
    }

    /// What a block's columns can mean.
    private struct Scope {
        /// By alias; nil: something whose columns are not known.
        var names: [String: Int?] = [:]
        /// In order.
        var tables: [Int] = []
        var hasUnknown = false
        /// Columns that USING has merged.
        var merged: Set<String> = []
    }

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
    mutating func visit(_ select: SelectStatement) { visit(select, ctes: [], outer: []) }

    private mutating func visit(_ select: SelectStatement, ctes: Set<String>, outer: [Scope]) {
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
        for arm in arms {
            switch arm {
            case .core(let core): last = visit(core, ctes: ctes, outer: outer)
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
    }

    private mutating func visit(_ core: SelectCore, ctes: Set<String>, outer: [Scope]) -> [Scope] {
        if core.into != nil { refuse(.statementNotModelled, "SELECT INTO", hint: "Use CREATE TABLE and INSERT.") }
        var scope = Scope()
        var conditions: [(Expression, nullable: Set<Int>?)] = []
        if let from = core.from { visit(from, ctes, outer, &scope, &conditions) }
        let scopes = outer + [scope]
        if let condition = core.where {
            visit(condition, ctes, scopes)
            learn(condition, scopes, nullable: nil)
        }
        for (condition, nullable) in conditions { learn(condition, scopes, nullable: nullable) }
        if case .on(let keys) = core.distinctness { for key in keys { visit(key, ctes, scopes) } }
        for item in core.items {
            if case .expression(let expression) = item.content { visit(expression, ctes, scopes) }
        }
        if !core.groupBy.isEmpty || core.having != nil { hasGroups = true }
        for element in core.groupBy { visit(element, ctes, scopes) }
        if let having = core.having { visit(having, ctes, scopes) }
        for window in core.windows { visit(window.specification, ctes, scopes) }
        return scopes
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
    private mutating func visit(
        _ table: TableExpression, _ ctes: Set<String>, _ outer: [Scope], _ scope: inout Scope,
        _ conditions: inout [(Expression, nullable: Set<Int>?)]
    ) {
        switch table {
        case .table(let reference): self.reference(reference, ctes, &scope)
        case .subquery(let node):
            hasSubqueries = true
            visit(node.select, ctes: ctes, outer: node.isLateral ? outer + [scope] : outer)
            unknown(node.alias?.name, &scope)
        case .function(let node):
            if let definitions = node.alias?.definitions, definitions.contains("reg") {
                refuse(.statementNotModelled, "a function's column definitions with types of the server's own objects")
            }
            visit(.function(node.call), ctes, outer + [scope])
            unknown(node.alias?.name ?? node.call.name.name, &scope)
        case .verbatim(let node, _): refuse(.statementNotModelled, "\(node.kind) in FROM")
        case .parenthesized(let inner, let alias):
            guard let alias else { return visit(inner, ctes, outer, &scope, &conditions) }
            // An alias hides the names inside.
            var hidden = Scope()
            visit(inner, ctes, outer, &hidden, &conditions)
            unknown(alias.name, &scope)
        case .join(let join):
            let start = references.count
            visit(join.left, ctes, outer, &scope, &conditions)
            let middle = references.count
            visit(join.right, ctes, outer, &scope, &conditions)
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
                conditions.append((condition, restricted))
            case .using(let columns, _):
                for column in columns {
                    scope.merged.insert(Self.text(column))
                    guard let one = only(left, column), let other = only(right, column) else { continue }
                    if restricted == nil || restricted == right { equalities.append(Equality(from: one, to: other)) }
                    if restricted == nil || restricted == left { equalities.append(Equality(from: other, to: one)) }
                }
                if join.kind == .full || join.kind == .right { scope.hasUnknown = true }
            case nil: if join.isNatural { scope.hasUnknown = true }
            }
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
        if let alias { scope.names.updateValue(Int?.none, forKey: Self.text(alias)) }
    }

    private mutating func reference(_ reference: TableReference, _ ctes: Set<String>, _ scope: inout Scope) {
        let alias = reference.alias?.name ?? reference.name.name
        if reference.name.schema == nil, ctes.contains(Self.text(reference.name.name)) {
            return unknown(alias, &scope)
        }
        if reference.sample != nil { refuse(.statementNotModelled, "TABLESAMPLE") }
        switch Self.relation(reference.name, in: topology) {
        case .table(let table):
            references.append(Reference(table: table, name: reference.name, isOnly: reference.isOnly))
            guard reference.alias?.columns.isEmpty ?? true else { return unknown(alias, &scope) }
            scope.names.updateValue(.some(references.count - 1), forKey: Self.text(alias))
            scope.tables.append(references.count - 1)
        case .view(let view):
            views.append(view)
            unknown(alias, &scope)
        case .catalog(let name):
            catalogNames.append(name)
            unknown(alias, &scope)
        case .unknown:
            refuse(
                .notFound,
                "\(SQLPrinter.print(.select(SelectStatement(body: .table(reference.name))), options: .init(dialect: .postgresql)).dropFirst(6)) is no table of the logical database"
            )
        }
    }

    /// An expression: its subqueries, its calls, what cannot be looked into.
    mutating func visit(_ expression: Expression, target: LogicalTable? = nil) { visit(expression, [], []) }

    private mutating func visit(_ expression: Expression, _ ctes: Set<String>, _ scopes: [Scope]) {
        SyntaxNode.expression(expression).walk { node in
            switch node {
            case .expression(let expression):
                note(expression)
                if case .function(let call) = expression, case .inline(let window)? = call.over, window.base != nil {
                    return .descend
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
        var conditions: [(Expression, nullable: Set<Int>?)] = []
        reference(target, [], &scope)
        if let from { visit(from, [], [], &scope, &conditions) }
        if let condition {
            visit(condition, [], [scope])
            learn(condition, [scope], nullable: nil)
        }
        for (condition, nullable) in conditions { learn(condition, [scope], nullable: nullable) }
        for expression in expressions { visit(expression, [], [scope]) }
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
                guard let entry = scopes[depth].names[alias] else { continue }
                guard let index = entry, let ordinal = ordinal(index, name) else { return nil }
                return (Node(reference: index, column: ordinal), depth)
            }
            return nil
        }
        // Outwards only where the scopes between cannot have such a column.
        for depth in scopes.indices.reversed() {
            let scope = scopes[depth]
            if scope.hasUnknown { return nil }
            let found = scope.tables.compactMap { index in
                ordinal(index, name).map { Node(reference: index, column: $0) }
            }
            if found.isEmpty { continue }
            if found.count == 1 || scope.merged.contains(name) { return (found[0], depth) }
            return nil
        }
        return nil
    }

    private func ordinal(_ reference: Int, _ name: String) -> Int? {
        references[reference].table.schema.columns.firstIndex { $0.name == name }
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
