import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

/// Runs an INSERT of literal rows without making texts of them: their cells are put into one flat batch for each home and
/// bound to statements of many rows, which every connection has prepared.
///
/// It does the plain case only (see ``serves(_:width:)``). Where a row breaks a constraint all is undone, and
/// ``InsertRunner`` runs the statement again: it knows which row's error comes first.
struct LiteralInsertRunner {
    let session: Session
    let schema: LogicalSchema
    /// The plan of the rows' template.
    let plan: InsertPlan
    let rows: LiteralRows

    /// Parameters in one statement: enough rows to share the statement's own cost.
    private static let parameterLimit = 256

    /// Whether the rows of a template's plan can be written this way: nothing is answered, nothing is computed, no
    /// conflict is decided, and each of the rows is the template's cells and at most a key that is made.
    static func serves(_ plan: InsertPlan, width: Int) -> Bool {
        guard plan.tail.isEmpty, !plan.returnsRows, plan.conflictAction == nil, plan.cold == nil, !plan.checksRowIDs,
            let cells = plan.rows.first?.cells, cells.count >= width
        else { return false }
        for (position, cell) in cells.enumerated() {
            switch cell {
            case .literal(.null, _): if position >= width { return false }
            case .generate: if plan.generated?.cell != position { return false }
            case .literal, .parameter, .expression, .volatile: return false
            }
        }
        return true
    }

    func run() async throws -> WriteResult {
        do {
            return try await write(try fragments(try await makeKeys()))
        } catch {
            if !session.transaction.isOpen { session.keysEnded(isUndone: true) }
            session.database.keySource.rowIDs.markStale(plan.table)
            throw error
        }
    }

    // MARK: Keys

    private func makeKeys() async throws -> [Value] {
        guard let key = plan.generated else { return [] }
        let requests = rows.withText { bytes in
            var spare: [UInt8] = []
            return (0..<rows.count).map { row -> KeyRequest in
                guard key.cell < rows.width else { return .generate }
                let value = value(rows[row, key.cell], bytes, &spare)
                return value == .null ? .generate : .explicit(value)
            }
        }
        return try await session.makeKeys(key, of: plan.table, requests, schema)
    }

    // MARK: Homes

    /// The rows of one home.
    struct Fragment: ShardWork {
        var shard: ShardIndex
        var head: String
        var batch: RowBatch
        /// The number of the last row.
        var lastRow: Int
    }

    private var cellCount: Int { plan.rows[0].cells.count }

    private func fragments(_ keys: [Value]) throws -> [Fragment] {
        switch plan.target {
        case .single(let shard): return try filled(homes: nil, count: 1, keys) { _ in shard }
        case .broadcast:
            // One batch for all copies: what is copied here is the reference.
            guard let all = try filled(homes: nil, count: 1, keys, shard: { _ in 0 }).first else { return [] }
            return schema.topology.shards.indices.map { shard in
                var copy = all
                copy.shard = shard
                return copy
            }
        case .sharded(let sharding, let keyCells):
            let homes = try homes(sharding, keyCells, keys)
            return try filled(homes: homes, count: sharding.partitions.count, keys) { sharding.partitions[$0].shard }
        }
    }

    private func homes(
        _ sharding: Sharding, _ keyCells: [InsertPlan.KeyCell], _ keys: [Value]
    ) throws(ShardError) -> [Int32] {
        var homes = [Int32](repeating: 0, count: rows.count)
        if keyCells.count == 1, let cell = position(of: keyCells[0]), cell < rows.width {
            for row in 0..<rows.count {
                guard case .integer(let integer) = rows[row, cell] else {
                    homes[row] = Int32(try home(of: row, sharding, keyCells, keys))
                    continue
                }
                homes[row] = Int32(try sharding.partition(ofInteger: integer))
            }
            return homes
        }
        for row in 0..<rows.count { homes[row] = Int32(try home(of: row, sharding, keyCells, keys)) }
        return homes
    }

    private func position(of cell: InsertPlan.KeyCell) -> Int? {
        switch cell {
        case .cell(let position), .cellOrDefault(let position, _): position
        case .generated: plan.generated?.cell
        case .constant: nil
        }
    }

    private func home(
        of row: Int, _ sharding: Sharding, _ keyCells: [InsertPlan.KeyCell], _ keys: [Value]
    ) throws(ShardError) -> Int {
        var spare: [UInt8] = []
        let key = keyCells.map { cell -> Value in
            if case .constant(let value) = cell { return value }
            let position = position(of: cell) ?? 0
            if position == plan.generated?.cell, !keys.isEmpty, keys[row] != .null { return keys[row] }
            guard position < rows.width else { return .null }
            let value: Value = rows.withText { self.value(rows[row, position], $0, &spare) }
            if case .cellOrDefault(_, let replacement) = cell, value == .null { return replacement }
            return value
        }
        return try sharding.partition(of: key)
    }

    // MARK: Batches

