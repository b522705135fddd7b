import ShardBase
import ShardPlanner
import ShardValues

/// Partial aggregates of sorted groups become final ones, one group at a time: memory is that of one group.
///
/// Without group columns there is exactly one row, also for an empty input.
final class AggregateOperator: RowSource, @unchecked Sendable {
    // Unchecked: all state is touched by the one reader only.
    private let input: any RowSource
    private let groupColumnCount: Int
    private let groups: RowComparator
    private let aggregates: [FinalAggregate]
    private let rowLimit: Int

    private var rows: RowBatch
    private var row = 0
    /// The group columns of the open group's first row.
    private var group: RowBatch
    private var isGroupOpen = false
    private var states: [AggregateState]
    private var hasEnded = false

    /// - Parameters:
    ///   - groups: compares rows by the group columns, which come first in the input.
    ///   - states: one per aggregate.
    init(
        input: any RowSource, groupColumnCount: Int, groups: RowComparator, aggregates: [FinalAggregate],
        states: [AggregateState], rowLimit: Int
    ) {
        self.input = input
        self.groupColumnCount = groupColumnCount
        self.groups = groups
        self.aggregates = aggregates
        self.rowLimit = rowLimit
        rows = RowBatch(columnCount: input.columnCount)
        group = RowBatch(columnCount: groupColumnCount)
        self.states = states
    }

    var columnCount: Int { groupColumnCount + aggregates.count }
    var isAtEnd: Bool { hasEnded }

    func next(_ recycled: consuming RowBatch) async throws -> RowBatch {
        var output = recycled.reused(columnCount: columnCount)
        if hasEnded { return output }
        do {
            if groupColumnCount == 0, !isGroupOpen { open(nil) }
            while true {
                try fold(&output)
                if output.rowCount >= rowLimit { return output }
                let storage = rows
                rows = RowBatch(columnCount: 0)
                rows = try await input.next(storage)
                row = 0
                if rows.isEmpty { break }
            }
            if isGroupOpen { try emit(&output) }
        } catch {
            await close()
            throw error
        }
        await close()
        return output
    }

    func close() async {
        hasEnded = true
        await input.close()
    }

    /// Takes in what is left of the batch, or as much as the output holds.
    private func fold(_ output: inout RowBatch) throws {
        while row < rows.rowCount {
            if isGroupOpen, groupColumnCount > 0, groups.compare(rows, row, group, 0) != 0 {
                if output.rowCount >= rowLimit { return }
                try emit(&output)
            }
            if !isGroupOpen { open(row) }
            for index in aggregates.indices { states[index].add(aggregates[index], rows, row) }
            row += 1
        }
    }

    private func open(_ row: Int?) {
        isGroupOpen = true
        group.removeAll()
        if let row, groupColumnCount > 0 { group.append(row: row, of: rows) }
        for index in states.indices { states[index].reset() }
    }

    private func emit(_ output: inout RowBatch) throws {
        for column in 0..<groupColumnCount { output.append(group[0, column], from: group) }
        do {
            for index in aggregates.indices { try states[index].finish(aggregates[index], into: &output) }
        } catch {
            output.abandonRow()
            throw error
        }
        output.endRow()
        isGroupOpen = false
    }
}
