public import ShardSQL
import ShardTopology

/// Turns literals of a simple statement into parameters, so that one plan and one prepared statement serve all its
/// spellings: `… WHERE id = 5` and `… WHERE id = 7`.
///
/// Folded are only literals that stand as operands of `=`, `<`, `>`, `<=`, `>=`, BETWEEN and IN directly beside a column, in
/// conjuncts of WHERE, in a SELECT, UPDATE or DELETE of one table. There a bound value behaves exactly as the literal.
/// (Counter-examples: LIMIT 5 and ORDER BY 1 are form; a literal in the select list names the column; an index on an
/// expression or with WHERE is only found by the literal, which is why tables with such indexes are left alone by the
/// caller.)
public enum LiteralFolding {
    public struct FoldedStatement: Sendable {
        /// The statement with parameters after the user's own.
        public var parsed: ParsedStatement
        /// Where the folded literals stood, in the order of their parameters.
        public var folded: [SourceRange]
    }

    /// Nil when nothing can be folded.
    public static func fold(_ parsed: ParsedStatement) -> FoldedStatement? {
        var folder = Folder(nextParameter: parsed.parameterNames.count)
        var result = parsed
        switch parsed.statement {
        case .select(var select):
            guard select.with == nil, case .core(var core) = select.body, case .table = core.from,
                let condition = core.where
            else { return nil }
            core.where = folder.fold(condition)
            select.body = .core(core)
            result.statement = .select(select)
        case .update(var update):
            guard update.with == nil, update.from == nil, let condition = update.where else { return nil }
            update.where = folder.fold(condition)
            result.statement = .update(update)
        case .delete(var delete):
            guard delete.with == nil, delete.using == nil, let condition = delete.where else { return nil }
            delete.where = folder.fold(condition)
            result.statement = .delete(delete)
        case .insert, .createTable, .createIndex, .createView, .createTrigger, .createVirtualTable, .alterTable,
            .drop, .transaction, .explain, .pragma, .setting, .showTopology, .other:
            return nil
        }
        if folder.ranges.isEmpty { return nil }
        result.parameterNames += folder.ranges.map { _ in nil }
        result.source = SQLPrinter.print(result.statement, options: .init(parameterStyle: .numbered))
        return FoldedStatement(parsed: result, folded: folder.ranges)
    }

    private struct Folder {
        var nextParameter: Int
        var ranges: [SourceRange] = []

        init(nextParameter: Int) { self.nextParameter = nextParameter }

        mutating func fold(_ condition: Expression) -> Expression {
            switch condition {
            case .parenthesized(var inner):
                inner.inner = fold(inner.inner)
                return .parenthesized(inner)
            case .binary(var binary):
                switch binary.operator {
                case .and:
                    binary.left = fold(binary.left)
                    binary.right = fold(binary.right)
                case .equal, .less, .lessOrEqual, .greater, .greaterOrEqual:
                    if binary.left.isPlainColumn {
                        binary.right = operand(binary.right)
                    } else if binary.right.isPlainColumn {
                        binary.left = operand(binary.left)
                    }
                case .or, .notEqual, .is, .isNot, .isDistinctFrom, .isNotDistinctFrom, .bitAnd, .bitOr, .shiftLeft,
                    .shiftRight, .add, .subtract, .multiply, .divide, .modulo, .power, .concatenate, .jsonGet,
                    .jsonGetText, .custom:
                    break
                }
                return .binary(binary)
            case .between(var between):
                guard between.operand.isPlainColumn else { return condition }
                between.low = operand(between.low)
                between.high = operand(between.high)
                return .between(between)
            case .inList(var inList):
                guard inList.operand.isPlainColumn, case .list(let elements) = inList.source, elements.count <= 64
                else {
                    return condition
                }
                inList.source = .list(elements.map { operand($0) })
                return .inList(inList)
            case .literal, .parameter, .column, .unary, .isNull, .match, .function, .cast, .collate, .conditional,
                .exists, .subquery, .row, .quantified, .array, .subscripted, .field, .atTimeZone, .raise, .wildcard,
                .defaultValue, .verbatim:
                return condition
            }
        }

        private mutating func operand(_ expression: Expression) -> Expression {
            guard case .literal(let literal) = expression else { return expression }
            switch literal.kind {
            case .integer, .real, .string, .blob: break
            case .null, .boolean, .bits, .currentTime, .typed: return expression
            }
            ranges.append(literal.range)
            defer { nextParameter += 1 }
            return .parameter(Parameter(text: "?\(nextParameter + 1)", index: nextParameter))
        }
    }
}

extension Expression {
    fileprivate var isPlainColumn: Bool {
        if case .column(let reference) = self { return reference.name.quote != .double }
        return false
    }
}
