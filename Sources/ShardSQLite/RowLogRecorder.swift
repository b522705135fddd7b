import CSQLite
import ShardBase
import ShardValues

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Notes by SQLite's preupdate hook which rows a connection's transaction changes: rowids, or the keys of WITHOUT ROWID tables.
///
/// The hook stands from the connection's first moment on, since `DELETE FROM t` that was prepared without one empties the table
/// by pages and calls nobody. While nothing is recorded it costs a test per row.
final class RowLogRecorder {
    /// The rows of one table that were touched.
    final class Touched {
        let name: String
        /// Ordinals of a WITHOUT ROWID table's key; nil: rows have rowids.
        let keyOrdinals: [Int]?
        fileprivate(set) var rowIDs: Set<Int64> = []
        fileprivate(set) var keys: Set<[Value]> = []

        init(name: String, keyOrdinals: [Int]?) {
            self.name = name
            self.keyOrdinals = keyOrdinals
        }
    }

    private(set) var isRecording = false
    private(set) var touched: [Touched] = []
    /// By name as the schema spells it.
    private var keyOrdinals: [String: [Int]] = [:]

    func attach(to handle: OpaquePointer) {
        sqlite3_preupdate_hook(
            handle,
            { context, handle, operation, schema, table, oldRowID, newRowID in
                guard let context else { return }
                let recorder = Unmanaged<RowLogRecorder>.fromOpaque(context).takeUnretainedValue()
                guard recorder.isRecording, let handle, let schema, let table, strcmp(schema, "main") == 0 else {
                    return
                }
                recorder.note(handle, operation, table, oldRowID, newRowID)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// - Parameter keyOrdinals: of the WITHOUT ROWID tables.
    func begin(keyOrdinals: [String: [Int]]) {
        self.keyOrdinals = keyOrdinals
        touched = []
        isRecording = true
    }

    func end() {
        isRecording = false
        touched = []
    }

    private func note(
        _ handle: OpaquePointer, _ operation: Int32, _ name: UnsafePointer<CChar>, _ oldRowID: Int64, _ newRowID: Int64
    ) {
        let table = table(name)
        guard let ordinals = table.keyOrdinals else {
            if operation != SQLITE_INSERT { table.rowIDs.insert(oldRowID) }
            if operation != SQLITE_DELETE { table.rowIDs.insert(newRowID) }
            return
        }
        if operation != SQLITE_INSERT {
            table.keys.insert(ordinals.map { RowWatcher.value(handle, $0, sqlite3_preupdate_old) })
        }
        if operation != SQLITE_DELETE {
            table.keys.insert(ordinals.map { RowWatcher.value(handle, $0, sqlite3_preupdate_new) })
        }
    }

    /// Mostly the same one as before.
    private func table(_ name: UnsafePointer<CChar>) -> Touched {
        for known in touched.reversed() where known.name.withCString({ strcmp($0, name) == 0 }) { return known }
        let text = String(cString: name)
        let made = Touched(name: text, keyOrdinals: keyOrdinals[text])
        touched.append(made)
        return made
    }
}
