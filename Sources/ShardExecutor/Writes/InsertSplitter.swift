import ShardBase
import ShardPlanner
import ShardTopology
import ShardValues

/// Splits the rows of an INSERT by their homes and writes each fragment's text. Pure.
///
/// A row is spliced as the planner made its text, unless it holds values of this run (a generated key, an evaluated
/// expression) or parameters. Those are bound: numbered from 1 in each chunk where every parameter stands in a cell of
/// its own, and after the run's values where the user's numbers also stand inside texts (`?2 + 1`, an ON CONFLICT
/// clause).
struct InsertSplitter: Sendable {
    /// SQLite's limit of parameters, and a text length that it still parses quickly.
    static let parameterLimit = 32_766
    static let textLimit = 1_000_000

    let plan: InsertPlan
    /// The user's values and the plan's extras.
    let values: [Value]
    /// Values computed for this run, by row × ``width`` + cell.
    let computed: [Int: Value]
    /// The key made for each row, `.null` where the row brings its own; empty when no key is made.
    let generated: [Value]
    private let width: Int
    private let keepsNumbers: Bool

    init(plan: InsertPlan, values: [Value], computed: [Int: Value], generated: [Value]) {
        self.plan = plan
        self.values = values
        self.computed = computed
        self.generated = generated
        self.width = Self.width(of: plan)
        self.keepsNumbers = Self.holdsNumbersInTexts(plan, computed: computed)
    }

    static func width(of plan: InsertPlan) -> Int { plan.rows.first?.cells.count ?? 0 }

    /// Whether a parameter's number may stand inside a text that is sent as it is.
    private static func holdsNumbersInTexts(_ plan: InsertPlan, computed: [Int: Value]) -> Bool {
        for tail in [plan.tail, plan.cold?.tail ?? ""] where tail.utf8.contains(UInt8(ascii: "?")) { return true }
        let width = width(of: plan)
        for (row, cells) in plan.rows.enumerated() {
            for (cell, content) in cells.cells.enumerated() {
                switch content {
                case .expression(let text), .volatile(let text):
                    if text.utf8.contains(UInt8(ascii: "?")), computed[row * width + cell] == nil { return true }
                case .literal, .parameter, .generate: break
                }
            }
        }
        return false
    }

    // MARK: Homes

    /// Where each of the rows goes, in the order of partitions; rows keep their order inside a fragment.
    func fragments(of rows: Range<Int>, shardCount: Int) throws(ShardError) -> [InsertFragment] {
        switch plan.target {
        case .single(let shard):
            return [InsertFragment(shard: shard, partition: nil, chunks: chunks(Array(rows), partition: nil))]
        case .broadcast:
            let chunks = chunks(Array(rows), partition: nil)
            return (0..<shardCount).map { InsertFragment(shard: $0, partition: nil, chunks: chunks) }
        case .sharded(let sharding, let keyCells):
            var rowsByPartition = [[Int]](repeating: [], count: sharding.partitions.count)
            var key = [Value](repeating: .null, count: keyCells.count)
            for row in rows {
                for (position, cell) in keyCells.enumerated() { key[position] = try value(of: cell, row: row) }
                rowsByPartition[try sharding.partition(of: key)].append(row)
            }
            var fragments: [InsertFragment] = []
            for (partition, rows) in rowsByPartition.enumerated() where !rows.isEmpty {
                fragments.append(
                    InsertFragment(
                        shard: sharding.partitions[partition].shard, partition: partition,
                        chunks: chunks(rows, partition: partition)))
            }
            return fragments
        }
    }

    private func value(of cell: InsertPlan.KeyCell, row: Int) throws(ShardError) -> Value {
        switch cell {
        case .constant(let value): return value
        case .cell(let position): return try value(row: row, cell: position)
        case .cellOrDefault(let position, let replacement):
            let value = try value(row: row, cell: position)
            return value == .null ? replacement : value
        case .generated:
            guard let generatedKey = plan.generated else {
                throw ShardError(.internalError, "a row's key is generated, but the plan has no generator")
            }
            return try value(row: row, cell: generatedKey.cell)
        }
    }

