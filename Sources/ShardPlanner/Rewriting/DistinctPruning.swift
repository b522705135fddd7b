import ShardSQL

/// Leaves out DISTINCT in the arms of UNION, INTERSECT and EXCEPT without an ORDER BY, as SQLite does: the set operation makes
/// rows distinct itself, by its own collations.
///
/// Counter-example: `SELECT a FROM t UNION SELECT DISTINCT k FROM t` with `k COLLATE NOCASE` and a binary `a` shows both 'x'
/// and 'X' of k.
struct DistinctPruning {
    func prune(_ statement: Statement) -> Statement {
        statement.mappedSelects { select in
            guard case .compound = select.body, select.orderBy.isEmpty else { return nil }
            var copy = select
            copy.body = pruned(select.body, isIgnored: false)
            return copy
        }
    }

    private func pruned(_ body: SelectBody, isIgnored: Bool) -> SelectBody {
        switch body {
        case .core(var core):
            if isIgnored, case .distinct = core.distinctness { core.distinctness = .unspecified }
            return .core(core)
        case .compound: return prunedChain(body, isIgnored)
        case .values, .table, .nested: return body
        }
    }

    /// A chain leans to the left and may be long: a loop. What an operator ignores is ignored everywhere to its left.
    private func prunedChain(_ body: SelectBody, _ isIgnored: Bool) -> SelectBody {
        var operators: [CompoundSelect] = []
        var ignored: [Bool] = []
        var current = body
        var isIgnored = isIgnored
        while case .compound(let compound) = current {
            isIgnored = isIgnored || !compound.isAll
            operators.append(compound)
            ignored.append(isIgnored)
            current = compound.left
        }
        var result = pruned(current, isIgnored: isIgnored)
        for (var compound, isIgnored) in zip(operators, ignored).reversed() {
            compound.left = result
            compound.right = pruned(compound.right, isIgnored: isIgnored)
            result = .compound(compound)
        }
        return result
    }
}
