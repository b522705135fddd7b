import ShardSQL
import ShardTopology
import ShardValues

/// Whether values that a query takes for equal are the same value. Where they are not (`1` and `1.0`, `'a'` and `'A'` under
/// NOCASE), which one GROUP BY, DISTINCT, min() and max() show depends on which row comes first, and partial answers of
/// shards may show another one than a single database does.
///
/// It is proved for columns alone: of affinity INTEGER, REAL or NUMERIC, and of TEXT compared by bytes.
struct EqualValues {
    let scope: Scope

    func areSame(in core: SelectCore, orderBy: [OrderingTerm]) -> Bool {
        var compared = core.groupingExpressions(in: scope)
        if case .distinct = core.distinctness {
            for item in core.items {
                guard case .expression(let expression) = item.content else { return false }
                compared.append(expression)
            }
        }
        for call in CoreShape(of: core, orderBy: orderBy).aggregates {
            switch call.foldedName {
            case "min", "max": compared += call.arguments.map(\.value)
            default: break
            }
        }
        return compared.allSatisfy(isSame)
    }

    private func isSame(_ expression: Expression) -> Bool {
        guard case .column(let reference) = expression.unparenthesized,
            case .column(_, let column) = scope.resolve(reference)
        else { return false }
        switch column.affinity {
        case .integer?, .real?, .numeric?: return true
        case .text?: return column.collation == .binary
        case .blob?, nil: return false
        }
    }
}
