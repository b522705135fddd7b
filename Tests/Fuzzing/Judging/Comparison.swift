public import PlainEngine
public import ShardBase
public import ShardKit
import ShardSQL
public import ShardValues

/// The same statement on the sharded database and on the plain one.
public enum Outcome {
    case right(shards: Int, rung: String)
    case refused(ErrorCode)
    /// Both say no: with the same words, or with different ones.
    case bothFail
    case wrong(String)
}

/// Compares answers with those of plain SQLite.
public enum Comparison {
    /// Sums of reals may differ by the order of summation. `relaxed`: of equal values of a group or of DISTINCT, any may
    /// be shown (1 and 1.0, 'a' and 'A' under NOCASE, 'a' and 'a ' under RTRIM).
    public static func isEqual(_ a: Value, _ b: Value, relaxed: Bool = false) -> Bool {
        if let x = number(a), let y = number(b), relaxed || (isReal(a) && isReal(b)) {
            return x == y || abs(x - y) <= 1e-12 * max(abs(x), abs(y), 1)
        }
        if relaxed, case .text(let x) = a, case .text(let y) = b { return folded(x) == folded(y) }
        return a == b
    }

    /// One text for all that NOCASE or RTRIM call equal.
    private static func folded(_ text: String) -> String {
        var text = text.lowercased()
        while text.last == " " { text.removeLast() }
        return text
    }

    private static func isReal(_ value: Value) -> Bool {
        if case .real = value { return true }
        return false
    }

    private static func number(_ value: Value) -> Double? {
        switch value {
        case .integer(let integer): Double(integer)
        case .real(let real): real
        case .null, .text, .malformedText, .blob: nil
        }
    }

    public static func areEqual(_ a: [[Value]], _ b: [[Value]], relaxed: Bool) -> Bool {
        a.count == b.count
            && zip(a, b).allSatisfy { x, y in
                x.count == y.count && zip(x, y).allSatisfy { isEqual($0, $1, relaxed: relaxed) }
            }
    }

    /// Rows in an order of their own, for answers whose order SQL leaves open.
    public static func sorted(_ rows: [[Value]]) -> [[Value]] {
        rows.map { ($0, $0.map(key).joined(separator: "|") + "#" + $0.map { "\($0)" }.joined()) }
            .sorted { $0.1 < $1.1 }.map(\.0)
    }

    /// Values that may stand for each other have one key; sums that differ in the last digits sort alike.
    private static func key(_ value: Value) -> String {
        switch value {
        case .null: "n"
        case .integer, .real: "i\(((number(value) ?? 0) * 1e6).rounded() / 1e6 + 0)"
        case .text(let text): "t\(folded(text))"
        case .malformedText(let bytes): "m\(bytes)"
        case .blob(let bytes): "b\(bytes)"
        }
    }

    /// Whether the statement compares values with each other and shows one of the equal ones.
    public static func isRelaxed(_ sql: String) -> Bool {
        ["GROUP BY", "DISTINCT", "UNION", "EXCEPT", "INTERSECT", "min(", "max("].contains { sql.contains($0) }
    }

    /// Whether the outermost query has an ORDER BY.
    public static func isOrdered(_ sql: String) -> Bool {
        guard case .select(let select)? = try? Parser.parse(sql, dialect: .sqlite).statement else { return false }
        return !select.orderBy.isEmpty
    }

    /// Runs a statement on both; a CREATE TABLE without its sharding clause on the plain one.
    public static func run(
        _ sql: String, values: [Value] = [], sharded session: DatabaseSession, plain: PlainDatabase,
        ordered: Bool? = nil, comparesErrors: Bool = false
    ) async -> Outcome {
        let expected = Swift.Result { try plain.run(FuzzStatement(sql).plain.sql, values) }
        do {
            let result = try await session.run(SQLText(sql, values: values))
            var rows: [[Value]] = []
            if let stream = result.rows {
                for try await row in stream { rows.append(row.values) }
            }
            switch expected {
            case .failure(let failure): return .wrong("answered, but plain SQLite says: \(failure)")
            case .success(let plain):
                let columns = result.header.names
                if !plain.columns.isEmpty && columns != plain.columns {
                    return .wrong("columns \(columns) instead of \(plain.columns)")
                }
                if result.changes != plain.changes && result.rows == nil {
                    return .wrong("\(result.changes) changes instead of \(plain.changes)")
                }
                let isOrdered = ordered ?? isOrdered(sql)
                let relaxed = isRelaxed(sql)
                let same =
                    isOrdered
                    ? areEqual(rows, plain.rows, relaxed: relaxed)
                    : areEqual(sorted(rows), sorted(plain.rows), relaxed: relaxed)
                if !same {
                    return .wrong(
                        "\(rows.count) rows, plain \(plain.rows.count); "
                            + difference(
                                isOrdered ? rows : sorted(rows), isOrdered ? plain.rows : sorted(plain.rows), relaxed))
                }
                return .right(shards: result.shards.count, rung: result.rung.rawValue)
            }
        } catch let error as ShardError {
            if error.isRefusal { return .refused(error.code) }
            switch expected {
            case .failure(let failure):
                if comparesErrors, error.message != "\(failure)" {
                    return .wrong("says \(error.message), plain SQLite says: \(failure)")
                }
                return .bothFail
            case .success: return .wrong("failed (\(error)), plain SQLite answers")
            }
        } catch {
            return .wrong("an error of another kind: \(error)")
        }
    }

    public static func difference(_ a: [[Value]], _ b: [[Value]], _ relaxed: Bool) -> String {
        for index in 0..<max(a.count, b.count) {
            let x = index < a.count ? a[index] : nil
            let y = index < b.count ? b[index] : nil
            if let x, let y, x.count == y.count, zip(x, y).allSatisfy({ isEqual($0, $1, relaxed: relaxed) }) {
                continue
            }
            return
                "first difference in row \(index): \(x.map { "\($0)" } ?? "none") instead of \(y.map { "\($0)" } ?? "none")"
        }
        return "no difference"
    }
}

/// Counts of outcomes, printed at the end of a suite.
public struct Tally {
    public var right = 0
    public var several = 0
    public var bothFail = 0
    public var refused: [ErrorCode: Int] = [:]
    public var rungs: [String: Int] = [:]
    public var wrong: [String] = []

    public init() {}

    public mutating func add(_ outcome: Outcome, _ sql: String) {
        switch outcome {
        case .right(let shards, let rung):
            right += 1
            if shards > 1 { several += 1 }
            rungs[rung, default: 0] += 1
        case .refused(let code): refused[code, default: 0] += 1
        case .bothFail: bothFail += 1
        case .wrong(let why): wrong.append("\(sql)\n    \(why)")
        }
    }

    public var summary: String {
        let codes = refused.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.rawValue) \($0.value)" }
        let steps = rungs.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return "\(right) right (\(several) on two shards or more; \(steps.joined(separator: ", "))), "
            + "\(refused.values.reduce(0, +)) refused [\(codes.joined(separator: ", "))], \(bothFail) fail on both, "
            + "\(wrong.count) wrong"
    }
}
