import ShardSQL

/// LIMIT below a merge: a fragment can give none but its first limit + offset rows to the answer; the merge then
/// skips and counts. Only for rows that the merge does not combine. (Counter-example: LIMIT below a GROUP BY whose groups
/// span shards cuts groups off before they are whole.)
struct LimitRule {
    let work: PlanningWork

    init(_ work: PlanningWork) { self.work = work }

    /// Replaces the fragment's LIMIT and gives what wraps the merged stream.
    func push(
        _ limit: LimitClause?, into fragment: inout SelectStatement
    ) throws(PlanningRefusal) -> (PlanNode) -> PlanNode {
        guard let limit else { return { $0 } }
        let count = try limit.count.map { expression throws(PlanningRefusal) in
            try work.operands.limitOperand(expression)
        }
        let offset = try limit.offset.map { expression throws(PlanningRefusal) in
            try work.operands.limitOperand(expression)
        }
        fragment.limit = try count.map { operand throws(PlanningRefusal) in
            LimitClause(count: fragmentCount(operand, offset), offset: nil)
        }
        return { .limit(LimitNode(input: $0, count: count, offset: offset)) }
    }

    private func fragmentCount(_ count: LimitOperand, _ offset: LimitOperand?) -> Expression {
        if case .constant(let rows) = count {
            switch offset {
            case nil: return literal(rows)
            case .constant(let skipped)?:
                if rows < 0 { return literal(-1) }
                let (sum, overflow) = rows.addingReportingOverflow(max(skipped, 0))
                return literal(overflow ? -1 : sum)
            case .parameter?, .extra?: break
            }
        }
        return work.operands.parameter(
            .fragmentLimit(count: count, offset: offset), key: "limit \(count) \(String(describing: offset))")
    }

    private func literal(_ value: Int64) -> Expression {
        value < 0
            ? .unary(UnaryExpression(.minus, .literal(Literal(.integer, text: "\(value.magnitude)"))))
            : .literal(Literal(.integer, text: "\(value)"))
    }
}
