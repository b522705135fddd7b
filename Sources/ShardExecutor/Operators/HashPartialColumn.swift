import ShardBase
import ShardPlanner
import ShardValues

/// One partial aggregate of all groups of a ``HashGroups``. The rules are those of SQLite's aggregates (its source,
/// func.c), the results those of ``AggregateState``'s inputs: a sum that is not a number stays one, so that it is not
/// mistaken for a group without values.
class HashPartialColumn: @unchecked Sendable {
    // Unchecked: it belongs to its table, which one task at a time has.

    /// - Throws: `.collationAcrossShards` for a collation that Swift cannot compare with.
    static func column(of partial: HashPartial) throws(ShardError) -> HashPartialColumn {
        switch partial {
        case .countRows: CountColumn(nil)
        case .count(let column): CountColumn(column)
        case .sum(let column): SumColumn(column)
        case .total(let column): TotalColumn(column)
        case .minimum(let column, let collation): try ExtremeColumn(column, collation, keepsIf: -1)
        case .maximum(let column, let collation): try ExtremeColumn(column, collation, keepsIf: 1)
        }
    }

    /// - Parameter groups: of each row.
    func add(_ rows: borrowing RowBatch, _ groups: [Int32], groupCount: Int) {}

    /// Appends a group's value to the row being built.
    func append(_ group: Int, to output: inout RowBatch) throws(ShardError) {}

    var byteCount: Int { 0 }

    fileprivate static func number(_ cell: Cell, _ rows: borrowing RowBatch) -> NumericPrefix.Number {
        rows.withBytes(of: cell) { NumericPrefix.number($0, isText: cell.kind == .text) }
    }
}

private final class CountColumn: HashPartialColumn, @unchecked Sendable {
    private let column: Int?
    private var counts: [Int64] = []

    init(_ column: Int?) { self.column = column }

    override func add(_ rows: borrowing RowBatch, _ groups: [Int32], groupCount: Int) {
        var counts = take(&counts)
        while counts.count < groupCount { counts.append(0) }
        for row in 0..<groups.count {
            if let column, rows[row, column].kind == .null { continue }
            counts[Int(groups[row])] += 1
        }
        self.counts = counts
    }

    override func append(_ group: Int, to output: inout RowBatch) { output.append(integer: counts[group]) }

    override var byteCount: Int { counts.count * MemoryLayout<Int64>.stride }
}

private final class SumColumn: HashPartialColumn, @unchecked Sendable {
    private struct Sum {
        var integer: Int128 = 0
        /// Of all values, integers too.
        var real: Double = 0
        var hasValue = false
        var isReal = false
    }

    private let column: Int
    private var sums: [Sum] = []

    init(_ column: Int) { self.column = column }

    override func add(_ rows: borrowing RowBatch, _ groups: [Int32], groupCount: Int) {
        var sums = take(&sums)
        while sums.count < groupCount { sums.append(Sum()) }
        for row in 0..<groups.count {
            let cell = rows[row, column]
            switch cell.kind {
            case .null: continue
            case .integer: Self.add(cell.integerValue, to: &sums[Int(groups[row])])
            case .real: Self.add(cell.realValue, to: &sums[Int(groups[row])])
            case .text, .blob:
                switch Self.number(cell, rows) {
                case .integer(let value): Self.add(value, to: &sums[Int(groups[row])])
                case .real(let value): Self.add(value, to: &sums[Int(groups[row])])
                }
            }
        }
        self.sums = sums
    }

    @inline(__always)
    private static func add(_ value: Int64, to sum: inout Sum) {
        sum.integer += Int128(value)
        sum.real += Double(value)
        sum.hasValue = true
    }

    @inline(__always)
    private static func add(_ value: Double, to sum: inout Sum) {
        sum.real += value
        sum.hasValue = true
        sum.isReal = true
    }

    override func append(_ group: Int, to output: inout RowBatch) throws(ShardError) {
        let sum = sums[group]
        if !sum.hasValue {
            output.appendNull()
        } else if sum.isReal {
            output.append(real: sum.real)
        } else if let integer = Int64(exactly: sum.integer) {
            output.append(integer: integer)
        } else {
            throw ShardError(.engine, "integer overflow", engineCode: "1")
        }
    }

    override var byteCount: Int { sums.count * MemoryLayout<Sum>.stride }
}

private final class TotalColumn: HashPartialColumn, @unchecked Sendable {
    private let column: Int
    private var totals: [Double] = []

    init(_ column: Int) { self.column = column }

    override func add(_ rows: borrowing RowBatch, _ groups: [Int32], groupCount: Int) {
        var totals = take(&totals)
        while totals.count < groupCount { totals.append(0) }
        for row in 0..<groups.count {
            let cell = rows[row, column]
            switch cell.kind {
            case .null: continue
            case .integer: totals[Int(groups[row])] += Double(cell.integerValue)
            case .real: totals[Int(groups[row])] += cell.realValue
            case .text, .blob:
                switch Self.number(cell, rows) {
                case .integer(let value): totals[Int(groups[row])] += Double(value)
                case .real(let value): totals[Int(groups[row])] += value
                }
            }
        }
        self.totals = totals
    }

    override func append(_ group: Int, to output: inout RowBatch) { output.append(real: totals[group]) }

    override var byteCount: Int { totals.count * MemoryLayout<Double>.stride }
}

private final class ExtremeColumn: HashPartialColumn, @unchecked Sendable {
    private let column: Int
    private let comparator: RowComparator
    private let direction: Int
    /// One row a group; NULL as long as the group has no value.
    private var kept = RowBatch(columnCount: 1)

    /// - Parameter direction: the sign of the comparison with the value kept that lets a new one replace it.
    init(_ column: Int, _ collation: Collation, keepsIf direction: Int) throws(ShardError) {
        self.column = column
        self.direction = direction
        comparator = try RowComparator(keys: [SortKey(column: 0, collation: collation)])
    }

    override func add(_ rows: borrowing RowBatch, _ groups: [Int32], groupCount: Int) {
        var kept = RowBatch(columnCount: 1)
        swap(&kept, &self.kept)
        while kept.rowCount < groupCount {
            kept.appendNull()
            kept.endRow()
        }
        for row in 0..<groups.count {
            let cell = rows[row, column]
            if cell.kind == .null { continue }
            let group = Int(groups[row])
            let known = kept[group, 0]
            // Among equals the first stays.
            if known.kind == .null || comparator.compare(cell, in: rows, known, in: kept).signum() == direction {
                kept.replace(row: group, column: 0, with: cell, from: rows)
            }
        }
        swap(&kept, &self.kept)
    }

    override func append(_ group: Int, to output: inout RowBatch) { output.append(kept[group, 0], from: kept) }

    override var byteCount: Int { kept.byteCount }
}

/// Moves an array out of a class, so that a loop changes it in place without a check for each access.
@inline(__always)
private func take<Element>(_ array: inout [Element]) -> [Element] {
    var taken: [Element] = []
    swap(&taken, &array)
    return taken
}
