import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

/// Compares two answers to one statement as far as SQL decides them.
///
/// Columns by name and declared type. Rows as a bag, each value by kind and bits, reals to 1e-12 of the larger. Their order
/// only where ORDER BY asks for it: row by row where it tells all rows apart, else the run of its leading terms that are
/// columns of the answer. Rows that those leave equal may change places, and at a LIMIT either may be the one kept.
struct AnswerComparison {
    /// Of values that are equal and not the same (1 and 1.0, 'a' and 'A' under NOCASE) any may be shown: rows are grouped,
    /// made distinct or set against each other.
    private let showsOneOfEqual: Bool
    /// ORDER BY tells all rows apart.
    private let isTotal: Bool
    /// The columns of the answer that are the leading terms of ORDER BY.
    private let keys: [Int]
    /// An ORDER BY with a LIMIT, which may cut between equal rows.
    private let cutsTies: Bool
    /// Texts may be compared by NOCASE or RTRIM.
    private let mayFold: Bool

    /// - Parameter mayFold: some collation of the schema or the statement is not BINARY.
    init(_ parsed: ParsedStatement?, names: [String], topology: Topology, mayFold: Bool) {
        self.mayFold = mayFold
        showsOneOfEqual = parsed.map(Self.unites) ?? false
        guard var parsed, case .select(var select) = parsed.statement, !select.orderBy.isEmpty else {
            (isTotal, keys, cutsTies) = (false, [], false)
            return
        }
        keys = Self.keys(select, names)
        cutsTies = select.limit != nil
        select.limit = nil
        parsed.statement = .select(select)
        isTotal = (try? KeysetPaging(parsed, topology: topology, dialect: .sqlite)) != nil
    }

    private static func keys(_ select: SelectStatement, _ names: [String]) -> [Int] {
        var items: [SelectItem] = []
        if case .core(let core) = select.body { items = core.items }
        // Behind a wildcard an item is not where the text has it.
        let isPlain = items.count == names.count
        var keys: [Int] = []
        for term in select.orderBy {
            let expression = term.expression.unparenthesized
            var found: Int?
            if case .literal(let literal) = expression, let number = Int(literal.text) {
                found = names.indices.contains(number - 1) ? number - 1 : nil
            } else if case .column(let column) = expression,
                // With its table's name it is the column, never an alias.
                column.table == nil || !items.contains(where: { $0.alias?.folded == column.name.folded })
            {
                let same = names.indices.filter { names[$0].lowercased() == column.name.folded }
                found = same.count == 1 ? same[0] : nil
            }
            if found == nil, isPlain {
                found = items.firstIndex { item in
                    if case .expression(let selected) = item.content { return selected.isEquivalent(to: expression) }
                    return false
                }
            }
            guard let found else { break }
            keys.append(found)
        }
        return keys
    }

    /// How the sharded answer differs from the plain one; empty where it does not.
    func differences(_ sharded: WholeResult, _ plain: WholeResult) -> [Difference] {
        if sharded.names != plain.names {
            return [
                Difference(
                    kind: .columns, message: "columns \(Self.list(sharded.names)), plain \(Self.list(plain.names))")
            ]
        }
        var found: [Difference] = []
        if sharded.types != plain.types {
            let types = { (types: [String?]) in Self.list(types.map { $0 ?? "none" }) }
            found.append(
                Difference(
                    kind: .columns, message: "declared types \(types(sharded.types)), plain \(types(plain.types))"))
        }
        if sharded.changes != plain.changes {
            found.append(
                Difference(kind: .changes, message: "\(sharded.changes) rows changed, plain \(plain.changes)"))
        }
        if let difference = rows(sharded.rows, plain.rows) { found.append(difference) }
        return found
    }

