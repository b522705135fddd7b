import CSQLite
import ShardBackend
import ShardValues

extension SQLiteConnection {
    enum Immediate {
        case whole
        case begun(SQLiteCursor)
        case unavailable
    }

    /// A read from bind to reset without suspension, of a statement prepared before. What fails is left to the way that
    /// retries and reports: it reads again from the start.
    func readNow(
        _ id: UInt64, _ values: [Value], rowLimit: Int, isSingleRow: Bool, into batch: inout RowBatch
    ) -> Immediate {
        guard let found = statement(id) else { return .unavailable }
        return found._withUnsafeGuaranteedRef {
            readNow($0, values, rowLimit: rowLimit, isSingleRow: isSingleRow, into: &batch)
        }
    }

    private func readNow(
        _ prepared: PreparedStatement, _ values: [Value], rowLimit: Int, isSingleRow: Bool, into batch: inout RowBatch
    ) -> Immediate {
        guard !prepared.isBusy, prepared.isReadOnly else { return .unavailable }
        do { try prepared.bind(values) } catch { return .unavailable }
        let width = prepared.columnCount
        batch.prepare(columnCount: width)
        while true {
            let code = sqlite3_step(prepared.handle)
            // Another number of columns: the schema changed under the cached statement.
            guard code == SQLITE_ROW, Int(sqlite3_data_count(prepared.handle)) == width else {
                prepared.reset()
                prepared.clear()
                return code == SQLITE_DONE ? .whole : .unavailable
            }
            prepared.copyRow(into: &batch)
            if isSingleRow {
                prepared.reset()
                prepared.clear()
                return .whole
            }
            if batch.rowCount >= rowLimit || batch.payloadByteCount >= RowBatch.defaultByteLimit {
                return .begun(open(prepared))
            }
        }
    }
}
