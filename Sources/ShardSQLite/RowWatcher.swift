import CSQLite
import ShardBackend
import ShardValues

/// Collects row changes from SQLite's preupdate hook, which is called for every row that is about to change, also those that
/// triggers change or REPLACE deletes.
final class RowWatcher {
    private let tables: [WatchedTable]
    private let positions: [String: Int]
    private(set) var changes: [RowChange] = []

    init(_ tables: [WatchedTable]) {
        self.tables = tables
        positions = Dictionary(
            tables.enumerated().map { (Self.folded($0.element.name), $0.offset) },
            uniquingKeysWith: { first, _ in first })
    }

    func attach(to handle: OpaquePointer) {
        sqlite3_preupdate_hook(
            handle,
            { context, handle, operation, schema, table, oldRowID, newRowID in
                guard let context, let handle, let schema, let table, String(cString: schema) == "main"
                else { return }
                Unmanaged<RowWatcher>.fromOpaque(context).takeUnretainedValue().add(
                    handle, operation, String(cString: table), oldRowID, newRowID)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    func detach(from handle: OpaquePointer) { sqlite3_preupdate_hook(handle, nil, nil) }

    private func add(
        _ handle: OpaquePointer, _ operation: Int32, _ table: String, _ oldRowID: Int64, _ newRowID: Int64
    ) {
        guard let position = positions[Self.folded(table)] else { return }
        let watched = tables[position]
        var before: RowChange.Before?
        var after: [Value]?
        if operation != SQLITE_INSERT {
            before = .init(
                identity: watched.identity.isEmpty
                    ? [.integer(oldRowID)] : watched.identity.map { Self.value(handle, $0, sqlite3_preupdate_old) },
                key: watched.key.map { Self.value(handle, $0, sqlite3_preupdate_old) })
        }
        if operation != SQLITE_DELETE {
            after =
                watched.identity.isEmpty
                ? [.integer(newRowID)] : watched.identity.map { Self.value(handle, $0, sqlite3_preupdate_new) }
        }
        changes.append(RowChange(table: position, before: before, after: after))
    }

    typealias Reader = (
        OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?
    ) -> Int32

    static func value(_ handle: OpaquePointer, _ column: Int, _ read: Reader) -> Value {
        var found: OpaquePointer?
        guard read(handle, Int32(column), &found) == SQLITE_OK, let found else { return .null }
        switch sqlite3_value_type(found) {
        case SQLITE_INTEGER: return .integer(sqlite3_value_int64(found))
        case SQLITE_FLOAT: return .real(sqlite3_value_double(found))
        case SQLITE_TEXT:
            guard let text = sqlite3_value_text(found) else { return .null }
            let bytes = UnsafeBufferPointer(start: text, count: Int(sqlite3_value_bytes(found)))
            return String(validating: bytes, as: UTF8.self).map { .text($0) } ?? .malformedText(Array(bytes))
        case SQLITE_BLOB:
            guard let start = sqlite3_value_blob(found) else { return .blob([]) }
            return .blob(Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_value_bytes(found)))))
        default: return .null
        }
    }

    /// As SQLite compares names.
    private static func folded(_ name: String) -> String {
        String(decoding: name.utf8.map { $0 &- 65 < 26 ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
