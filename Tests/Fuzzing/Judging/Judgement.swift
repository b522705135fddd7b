import ShardSQL
import ShardValues

/// What becomes of one statement.
enum Judgement {
    case right
    /// SQL leaves the answer to the order of rows, and the one given is among those of some order.
    case open
    case bothFail(sameWords: Bool)
    case wrong(String)

    /// Compares an answer with the plain one, without regard to what SQL leaves open; nil: they agree.
    static func difference(_ answer: EngineAnswer, _ plain: EngineAnswer, _ order: AnswerOrder) -> String? {
        switch (answer.error, plain.error) {
        case (let error?, nil): return "failed (\(error)), plain SQLite answers \(plain.rows.count) rows"
        case (nil, let error?): return "answered, plain SQLite says: \(error)"
        case (_?, _?): return nil
        case (nil, nil): break
        }
        if plain.hasRows, answer.columns != plain.columns {
            return "columns \(answer.columns) instead of \(plain.columns)"
        }
        if !plain.hasRows, answer.changes != plain.changes {
            return "\(answer.changes) changes instead of \(plain.changes)"
        }
        return rowDifference(answer, plain, order, relaxed: false)
    }

    /// - Parameter relaxed: equal values may stand for one another (1 and 1.0, 'a' and 'A').
    static func rowDifference(
        _ answer: EngineAnswer, _ plain: EngineAnswer, _ order: AnswerOrder, relaxed: Bool
    ) -> String? {
        if order.isTotal {
            if Comparison.areEqual(answer.rows, plain.rows, relaxed: relaxed) { return nil }
            // Rows that ORDER BY calls equal may change places: 9 and 9.0.
            if Comparison.areEqual(answer.rows, plain.rows, relaxed: true),
                Comparison.areEqual(
                    Comparison.sorted(answer.rows), Comparison.sorted(plain.rows), relaxed: relaxed)
            {
                return nil
            }
            return "\(answer.rows.count) rows, plain \(plain.rows.count); "
                + Comparison.difference(answer.rows, plain.rows, relaxed)
        }
        let (mine, theirs) = (Comparison.sorted(answer.rows), Comparison.sorted(plain.rows))
        if !Comparison.areEqual(mine, theirs, relaxed: relaxed) {
            return "\(mine.count) rows, plain \(theirs.count); " + Comparison.difference(mine, theirs, relaxed)
        }
        for column in order.columns {
            for (row, other) in zip(answer.rows, plain.rows) where column < row.count && column < other.count {
                if !Comparison.isEqual(row[column], other[column], relaxed: true) {
                    return "rows in another order: \(row) where \(other) stands"
                }
            }
        }
        return nil
    }
}

/// What the outermost ORDER BY says of the answer's order.
struct AnswerOrder {
    /// The columns of the answer that lead the order, as far as they are known.
    var columns: [Int] = []
    /// All rows stand where they must.
    var isTotal = false

    /// Nothing is known.
    static let open = AnswerOrder(of: nil, width: 0)

    init(of statement: Statement?, width: Int) {
        guard case .select(let select)? = statement, !select.orderBy.isEmpty else { return }
        for term in select.orderBy {
            guard case .literal(let literal) = term.expression, let position = Int(literal.text) else { break }
            columns.append(position - 1)
        }
        // Without one position the generator orders by a key.
        isTotal = columns.isEmpty ? select.limit != nil : Set(columns).count >= width
    }
}
