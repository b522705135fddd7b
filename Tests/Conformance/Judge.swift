import ShardSQL
import ShardValues

/// Decides over one query: right, right in another order, different because of an earlier refusal, or wrong.
struct Judge {
    enum Verdict: Equatable {
        case right, otherOrder, afterRefusal
        case wrong(expected: String, got: String)
    }

    let record: LogicRecord
    private let query: LogicRecord.Query
    private let twin: PlainTwin
    private let writes: Bool
    private(set) var verdict = Verdict.right
    private(set) var hasAskedTwin = false

    init(_ record: LogicRecord, _ query: LogicRecord.Query, _ twin: PlainTwin, writes: Bool) {
        self.record = record
        self.query = query
        self.twin = twin
        self.writes = writes
    }

    private mutating func plain() -> Result<EngineAnswer, any Error> {
        hasAskedTwin = true
        return twin.answer(record.sql, writes: writes)
    }

    mutating func failed(_ error: any Error, hasDiverged: Bool, isDefect: Bool) {
        let expected = query.expected?.joined(separator: "\n") ?? ""
        if isDefect {
            verdict = .wrong(expected: expected, got: "\(error)")
            return
        }
        // The format's own rule: a query without rows may as well fail.
        if !hasDiverged, query.expected?.isEmpty == true { return }
        switch plain() {
        case .failure: verdict = hasDiverged ? .afterRefusal : .right
        case .success(let answer):
            verdict = .wrong(expected: "\(shown(answer))", got: "\(error)")
        }
    }

    mutating func answered(_ answer: EngineAnswer, hasDiverged: Bool, isStrict: Bool) {
        let got = shown(answer)
        let isAsExpected = query.expected.map { got.isExpected($0) && answer.columns.count == query.types.count }
        if isAsExpected == true, !isStrict { return }
        switch plain() {
        case .failure(let failure):
            if isAsExpected != true { verdict = .wrong(expected: "plain SQLite fails: \(failure)", got: "\(got)") }
        case .success(let other):
            let expected = shown(other)
            if isStrict, let difference = Self.difference(answer, other, record.sql) {
                verdict = .wrong(expected: "\(expected)", got: "\(got)\n(\(difference))")
            } else if got == expected {
                verdict = isAsExpected == true || !hasDiverged ? .right : .afterRefusal
            } else if isAsExpected == true {
                verdict = .right
            } else if leavesOpen(answer, other, got, expected) {
                verdict = .otherOrder
            } else {
                verdict = .wrong(expected: "\(expected)", got: "\(got)")
            }
        }
    }

    private func shown(_ answer: EngineAnswer) -> ShownAnswer {
        ShownAnswer(answer, types: query.types, sort: query.sort)
    }

    /// Whether SQL leaves the difference to the engine: rows without ORDER BY, the order within group_concat, the order
    /// of a floating sum.
    private func leavesOpen(
        _ answer: EngineAnswer, _ other: EngineAnswer, _ got: ShownAnswer, _ expected: ShownAnswer
    ) -> Bool {
        if got.hasSameRows(as: expected), keepsOrder(got, expected, names: answer.columns) { return true }
        guard answer.rows.count == other.rows.count, answer.columns.count == other.columns.count else { return false }
        let concatenates = record.sql.asciiLowercased().contains("group_concat")
        return zip(answer.rows, other.rows).allSatisfy { row, otherRow in
            zip(row, otherRow).allSatisfy { Self.mayStand($0, for: $1, concatenates) }
        }
    }

    /// Whether the rows stand in an order that the outermost ORDER BY allows: its columns, where they are columns of the
    /// answer, go through the same values. Rows that are alike by them may change places.
    private func keepsOrder(_ got: ShownAnswer, _ expected: ShownAnswer, names: [String]) -> Bool {
        guard case .select(let select)? = try? Parser.parse(record.sql, dialect: .sqlite).statement else { return true }
        return select.orderBy.allSatisfy { term in
            let position: Int?
            switch term.expression {
            case .literal(let literal): position = Int(literal.text).map { $0 - 1 }
            case .column:
                let name = SQLPrinter.print(term.expression, options: .init(dialect: .sqlite)).asciiLowercased()
                position = names.firstIndex { $0.asciiLowercased() == name }
            default: position = nil
            }
            guard let position else { return false }
            return got.column(position) == expected.column(position)
        }
    }

    private static func mayStand(_ a: Value, for b: Value, _ concatenates: Bool) -> Bool {
        if a == b { return true }
        switch (a, b) {
        case (.real(let x), .real(let y)): return abs(x - y) <= 1e-12 * max(abs(x), abs(y), 1)
        case (.text(let x), .text(let y)): return concatenates && x.utf8.sorted() == y.utf8.sorted()
        default: return false
        }
    }

    /// How the values themselves differ, types and column names included; nil where they do not.
    private static func difference(_ answer: EngineAnswer, _ other: EngineAnswer, _ sql: String) -> String? {
        if answer.columns != other.columns { return "columns \(answer.columns) instead of \(other.columns)" }
        if answer.rows.count != other.rows.count {
            return "\(answer.rows.count) rows instead of \(other.rows.count)"
        }
        let upper = sql.uppercased()
        // Of equal values of a group any may be shown: 1 or 1.0, 'a' or 'A'.
        let isRelaxed = ["GROUP BY", "DISTINCT", "UNION", "EXCEPT", "INTERSECT", "MIN(", "MAX(", "OVER"].contains {
            upper.contains($0)
        }
        if isRelaxed { return nil }
        let concatenates = upper.contains("GROUP_CONCAT")
        func key(_ row: [Value]) -> String { row.map { "\($0)" }.joined(separator: "|") }
        let mine = answer.rows.map { ($0, key($0)) }.sorted { $0.1 < $1.1 }
        let theirs = other.rows.map { ($0, key($0)) }.sorted { $0.1 < $1.1 }
        for (row, otherRow) in zip(mine, theirs)
        where !zip(row.0, otherRow.0).allSatisfy({ mayStand($0, for: $1, concatenates) }) {
            return "\(row.0) instead of \(otherRow.0)"
        }
        return nil
    }
}
