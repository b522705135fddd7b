import ShardSQL
import ShardTopology
import ShardValues

/// ORDER BY as positions in the shards' answers, and as what can be compared here exactly as the server does.
struct ServerOrder {
    let work: ServerWork
    let core: SelectCore
    /// Whether columns may be added to the answer.
    let hidden: Bool
    private(set) var positions: [Int] = []
    private(set) var hiddenItems: [SelectItem] = []
    private var terms: [OrderingTerm] = []
    /// What each term stands for.
    private var expressions: [Expression] = []

    init(work: ServerWork, core: SelectCore, hidden: Bool) {
        self.work = work
        self.core = core
        self.hidden = hidden
    }

    /// - Returns: whether each term has its place.
    mutating func resolve(_ terms: [OrderingTerm]) -> Bool {
        self.terms = terms
        for term in terms {
            if case .using = term.direction { return false }
            if let position = position(term.expression) {
                positions.append(position)
                expressions.append(item(position) ?? term.expression)
                continue
            }
            guard hidden, !ServerSurvey.isNumber(term.expression) else { return false }
            positions.append(work.facts.columns.count + hiddenItems.count)
            hiddenItems.append(Self.item(term.expression, hiddenItems.count))
            expressions.append(term.expression)
        }
        return true
    }

    private static func item(_ expression: Expression, _ number: Int) -> SelectItem {
        SelectItem(.expression(expression), alias: Identifier("_shardkit_k\(number)"))
    }

    private var hasWildcard: Bool {
        core.items.contains { if case .wildcard = $0.content { true } else { false } }
    }

    private func item(_ position: Int) -> Expression? {
        guard !hasWildcard, core.items.indices.contains(position),
            case .expression(let expression) = core.items[position].content
        else { return nil }
        return expression
    }

    /// The answer's column that a term is.
    private func position(_ term: Expression) -> Int? {
        switch term.unparenthesized {
        case .literal(let literal):
            guard literal.kind == .integer, let number = Int(literal.text),
                work.facts.columns.indices.contains(number - 1)
            else { return nil }
            return number - 1
        case .column(let column):
            // A name of the answer comes before one of the FROM clause.
            if column.parts.count == 1 {
                let name = ServerSurvey.text(column.name)
                let found = work.facts.columns.indices.filter { work.facts.columns[$0].name == name }
                if let first = found.first {
                    // Of several they are all the same, or the server would have said no.
                    return first
                }
            }
        case .parameter, .unary, .binary, .isNull, .between, .inList, .match, .function, .cast, .collate, .conditional,
            .exists, .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone, .raise,
            .wildcard, .defaultValue, .verbatim:
            break
        }
        guard !hasWildcard else { return nil }
        let key = term.equivalenceKey(dialect: .postgresql)
        return core.items.firstIndex { item in
            guard case .expression(let own) = item.content else { return false }
            return own.equivalenceKey(dialect: .postgresql) == key
        }
    }

    /// The keys to merge by, with what has to be added to the answer for them; nil where only the server can compare.
    ///
    /// - Parameter types: of the answer's columns and the hidden ones.
    func keys(_ types: [PlanColumn], defaultCollation: Bool) -> (sort: [SortKey], further: [SelectItem])? {
        var sort: [SortKey] = []
        var further: [SelectItem] = []
        for (number, term) in terms.enumerated() {
            let position = positions[number]
            guard types.indices.contains(position) else { return nil }
            var key = SortKey(
                column: position, descending: term.isDescending,
                nullsFirst: term.nulls.map { $0 == .first } ?? term.isDescending)
            switch types[position].typeID {
            // bool, bytea, int8, int2, int4, oid, uuid: words, bytes, or texts of one length.
            case 16, 17, 20, 21, 23, 26, 2950: break
            // text, varchar.
            case 25, 1043:
                guard work.planner.ordersTextByBytes, defaultCollation else { return nil }
            // char(n): blanks at the end do not count.
            case 1042:
                guard work.planner.ordersTextByBytes, defaultCollation else { return nil }
                key.collation = .rtrim
            // float4, float8, numeric.
            case 700, 701, 1700: key.isDecimal = true
            // date, time, timestamp, timestamptz: by their seconds.
            case 1082, 1083, 1114, 1184:
                let isAliased = hasWildcard && core.items.contains { $0.alias != nil }
                guard hidden, !isAliased, !ServerSurvey.isNumber(expressions[number]) else { return nil }
                key.column = types.count + further.count
                key.isDecimal = true
                further.append(Self.item(Self.seconds(expressions[number]), hiddenItems.count + further.count))
            default: return nil
            }
            sort.append(key)
        }
        return (sort, further)
    }

    /// `EXTRACT(epoch FROM x)`: numeric, exact, with infinities.
    private static func seconds(_ expression: Expression) -> Expression {
        let text = "epoch FROM " + SQLPrinter.print(expression, options: .init(dialect: .postgresql))
        return .function(
            FunctionCall(
                ObjectName("extract"), arguments: [FunctionArgument(expression)], specialSyntax: text))
    }
}

extension ServerSurvey {
    static func isNumber(_ expression: Expression) -> Bool {
        if case .literal(let literal) = expression.unparenthesized { return literal.kind == .integer }
        return false
    }
}
