import ShardSQL
import ShardTopology
import ShardValues

/// Which columns are equal in every row that matters: union-find over `a.x = b.y` conjuncts.
///
/// Two columns are united only when their `=` compares as the shard keys' own does: same kind of affinity, same
/// collation, no COLLATE written. (Counter-example: a TEXT key joined through a column without affinity: `'5' = 5` holds
/// after conversion, though the two values live in different partitions.)
struct EqualityClasses {
    private var parents: [ColumnID: ColumnID] = [:]

    func representative(of id: ColumnID) -> ColumnID {
        var current = id
        while let next = parents[current], next != current { current = next }
        return current
    }

    mutating func unite(_ left: ColumnID, _ right: ColumnID) {
        let a = representative(of: left)
        let b = representative(of: right)
        if a == b {
            if parents[a] == nil { parents[a] = a }
            return
        }
        parents[a] = b
        if parents[b] == nil { parents[b] = b }
    }

    func areEqual(_ left: ColumnID, _ right: ColumnID) -> Bool {
        left == right || representative(of: left) == representative(of: right)
    }

    /// All columns equal to any of the given, those included.
    func closure(_ ids: Set<ColumnID>) -> Set<ColumnID> {
        guard !parents.isEmpty, !ids.isEmpty else { return ids }
        let roots = Set(ids.map(representative(of:)))
        var result = ids
        for id in parents.keys where roots.contains(representative(of: id)) { result.insert(id) }
        return result
    }

    /// Takes up the equalities between columns that a conjunct states.
    mutating func add(_ conjunct: Expression, in scope: Scope) {
        guard case .binary(let binary) = conjunct.unparenthesized, binary.operator == .equal else { return }
        if case .row(let left) = binary.left.unparenthesized, case .row(let right) = binary.right.unparenthesized,
            left.elements.count == right.elements.count
        {
            for (l, r) in zip(left.elements, right.elements) { addEquality(l, r, in: scope) }
        } else {
            addEquality(binary.left, binary.right, in: scope)
        }
    }

    private mutating func addEquality(_ left: Expression, _ right: Expression, in scope: Scope) {
        guard case .column(let l) = left.unparenthesized, case .column(let r) = right.unparenthesized,
            case .column(let leftID, let leftColumn) = scope.resolve(l),
            case .column(let rightID, let rightColumn) = scope.resolve(r)
        else { return }
        addEquality(leftID, leftColumn, rightID, rightColumn)
    }

    mutating func addEquality(_ left: ColumnID, _ l: SourceColumn, _ right: ColumnID, _ r: SourceColumn) {
        guard let leftKind = l.affinity?.conversion, let rightKind = r.affinity?.conversion,
            leftKind == rightKind, (l.collation ?? .binary) == (r.collation ?? .binary)
        else { return }
        unite(left, right)
    }
}
