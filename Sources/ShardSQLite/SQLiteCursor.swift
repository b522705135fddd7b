import CSQLite
import ShardBackend
import ShardBase
import ShardValues

/// The rest of an answer.
///
/// `@unchecked Sendable`: belongs to its connection's one owner, whose calls never overlap.
final class SQLiteCursor: ShardCursor, @unchecked Sendable {
    private var prepared: PreparedStatement?
    private let connection: SQLiteConnection
    private let changesBefore: Int64
    private(set) var outcome = WriteOutcome()

    init(_ prepared: PreparedStatement, connection: SQLiteConnection, changesBefore: Int64) {
        prepared.isBusy = true
        self.prepared = prepared
        self.connection = connection
        self.changesBefore = changesBefore
    }

    func next(_ recycled: consuming RowBatch) async throws -> RowBatch {
        var batch = recycled
        batch.removeAll()
        guard let prepared else { return batch }
        if Task.isCancelled {
            close()
            throw ShardError.interrupted
        }
        do throws(ShardError) {
            if try connection.fill(&batch, from: prepared, limit: RowBatch.defaultRowLimit) {
                outcome = connection.outcome(prepared, changesBefore)
                close()
            }
        } catch {
            close()
            throw error
        }
        return batch
    }

    func close() {
        guard let prepared else { return }
        prepared.reset()
        prepared.clear()
        prepared.isBusy = false
        self.prepared = nil
        connection.ended(self)
    }
}
