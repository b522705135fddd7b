import ShardSQL
import ShardTopology

/// Which rows of each table a gathered statement can want: the conditions that each reference to a table puts on that
/// table alone, one OR the other. A superset; the private engine applies the statement's conditions again.
///
/// Only conditions that cannot fail are taken: a row that one plain database would never have looked at must not raise
/// an error.
struct GatherFilters {
    /// By folded table name: one condition per reference; nil once a reference wants every row.
    private var conditions: [String: [Expression]?] = [:]
    /// By folded table name: what joins say of its rows, which counts where the table is referred to once.
    private var links: [String: [JoinLink]] = [:]
    /// Folded names of the tables that are referred to more than once.
    private var repeated: Set<String> = []
    private let topology: Topology
    /// Folded names of the statement's common tables.
    private let hidden: Set<String>

    /// More references than this to one table make a condition that costs more than it saves.
    private static let referenceLimit = 8

    /// - Parameter select: views expanded.
    init(of select: SelectStatement, topology: Topology) {
        self.topology = topology
        var hidden: Set<String> = []
        select.forEachCommonTable { hidden.insert($0.name.folded) }
        self.hidden = hidden
        if select.isVerbatimSomewhere { return }
        var references: [String: Int] = [:]
        select.forEachTable(includingSubqueries: true) { references[$0.name.name.folded, default: 0] += 1 }
        for name in hidden { references[name] = .max }
        repeated = Set(references.filter { $0.value > 1 }.keys)
        add(select, outer: [])
        // A reference that was not met in a FROM (x IN table) wants every row.
        for (name, count) in references where conditions[name].flatMap({ $0 })?.count != count {
            conditions[name] = .some(nil)
        }
    }

    /// The condition on a table's rows, columns unqualified; nil: every row.
    func filter(of table: LogicalTable) -> Expression? {
        guard let found = conditions[Topology.key(for: table.schema.name)], let parts = found, !parts.isEmpty,
            parts.count <= Self.referenceLimit
        else { return nil }
        return Expression.joined(parts, .or, "OR")
    }

    /// What joins say of a table's rows.
    func links(of table: LogicalTable) -> [JoinLink] {
        let name = Topology.key(for: table.schema.name)
        guard !repeated.contains(name), let links = links[name] else { return [] }
        return links.filter { !repeated.contains(Topology.key(for: $0.other)) }
    }

    // MARK: One query

    /// - Parameter outer: the FROMs of the queries around, innermost first, whose columns it may name.
    private mutating func add(_ select: SelectStatement, outer: [FromNames]) {
        var around = outer
        for case .core(let core) in select.body.arms {
            guard let from = core.from else { continue }
            let names = FromNames(from, topology: topology, hidden: hidden)
            if case .core = select.body { around = [names] + outer }
            var leaf = 0
            let conjuncts = (core.where?.conjuncts ?? []).map { InForce(conjunct: $0, rejectsNullOnly: false) }
            visit(from, conjuncts, Scopes(names: names, outer: outer), &leaf)
        }
        var isTop = true
        var isInFrom = false
        var inner: [(select: SelectStatement, outer: [FromNames])] = []
        SyntaxNode.select(select).walk { node in
            switch node {
            case .select(let select), .subquery(let select):
                if isTop {
                    isTop = false
                    return .descend
                }
                // What stands in FROM sees nothing of the FROM itself.
                inner.append((select, isInFrom ? [] : around))
                isInFrom = false
                return .skip
            case .commonTable(let table):
                if case .select(let select) = table.statement { inner.append((select, [])) }
                return .skip
            case .table(.subquery): isInFrom = true
            case .statement, .table, .expression: isInFrom = false
            }
            return .descend
        }
        for found in inner { add(found.select, outer: found.outer) }
    }

    // MARK: One FROM

    /// A FROM, and those of the queries around it.
    private struct Scopes {
        var names: FromNames
        var outer: [FromNames]
    }