    private func rows(_ sharded: [[Value]], _ plain: [[Value]]) -> Difference? {
        if sharded.count == plain.count, zip(sharded, plain).allSatisfy(Self.areSame) { return nil }
        let keepsKeys =
            sharded.count == plain.count
            && zip(sharded, plain).allSatisfy { a, b in keys.allSatisfy { isSameKey(a[$0], b[$0]) } }
        if cutsTies, !isTotal, keepsKeys { return nil }
        let (left, right) = Self.unmatched(sharded, plain)
        guard left.isEmpty, right.isEmpty else {
            return Difference(
                kind: .rows,
                message: "\(Self.count(sharded.count)), plain \(plain.count); \(left.count) only sharded, "
                    + "\(right.count) only plain",
                onlySharded: Array(left.prefix(Difference.shownRows)),
                onlyPlain: Array(right.prefix(Difference.shownRows))
            )
        }
        guard isTotal || !keepsKeys else { return nil }
        let at = zip(sharded, plain).enumerated().first { !Self.areSame($0.element.0, $0.element.1) }
        return Difference(
            kind: .order,
            message: "the same rows in another order than ORDER BY asks for, from row \((at?.offset ?? 0) + 1)",
            onlySharded: at.map { [$0.element.0] } ?? [], onlyPlain: at.map { [$0.element.1] } ?? [])
    }

    /// Whether the rows differ by nothing but which of equal values a group shows.
    func areEqualValues(_ sharded: [[Value]], _ plain: [[Value]]) -> Bool {
        guard showsOneOfEqual, sharded.count == plain.count else { return false }
        let (left, right) = Self.unmatched(sharded.map { $0.map(representative) }, plain.map { $0.map(representative) })
        return left.isEmpty && right.isEmpty
    }

    private func representative(_ value: Value) -> Value {
        switch value {
        case .integer(let integer): .real(Double(integer))
        case .text(let text): mayFold ? .text(String(Self.folded(text))) : value
        case .null, .real, .blob, .malformedText: value
        }
    }

    private static func unites(_ parsed: ParsedStatement) -> Bool {
        let words = Set(parsed.source.lowercased().split { !$0.isLetter })
        return !words.isDisjoint(with: ["group", "distinct", "union", "intersect", "except", "min", "max", "over"])
    }

    // MARK: Values

    static func areSame(_ a: [Value], _ b: [Value]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { isSame($0, $1) }
    }

    private static func isSame(_ a: Value, _ b: Value) -> Bool {
        if a == b { return true }
        guard case .real(let a) = a, case .real(let b) = b else { return false }
        return a == b || abs(a - b) <= 1e-12 * max(abs(a), abs(b))
    }

    /// Whether ORDER BY may take one for the other.
    private func isSameKey(_ a: Value, _ b: Value) -> Bool {
        if Self.isSame(a, b) { return true }
        switch (a, b) {
        case (.integer(let integer), .real(let real)), (.real(let real), .integer(let integer)):
            return Double(integer) == real
        case (.text(let a), .text(let b)): return mayFold && Self.folded(a) == Self.folded(b)
        default: return false
        }
    }

    private static func folded(_ text: String) -> Substring {
        var folded = Substring(text.lowercased())
        while folded.last == " " { folded.removeLast() }
        return folded
    }

    /// The rows of two bags that have no partner in the other. Linear, but for rows that only the tolerance makes equal.
    private static func unmatched(_ a: [[Value]], _ b: [[Value]]) -> ([[Value]], [[Value]]) {
        var counts: [[Value]: Int] = [:]
        for row in b { counts[row, default: 0] += 1 }
        var left: [[Value]] = []
        for row in a {
            if let count = counts[row], count > 0 { counts[row] = count - 1 } else { left.append(row) }
        }
        var right: [[Value]] = []
        for row in b {
            if let count = counts[row], count > 0 {
                counts[row] = count - 1
                right.append(row)
            }
        }
        guard left.count <= 2_000, right.count <= 2_000 else { return (left, right) }
        left.removeAll { row in
            guard let partner = right.firstIndex(where: { areSame(row, $0) }) else { return false }
            right.remove(at: partner)
            return true
        }
        return (left, right)
    }

    // MARK: Words

    private static func count(_ rows: Int) -> String { "\(rows) row\(rows == 1 ? "" : "s")" }
    private static func list(_ words: [String]) -> String { "(" + words.joined(separator: ", ") + ")" }
}
