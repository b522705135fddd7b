import ShardSQL

/// A subquery found in an expression.
struct FoundSubquery {
    var select: SelectStatement
    /// `operand IN (select)` standing as a conjunct of WHERE, where unknown and false are the same: the operand.
    var semijoinOperand: Expression?
}

extension Expression {
    /// The subqueries directly inside this expression (not those inside them), in order.
    func subqueries(isConjunct: Bool = false) -> [FoundSubquery] {
        var result: [FoundSubquery] = []
        if isConjunct, case .inList(let inList) = unparenthesized, !inList.isNegated {
            switch inList.source {
            case .subquery(let select): result.append(FoundSubquery(select: select, semijoinOperand: inList.operand))
            case .table(let name, let arguments):
                result.append(FoundSubquery(select: .all(from: name, arguments), semijoinOperand: inList.operand))
            case .list: collect(into: &result)
            }
            inList.operand.collect(into: &result)
            return result
        }
        collect(into: &result)
        return result
    }

    private func collect(into result: inout [FoundSubquery]) {
        switch self {
        case .exists(let exists): result.append(FoundSubquery(select: exists.select))
        case .subquery(let subquery): result.append(FoundSubquery(select: subquery.select))
        case .inList(let inList):
            switch inList.source {
            case .subquery(let select): result.append(FoundSubquery(select: select))
            case .table(let name, let arguments):
                result.append(FoundSubquery(select: .all(from: name, arguments)))
            case .list: break
            }
        case .quantified(let quantified):
            if case .subquery(let select) = quantified.source { result.append(FoundSubquery(select: select)) }
        case .literal, .parameter, .column, .unary, .binary, .isNull, .between, .match, .function, .cast, .collate,
            .conditional, .row, .parenthesized, .array, .subscripted, .field, .atTimeZone, .raise, .wildcard,
            .defaultValue, .verbatim:
            break
        }
        var inner: [FoundSubquery] = []
        forEachChild { $0.collect(into: &inner) }
        result.append(contentsOf: inner)
    }
}

extension SelectStatement {
    /// `SELECT * FROM name`, or from a table function.
    static func all(from name: ObjectName, _ arguments: [Expression]?) -> SelectStatement {
        let from: TableExpression =
            if let arguments {
                .function(FunctionTable(FunctionCall(name, arguments: arguments.map { FunctionArgument($0) })))
            } else {
                .table(TableReference(name))
            }
        return SelectStatement(body: .core(SelectCore(items: [SelectItem(.wildcard(Wildcard()))], from: from)))
    }
}