    /// A condition on the way down to the tables it may restrict.
    private struct InForce {
        var conjunct: Expression
        /// Seen from above an outer join: counts only where NULL does not satisfy it.
        var rejectsNullOnly: Bool
    }

    /// Goes down in the order of ``FromNames``, so that leaves are numbered alike.
    private mutating func visit(
        _ from: TableExpression, _ inForce: [InForce], _ scopes: Scopes, _ leaf: inout Int
    ) {
        switch from {
        case .table(let reference):
            add(reference.name.name.folded, inForce, scopes, leaf)
            leaf += 1
        case .subquery, .function, .verbatim: leaf += 1
        case .parenthesized(let inner, let alias):
            if alias == nil { visit(inner, inForce, scopes, &leaf) } else { leaf += 1 }
        case .join(let join):
            var own: [InForce] = []
            if case .on(let condition)? = join.constraint {
                own = condition.conjuncts.map { InForce(conjunct: $0, rejectsNullOnly: false) }
            }
            let above = inForce.map { InForce(conjunct: $0.conjunct, rejectsNullOnly: true) }
            switch join.kind {
            case .comma, .inner, .cross:
                visit(join.left, inForce + own, scopes, &leaf)
                visit(join.right, inForce + own, scopes, &leaf)
            case .left:
                visit(join.left, inForce, scopes, &leaf)
                visit(join.right, above + own, scopes, &leaf)
            case .right:
                visit(join.left, above + own, scopes, &leaf)
                visit(join.right, inForce, scopes, &leaf)
            case .full:
                visit(join.left, above, scopes, &leaf)
                visit(join.right, above, scopes, &leaf)
            }
        }
    }

    private mutating func add(_ name: String, _ inForce: [InForce], _ scopes: Scopes, _ leaf: Int) {
        let names = scopes.names
        guard names.leaves[leaf].table != nil else { return }
        for condition in inForce {
            // NULL equals nothing, so those from above an outer join count too.
            links[name, default: []] += JoinLink.links(
                of: condition.conjunct, from: leaf, names, outer: scopes.outer
            ) { FromNames($0, topology: topology, hidden: hidden) }
        }
        var parts: [Expression] = []
        for condition in inForce {
            let own = OwnCondition(names: names, leaf: leaf)
            guard own.isSafe(condition.conjunct), own.hasColumn(condition.conjunct) else { continue }
            if condition.rejectsNullOnly && !own.rejectsNull(condition.conjunct) { continue }
            parts.append(own.unqualified(condition.conjunct))
        }
        guard let known = conditions[name, default: []] else { return }
        conditions[name] = parts.isEmpty ? .some(nil) : known + [Expression.joined(parts, .and, "AND")]
    }

    // MARK: One condition

    /// What a condition says of one leaf.
    private struct OwnCondition {
        let names: FromNames
        let leaf: Int

        /// Whether it reads columns of the leaf alone and can neither fail nor answer differently elsewhere.
        func isSafe(_ expression: Expression) -> Bool {
            switch expression {
            case .column(let reference): guard names.column(reference, of: leaf) != nil else { return false }
            case .function(let call):
                guard GatherFilters.harmless.contains(call.foldedName), call.over == nil, call.filter == nil,
                    !call.isAggregate, call.specialSyntax == nil
                else { return false }
            case .binary(let binary):
                switch binary.operator {
                case .jsonGet, .jsonGetText, .custom: return false
                case .or, .and, .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .is, .isNot,
                    .isDistinctFrom, .isNotDistinctFrom, .bitAnd, .bitOr, .shiftLeft, .shiftRight, .add, .subtract,
                    .multiply, .divide, .modulo, .power, .concatenate:
                    break
                }
            case .match(let match):
                switch match.operator {
                case .like, .glob: break
                case .regexp, .match, .ilike, .similarTo: return false
                }
            case .inList(let inList):
                guard case .list = inList.source else { return false }
            case .literal, .parameter, .unary, .isNull, .between, .cast, .collate, .conditional, .parenthesized: break
            case .exists, .subquery, .row, .quantified, .array, .subscripted, .field, .atTimeZone, .raise, .wildcard,
                .defaultValue, .verbatim:
                return false
            }
            var isSafe = true
            expression.forEachChild { if isSafe { isSafe = self.isSafe($0) } }
            return isSafe
        }

