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
        /// Some of them several times.
        private var noted: [Int64] = []
        private var nextTidying = 4096
        fileprivate(set) var keys: Set<[Value]> = []

        init(name: String, keyOrdinals: [Int]?) {
            self.name = name
            self.keyOrdinals = keyOrdinals
        }

        fileprivate func note(_ rowID: Int64) {
            if noted.last == rowID { return }
            noted.append(rowID)
            // Rows that change again and again do not take more memory than many rows.
            if noted.count >= nextTidying {
                tidy()
                nextTidying = max(4096, 2 * noted.count)
            }
        }

        /// Roughly.
        var count: Int { noted.count + keys.count }

        /// Ascending, each once.
        func rowIDs() -> [Int64] {
            tidy()
            return noted
        }

        private func tidy() {
            if !zip(noted, noted.dropFirst()).allSatisfy({ $0 < $1 }) {
                noted.sort()
                var kept: [Int64] = []
                kept.reserveCapacity(noted.count)
                for rowID in noted where kept.last != rowID { kept.append(rowID) }
                noted = kept
            }
        }
    }

    private(set) var isRecording = false
    private(set) var touched: [Touched] = []
    private var last: (text: UnsafePointer<CChar>, table: Touched)?
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
        last = nil
        isRecording = true
    }

    func end() {
        isRecording = false
        touched = []
        last = nil
    }

    private func note(
        _ handle: OpaquePointer, _ operation: Int32, _ name: UnsafePointer<CChar>, _ oldRowID: Int64, _ newRowID: Int64
    ) {
        let table = table(name)
        guard let ordinals = table.keyOrdinals else {
            if operation != SQLITE_INSERT { table.note(oldRowID) }
            if operation != SQLITE_DELETE { table.note(newRowID) }
            return
        }
        if operation != SQLITE_INSERT {
            table.keys.insert(ordinals.map { RowWatcher.value(handle, $0, sqlite3_preupdate_old) })
        }
        if operation != SQLITE_DELETE {
            table.keys.insert(ordinals.map { RowWatcher.value(handle, $0, sqlite3_preupdate_new) })
        }
    }

    /// Mostly the same one as before: SQLite keeps one text for a table's name while its schema stands.
    private func table(_ name: UnsafePointer<CChar>) -> Touched {
        if let last, last.text == name { return last.table }
        let found = find(name)
        last = (name, found)
        return found
    }

    private func find(_ name: UnsafePointer<CChar>) -> Touched {
        for known in touched where known.name.withCString({ strcmp($0, name) == 0 }) { return known }
        let text = String(cString: name)
        let made = Touched(name: text, keyOrdinals: keyOrdinals[text])
        touched.append(made)
        return made
    }
}