    /// The value a cell will have: what routing looks at.
    func value(row: Int, cell: Int) throws(ShardError) -> Value {
        if let value = bound(row: row, cell: cell) { return value }
        switch plan.rows[row].cells[cell] {
        case .literal(let value, _): return value
        case .parameter(let index): return values[index]
        case .generate: return .null
        case .expression, .volatile:
            throw ShardError(.internalError, "a shard key's expression was not evaluated before the rows were split")
        }
    }

    /// The value that this run made for a cell.
    private func bound(row: Int, cell: Int) -> Value? {
        if let key = plan.generated, key.cell == cell, !generated.isEmpty, generated[row] != .null {
            return generated[row]
        }
        return computed.isEmpty ? nil : computed[row * width + cell]
    }

    // MARK: Texts

    private func chunks(_ rows: [Int], partition: Int?) -> [InsertChunk] {
        let fixed = keepsNumbers ? values : []
        func empty() -> InsertChunk {
            var chunk = InsertChunk(sql: plan.head.text(partition: partition), values: fixed, rows: [])
            if let cold = plan.cold { chunk.cold = .init(sql: cold.head.text(partition: partition), values: fixed) }
            return chunk
        }
        func close(_ chunk: inout InsertChunk) {
            chunk.sql += plan.tail
            if let cold = plan.cold { chunk.cold?.sql += cold.tail }
        }
        var chunks: [InsertChunk] = []
        var chunk = empty()
        for row in rows {
            let isFull =
                chunk.sql.utf8.count > Self.textLimit || chunk.values.count + width > Self.parameterLimit
                || (chunk.cold?.sql.utf8.count ?? 0) > Self.textLimit
                || (chunk.cold?.values.count ?? 0) + width > Self.parameterLimit
            if isFull && !chunk.rows.isEmpty {
                close(&chunk)
                chunks.append(chunk)
                chunk = empty()
            }
            if !chunk.rows.isEmpty {
                chunk.sql += ", "
                chunk.cold?.sql += ", "
            }
            append(row, to: &chunk)
            chunk.rows.append(row)
        }
        close(&chunk)
        chunks.append(chunk)
        return chunks
    }

    private func append(_ row: Int, to chunk: inout InsertChunk) {
        let content = plan.rows[row]
        if let cold = plan.cold {
            append(row, cold.hotCells, to: &chunk.sql, &chunk.values)
            if var part = chunk.cold {
                append(row, cold.coldCells, to: &part.sql, &part.values)
                chunk.cold = part
            }
            return
        }
        if let text = content.text, keepsNumbers || !content.hasParameters, !hasBoundCells(row) {
            chunk.sql += text
            return
        }
        append(row, content.cells.indices, to: &chunk.sql, &chunk.values)
    }

    private func append(_ row: Int, _ positions: some Sequence<Int>, to sql: inout String, _ bound: inout [Value]) {
        let cells = plan.rows[row].cells
        func bind(_ value: Value) {
            bound.append(value)
            sql += "?\(bound.count)"
        }
        sql += "("
        var isFirst = true
        for position in positions {
            if !isFirst { sql += ", " }
            isFirst = false
            if let value = self.bound(row: row, cell: position) {
                bind(value)
                continue
            }
            switch cells[position] {
            case .literal(_, let text), .expression(let text), .volatile(let text): sql += text
            case .generate: sql += "NULL"
            case .parameter(let index):
                if keepsNumbers { sql += "?\(index + 1)" } else { bind(values[index]) }
            }
        }
        sql += ")"
    }

    private func hasBoundCells(_ row: Int) -> Bool {
        if let key = plan.generated, !generated.isEmpty, generated[row] != .null, key.cell < width { return true }
        if computed.isEmpty { return false }
        return plan.rows[row].cells.indices.contains { computed[row * width + $0] != nil }
    }
}

extension InsertRow {
    var hasParameters: Bool {
        cells.contains { if case .parameter = $0 { true } else { false } }
    }
}