        func hasColumn(_ expression: Expression) -> Bool {
            var found = false
            expression.forEachColumn { _ in found = true }
            return found
        }

        /// Whether a row of NULLs cannot satisfy it.
        func rejectsNull(_ expression: Expression) -> Bool {
            switch expression.unparenthesized {
            case .binary(let binary):
                switch binary.operator {
                case .and: return rejectsNull(binary.left) || rejectsNull(binary.right)
                case .or: return rejectsNull(binary.left) && rejectsNull(binary.right)
                case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
                    return isNullOfNull(binary.left) || isNullOfNull(binary.right)
                case .is, .isNot, .isDistinctFrom, .isNotDistinctFrom, .bitAnd, .bitOr, .shiftLeft, .shiftRight, .add,
                    .subtract, .multiply, .divide, .modulo, .power, .concatenate, .jsonGet, .jsonGetText, .custom:
                    return false
                }
            case .between(let between): return isNullOfNull(between.operand) && !between.isNegated
            case .inList(let inList): return isNullOfNull(inList.operand) && !inList.isNegated
            case .match(let match): return isNullOfNull(match.operand)
            case .isNull(let test): return test.test == .null && test.isNegated && isNullOfNull(test.operand)
            case .literal, .parameter, .column, .unary, .function, .cast, .collate, .conditional, .exists, .subquery,
                .row, .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone, .raise, .wildcard,
                .defaultValue, .verbatim:
                return false
            }
        }

        /// Whether it is NULL when the leaf's columns are.
        private func isNullOfNull(_ expression: Expression) -> Bool {
            switch expression.unparenthesized {
            case .column: return true
            case .unary(let unary): return isNullOfNull(unary.operand)
            case .cast(let cast): return isNullOfNull(cast.operand)
            case .collate(let collate): return isNullOfNull(collate.operand)
            case .binary(let binary):
                switch binary.operator {
                case .add, .subtract, .multiply, .divide, .modulo, .concatenate:
                    return isNullOfNull(binary.left) || isNullOfNull(binary.right)
                case .or, .and, .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .is, .isNot,
                    .isDistinctFrom, .isNotDistinctFrom, .bitAnd, .bitOr, .shiftLeft, .shiftRight, .power, .jsonGet,
                    .jsonGetText, .custom:
                    return false
                }
            case .literal, .parameter, .isNull, .between, .inList, .match, .function, .conditional, .exists, .subquery,
                .row, .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone, .raise, .wildcard,
                .defaultValue, .verbatim:
                return false
            }
        }

        /// The condition with the leaf's columns by their bare names, in parentheses.
        func unqualified(_ expression: Expression) -> Expression {
            let bare = expression.mapped { part in
                guard case .column(let reference) = part, let name = names.column(reference, of: leaf) else {
                    return nil
                }
                return .column(ColumnReference([Identifier(name)]))
            }
            return .parenthesized(ParenthesizedExpression(bare))
        }
    }

    /// Functions of the engine that give an answer whatever they are given.
    private static let harmless: Set<String> = [
        "coalesce", "hex", "ifnull", "iif", "instr", "length", "lower", "ltrim", "max", "min", "nullif", "quote",
        "round",
        "rtrim", "sign", "substr", "substring", "trim", "typeof", "unicode", "upper", "date", "time", "datetime",
        "julianday", "strftime", "unixepoch",
    ]
}

extension Expression {
    /// Conditions under one operator.
    static func joined(_ parts: [Expression], _ operator: BinaryOperator, _ spelling: String) -> Expression {
        var result = parts[0]
        for part in parts.dropFirst() {
            result = .binary(BinaryExpression(result, `operator`, spelling: spelling, part))
        }
        return parts.count > 1 ? .parenthesized(ParenthesizedExpression(result)) : result
    }
}
