import PlainEngine
import ShardSQL
import ShardValues

/// The same rows in plain databases that hold them in other orders: a read whose answer depends on that has several right
/// answers, and a difference is no fault if one of them was given.
///
/// The tables have the names, affinities and collations of the schema and keep rows as they are put in.
struct RowOrders {
    private let databases: [PlainDatabase]
    /// Whether a view compares values with each other and shows one of the equal ones.
    private let showsEqual: Bool
    /// The sum of the numbers' magnitudes.
    let magnitude: Double

    static let count = 7

    /// - Parameter plain: where the rows are; inside its transaction, if one is open.
    init(of plain: PlainDatabase, _ schema: FuzzSchema, seed: UInt64) {
        var dice = Dice(seed: seed)
        var made: [PlainDatabase] = []
        var magnitude = 1.0
        for number in 0..<Self.count {
            guard let database = try? PlainDatabase() else { continue }
            for table in schema.tables {
                // A case that is being made small has fewer tables.
                guard let rows = try? plain.run("SELECT * FROM \(table.name) NOT INDEXED").rows else { continue }
                _ = try? database.run(table.heapSQL)
                for case let number? in rows.joined().map(Self.number) where made.isEmpty { magnitude += abs(number) }
                let places = (1...max(table.columns.count, 1)).map { "?\($0)" }.joined(separator: ", ")
                let ordered = number == 0 ? rows : number == 1 ? rows.reversed() : dice.shuffled(rows)
                for row in ordered { _ = try? database.run("INSERT INTO \(table.name) VALUES (\(places))", row) }
            }
            for view in schema.views { _ = try? database.run(view.createSQL) }
            if number > 3 { _ = try? database.run("PRAGMA reverse_unordered_selects = 1") }
            // SQLite 3.40 loses rows by the filters of automatic indexes, which do not know RTRIM.
            if number % 2 == 1 { _ = try? database.run("PRAGMA automatic_index = OFF") }
            made.append(database)
        }
        databases = made
        self.magnitude = magnitude
        showsEqual = schema.views.contains { Comparison.isRelaxed($0.createSQL) }
    }

    private static func number(_ value: Value) -> Double? {
        switch value {
        case .integer(let integer): Double(integer)
        case .real(let real): real
        case .text(let text): Double(text)
        case .null, .malformedText, .blob: nil
        }
    }

    func answers(_ statement: FuzzStatement) -> [EngineAnswer] { databases.map { $0.answer(statement) } }
}

extension RowOrders {
    /// Whether SQL leaves it to the order of the rows what the answer is, and this is one that may be given.
    func allow(_ answer: EngineAnswer, _ plain: EngineAnswer, _ statement: FuzzStatement, _ order: AnswerOrder) -> Bool
    {
        // Which partial sum is too large depends on the order of adding.
        if [answer.error, plain.error].contains("integer overflow") { return true }
        // Which of two conditions is looked at first, and whether the other then fails, is not said.
        if (answer.error == nil) != (plain.error == nil), let turned = statement.withConditionsTurned,
            answers(turned).contains(where: {
                ($0.error == nil) == (answer.error == nil) && Judgement.difference(answer, $0, order) == nil
            })
        {
            return true
        }
        if areAmongTies(answer, plain, statement, order) { return true }
        let others = answers(statement)
        if others.contains(where: {
            ($0.error == nil) == (answer.error == nil) && Judgement.difference(answer, $0, order) == nil
        }) {
            return true
        }
        // Of equal values that are not the same any may be shown.
        if Comparison.isRelaxed(statement.sql) || showsEqual, answer.error == nil, plain.error == nil,
            Judgement.rowDifference(answer, plain, order, relaxed: true) == nil
        {
            return true
        }
        // Several places of the answer may be open by themselves: then each order shows a mixture of its own.
        guard
            others.contains(where: {
                ($0.error == nil) != (plain.error == nil) || Judgement.difference($0, plain, order) != nil
            })
        else { return false }
        // A text of many rows has more orders than are tried.
        if statement.sql.contains("group_concat"), answer.rows.count == plain.rows.count { return true }
        return ([plain] + others).contains {
            $0.error == nil && answer.error == nil
                && (Judgement.rowDifference(answer, $0, order, relaxed: true) == nil || differ(answer, $0))
        }
    }

    /// LIMIT without a total order keeps any of the rows that ORDER BY calls equal.
    private func areAmongTies(
        _ answer: EngineAnswer, _ plain: EngineAnswer, _ statement: FuzzStatement, _ order: AnswerOrder
    ) -> Bool {
        guard answer.error == nil, plain.error == nil, answer.rows.count == plain.rows.count,
            case .select(var select)? = try? Parser.parse(statement.sql, dialect: .sqlite).statement,
            select.limit != nil,
            select.orderBy.count == order.columns.count, let database = databases.first
        else { return false }
        for (row, other) in zip(answer.rows, plain.rows) {
            for column in order.columns where !Comparison.isEqual(row[column], other[column], relaxed: true) {
                return false
            }
        }
        select.limit = nil
        let all = FuzzStatement(SQLPrinter.print(.select(select)), values: statement.values)
        var left = database.answer(all).rows
        for row in answer.rows {
            guard let place = left.firstIndex(where: { Comparison.areEqual([$0], [row], relaxed: false) }) else {
                return false
            }
            left.remove(at: place)
        }
        return true
    }

    /// Whether two answers differ only as sums of these rows in two orders may: numbers that nearly cancel leave what the
    /// largest of them was rounded by.
    private func differ(_ answer: EngineAnswer, _ other: EngineAnswer) -> Bool {
        guard answer.rows.count == other.rows.count else { return false }
        func sorted(_ rows: [[Value]]) -> [[Value]] {
            func key(_ row: [Value]) -> String {
                row.map { value in if case .real = value { "" } else { value.sql } }.joined(separator: "|")
            }
            return rows.map { ($0, key($0)) }.sorted { $0.1 < $1.1 }.map(\.0)
        }
        return zip(sorted(answer.rows), sorted(other.rows)).allSatisfy { row, otherRow in
            row.count == otherRow.count
                && zip(row, otherRow).allSatisfy { value, otherValue in
                    if case .real(let x) = value, case .real(let y) = otherValue {
                        return x == y || abs(x - y) <= 1e-10 * magnitude
                    }
                    return Comparison.isEqual(value, otherValue, relaxed: true)
                }
        }
    }
}

/// Whether a write's outcome depends on the order in which plain SQLite meets the rows.
enum WriteOrders {
    static func depends(_ statement: FuzzStatement, after log: [FuzzStatement], on tables: [FuzzTable]) -> Bool {
        func outcome(_ statement: FuzzStatement, isReversed: Bool) -> [[Value]]? {
            guard let database = try? PlainDatabase() else { return nil }
            for earlier in log { _ = database.answer(earlier.plain) }
            if isReversed { _ = try? database.run("PRAGMA reverse_unordered_selects = 1") }
            let answer = database.answer(statement)
            var rows: [[Value]] = []
            for table in tables {
                rows += Comparison.sorted((try? database.run("SELECT * FROM \(table.name)").rows) ?? [])
            }
            rows.append([.text(answer.error ?? ""), .integer(answer.changes)])
            return rows + Comparison.sorted(answer.rows)
        }
        guard let first = outcome(statement, isReversed: false) else { return false }
        var others = [outcome(statement, isReversed: true)]
        if let turned = statement.withConditionsTurned { others.append(outcome(turned, isReversed: false)) }
        return others.contains { $0.map { !Comparison.areEqual(first, $0, relaxed: false) } ?? false }
    }
}
