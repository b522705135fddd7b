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
    private var text: [UInt8] = []

    /// The largest text or blob, SQLite's default.
    static let longestText = 1_000_000_000

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
        case .sum(let column): addNumber(rows[row, column], rows)
        case .total(let column): addTotal(rows[row, column], rows)
        case .average(let total, let countColumn):
            let cell = rows[row, countColumn]
            if cell.kind == .integer { count += cell.integerValue }
            addTotal(rows[row, total], rows)
        case .minimum(let column, let collation): keep(rows[row, column], rows, collation, if: -1)
        case .maximum(let column, let collation): keep(rows[row, column], rows, collation, if: 1)
        case .groupConcat(let column, let separator): concatenate(rows[row, column], rows, separator)
        case .countDistinct(let column, let collation):
            if isNew(rows[row, column], rows, collation) { count += 1 }
        case .sumDistinct(let column, let collation), .totalDistinct(let column, let collation),
            .averageDistinct(let column, let collation):
            let cell = rows[row, column]
            if isNew(cell, rows, collation) { addNumber(cell, rows) }
        case .any(let column):
            if kept.isEmpty { replaceKept(rows[row, column], rows) }
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

    private mutating func addTotal(_ cell: Cell, _ rows: borrowing RowBatch) {
        switch cell.kind {
        case .real: real += cell.realValue
        case .integer: real += Double(cell.integerValue)
        case .null: isNotANumber = true
        case .text, .blob: break
        }
    }

    private mutating func keep(
        _ cell: Cell, _ rows: borrowing RowBatch, _ collation: Collation, if direction: Int
    ) {
        if cell.kind == .null { return }
        if !kept.isEmpty {
            let order = SQLiteOrder.compare(cell, in: rows, kept[0, 0], in: kept, collation: collation)
            // Among equals the first stays.
            if order == 0 || (order < 0) != (direction < 0) { return }
        }
        replaceKept(cell, rows)
    }

    private mutating func replaceKept(_ cell: Cell, _ rows: borrowing RowBatch) {
        kept.removeAll()
        kept.append(cell, from: rows)
        kept.endRow()
    }

    /// Whether a non-NULL value differs from the one before in its group.
    private mutating func isNew(_ cell: Cell, _ rows: borrowing RowBatch, _ collation: Collation) -> Bool {
        if cell.kind == .null { return false }
        if !kept.isEmpty, SQLiteOrder.compare(cell, in: rows, kept[0, 0], in: kept, collation: collation) == 0 {
            return false
        }
        replaceKept(cell, rows)
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
