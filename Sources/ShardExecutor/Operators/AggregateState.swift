import ShardBase
import ShardPlanner
import ShardValues

/// One aggregate of the open group. The rules are those of SQLite's `sum`, `total`, `avg`, `count`, `min`, `max` and
/// `group_concat` (its source, func.c).
///
/// Sums of integers are kept exactly in 128 bits: an answer that fits is given, whatever the order of the partials;
/// "integer overflow" is left for sums that do not fit. One real partial makes the sum real, and then nothing overflows.
struct AggregateState {
    private var count: Int64 = 0
    private var integer: Int128 = 0
    private var real: Double = 0
    private var isReal = false
    /// A NULL total: a fragment's sum was not a number (infinities of both signs).
    private var isNotANumber = false
    /// One row, one column: the extreme, the taken value, or the distinct value before.
    private var kept = RowBatch(columnCount: 1)
    /// The value that is compared with `kept`.
    private var candidate = RowBatch(columnCount: 1)
    private let comparator: RowComparator
    private var text: [UInt8] = []

    /// The largest text or blob, SQLite's default.
    static let longestText = 1_000_000_000

    /// - Throws: `.collationAcrossShards` for a collation that Swift cannot compare with.
    init(_ aggregate: FinalAggregate) throws(ShardError) {
        let collation: Collation
        switch aggregate {
        case .minimum(_, let own), .maximum(_, let own), .countDistinct(_, let own), .sumDistinct(_, let own),
            .totalDistinct(_, let own), .averageDistinct(_, let own):
            collation = own
        case .count, .sum, .total, .average, .groupConcat, .any: collation = .binary
        }
        comparator = try RowComparator(keys: [SortKey(column: 0, collation: collation)])
    }

    mutating func reset() {
        count = 0
        integer = 0
        real = 0
        isReal = false
        isNotANumber = false
        kept.removeAll()
        text.removeAll(keepingCapacity: true)
    }

    // MARK: Adding a partial

    mutating func add(_ aggregate: FinalAggregate, _ rows: borrowing RowBatch, _ row: Int) {
        switch aggregate {
        case .count(let column):
            let cell = rows[row, column]
            if cell.kind == .integer { count += cell.integerValue }
        case .sum(let column):
            let cell = rows[row, column]
            if cell.kind == .text { addNoNumber() } else { addNumber(cell, rows) }
        case .total(let column): addTotal(rows[row, column], rows)
        case .average(let total, let countColumn):
            let cell = rows[row, countColumn]
            if cell.kind == .integer { count += cell.integerValue }
            addTotal(rows[row, total], rows)
        case .minimum(let column, _): keep(rows[row, column], rows, if: -1)
        case .maximum(let column, _): keep(rows[row, column], rows, if: 1)
        case .groupConcat(let column, let separator): concatenate(rows[row, column], rows, separator)
        case .countDistinct(let column, _):
            if isNew(rows[row, column], rows) { count += 1 }
        case .sumDistinct(let column, _), .totalDistinct(let column, _), .averageDistinct(let column, _):
            let cell = rows[row, column]
            if isNew(cell, rows) { addNumber(cell, rows) }
        case .any(let column):
            if kept.isEmpty {
                kept.append(rows[row, column], from: rows)
                kept.endRow()
            }
        }
    }

    private mutating func addNumber(_ cell: Cell, _ rows: borrowing RowBatch) {
        switch cell.kind {
        case .null: return
        case .integer:
            integer += Int128(cell.integerValue)
            real += Double(cell.integerValue)
        case .real:
            real += cell.realValue
            isReal = true
        case .text, .blob:
            // Only distinct values themselves can be texts; partial sums are numbers.
            switch rows.withBytes(of: cell, { NumericPrefix.number($0, isText: cell.kind == .text) }) {
            case .integer(let value):
                integer += Int128(value)
                real += Double(value)
            case .real(let value):
                real += value
                isReal = true
            }
        }
        count += 1
    }

    private mutating func addNoNumber() {
        real = .nan
        isReal = true
        count += 1
    }

    private mutating func addTotal(_ cell: Cell, _ rows: borrowing RowBatch) {
        switch cell.kind {
        case .real: real += cell.realValue
        case .integer: real += Double(cell.integerValue)
        case .null: isNotANumber = true
        case .text, .blob: break
        }
    }

    private mutating func keep(_ cell: Cell, _ rows: borrowing RowBatch, if direction: Int) {
        if cell.kind == .null { return }
        setCandidate(cell, rows)
        // Among equals the first stays.
        if kept.isEmpty || comparator.compare(candidate, 0, kept, 0).signum() == direction { swap(&kept, &candidate) }
    }

    private mutating func setCandidate(_ cell: Cell, _ rows: borrowing RowBatch) {
        candidate.removeAll()
        candidate.append(cell, from: rows)
        candidate.endRow()
    }

    /// Whether a non-NULL value differs from the one before in its group.
    private mutating func isNew(_ cell: Cell, _ rows: borrowing RowBatch) -> Bool {
        if cell.kind == .null { return false }
        setCandidate(cell, rows)
        if !kept.isEmpty, comparator.equal(candidate, 0, kept, 0) { return false }
        swap(&kept, &candidate)
        return true
    }

    private mutating func concatenate(_ cell: Cell, _ rows: borrowing RowBatch, _ separator: String) {
        if cell.kind == .null { return }
        if count > 0 { text.append(contentsOf: separator.utf8) }
        count += 1
        switch cell.kind {
        case .null: break
        case .integer: text.append(contentsOf: String(cell.integerValue).utf8)
        case .real:
            if case .text(let spelled) = Affinity.text.apply(to: .real(cell.realValue)) {
                text.append(contentsOf: spelled.utf8)
            }
        case .text, .blob: rows.withBytes(of: cell) { text.append(contentsOf: $0) }
        }
    }

    // MARK: The final value

    /// Appends the value to the row being built.
    /// - Throws: "integer overflow" and "string or blob too big", as SQLite.
    func finish(_ aggregate: FinalAggregate, into output: inout RowBatch) throws(ShardError) {
        switch aggregate {
        case .count, .countDistinct: output.append(integer: count)
        case .sum, .sumDistinct:
            if count == 0 {
                output.appendNull()
            } else if isReal {
                append(real: real, to: &output)
            } else if let sum = Int64(exactly: integer) {
                output.append(integer: sum)
            } else {
                throw ShardError(.engine, "integer overflow", engineCode: "1")
            }
        case .total, .totalDistinct:
            append(real: isNotANumber ? .nan : real, to: &output)
        case .average, .averageDistinct:
            if count == 0 {
                output.appendNull()
            } else {
                append(real: isNotANumber ? .nan : real / Double(count), to: &output)
            }
        case .minimum, .maximum, .any:
            if kept.isEmpty { output.appendNull() } else { output.append(kept[0, 0], from: kept) }
        case .groupConcat:
            if count == 0 {
                output.appendNull()
                return
            }
            guard text.count <= Self.longestText else {
                throw ShardError(.engine, "string or blob too big", engineCode: "18")
            }
            text.withUnsafeBufferPointer { output.append(text: $0) }
        }
    }

    /// What is not a number is NULL.
    private func append(real: Double, to output: inout RowBatch) {
        if real.isNaN { output.appendNull() } else { output.append(real: real) }
    }
}