    /// - Parameter homes: of each row; nil: all have one.
    private func filled(
        homes: [Int32]?, count: Int, _ keys: [Value], shard: (Int) -> ShardIndex
    ) throws -> [Fragment] {
        let width = cellCount
        var batches = [RowBatch](repeating: RowBatch(columnCount: width), count: count)
        var last = [Int](repeating: -1, count: count)
        let keyCell = keys.isEmpty ? nil : plan.generated?.cell
        rows.withText { bytes in
            var spare: [UInt8] = []
            for row in 0..<rows.count {
                let home = homes.map { Int($0[row]) } ?? 0
                for cell in 0..<width {
                    if cell == keyCell, keys[row] != .null {
                        batches[home].append(keys[row])
                    } else {
                        append(rows[row, cell], bytes, &spare, to: &batches[home])
                    }
                }
                batches[home].endRow()
                last[home] = row
            }
        }
        return batches.indices.compactMap { home in
            if batches[home].isEmpty { return nil }
            let partition = homes == nil ? nil : home
            return Fragment(
                shard: shard(home), head: plan.head.text(partition: partition), batch: batches[home],
                lastRow: last[home])
        }
    }

    @inline(__always)
    private func append(
        _ cell: LiteralRows.Cell, _ bytes: UnsafeBufferPointer<UInt8>, _ spare: inout [UInt8], to batch: inout RowBatch
    ) {
        switch cell {
        case .null: batch.appendNull()
        case .integer(let integer): batch.append(integer: integer)
        case .real(let real): batch.append(real: real)
        case .text: cell.withContent(bytes, spare: &spare) { batch.append(text: $0) }
        case .blob: cell.withContent(bytes, spare: &spare) { batch.append(blob: $0) }
        }
    }

    private func value(
        _ cell: LiteralRows.Cell, _ bytes: UnsafeBufferPointer<UInt8>, _ spare: inout [UInt8]
    ) -> Value {
        switch cell {
        case .null: .null
        case .integer(let integer): .integer(integer)
        case .real(let real): .real(real)
        case .text: .text(cell.withContent(bytes, spare: &spare) { String(decoding: $0, as: UTF8.self) })
        case .blob: .blob(cell.withContent(bytes, spare: &spare) { Array($0) })
        }
    }

    // MARK: Writing

    private func write(_ fragments: [Fragment]) async throws -> WriteResult {
        let shards = Set(fragments.map(\.shard)).sorted()
        let rowsPerStatement = max(1, Self.parameterLimit / max(1, cellCount))
        let isOne = fragments.count == 1 && rows.count <= rowsPerStatement && rows.count.nonzeroBitCount == 1
        let outcomes = try await session.withWriters(shards, isSplit: !isOne) { writers in
            let outcomes = try await run(fragments, rowsPerStatement, writers)
            if !isOne, zip(fragments, outcomes).contains(where: { $0.batch.rowCount != $1.changes }) {
                throw RowsLeftOut()
            }
            return outcomes
        }
        return try result(fragments, outcomes, shards)
    }

    private func run(
        _ fragments: [Fragment], _ rowsPerStatement: Int, _ writers: ShardWriters
    ) async throws -> [WriteOutcome] {
        let texts = session.database.texts
        let width = cellCount
        return try await writers.each(fragments, isLarge: rows.count >= 128) { fragment, connection in
            var total = WriteOutcome()
            var row = 0
            while row < fragment.batch.rowCount {
                // What is left over goes by powers of two, so that few statements serve all numbers.
                let left = fragment.batch.rowCount - row
                let count =
                    left >= rowsPerStatement ? rowsPerStatement : 1 << (Int.bitWidth - 1 - left.leadingZeroBitCount)
                let outcome = try await connection.execute(
                    texts.insert(fragment.head, rows: count, width: width), rows: row..<(row + count),
                    of: fragment.batch
                )
                total.changes += outcome.changes
                total.indirectChanges += outcome.indirectChanges
                total.lastInsertID = outcome.lastInsertID
                row += count
            }
            return total
        }
    }

    /// A trigger took rows away: which row was the last one is not told by its number.
    struct RowsLeftOut: Error {}

    private func result(
        _ fragments: [Fragment], _ outcomes: [WriteOutcome], _ shards: [ShardIndex]
    ) throws(ShardError) -> WriteResult {
        var result = WriteResult(shards: shards)
        if case .broadcast = plan.target {
            if let first = outcomes.first { result.count(first) }
        } else {
            for outcome in outcomes { result.count(outcome) }
        }
        guard let table = schema.topology.table(named: plan.table), !table.schema.isWithoutRowID else { return result }
        if plan.generated == nil, table.schema.rowIDColumn == nil, isSpread {
            result.lastInsert = .unknown
            return result
        }
        let last = fragments.indices.max { fragments[$0].lastRow < fragments[$1].lastRow }
        if let last, result.changes > 0 { result.lastInsert = .known(outcomes[last].lastInsertID) }
        return result
    }

    private var isSpread: Bool {
        if case .sharded(let sharding, _) = plan.target { return sharding.partitions.count > 1 }
        return false
    }
}
