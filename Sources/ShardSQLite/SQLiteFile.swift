import CSQLite
public import ShardBackend
import ShardBase

extension SQLiteBackend {
    /// How a plain file is opened.
    public enum FileAccess: Sendable { case reading, writing, creating }

    /// One connection to a file that is no shard: taken as it is, with the engine's default settings.
    ///
    /// - Throws: `.inputOutput` when it cannot be opened, `.corrupt` when it is no database.
    public func openFile(_ path: String, for access: FileAccess) throws(ShardError) -> any ShardConnection {
        let flags =
            switch access {
            case .reading: SQLITE_OPEN_READONLY
            case .writing: SQLITE_OPEN_READWRITE
            case .creating: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        let connection: SQLiteConnection
        do throws(ShardError) {
            connection = try SQLiteConnection(path: path, flags: flags, configuration: configuration)
            // Opening alone reads nothing.
            let code = sqlite3_exec(connection.handle, "SELECT count(*) FROM sqlite_master", nil, nil, nil)
            guard code == SQLITE_OK else { throw SQLiteFailure.error(code, connection.handle) }
        } catch {
            throw ShardError(
                error.code, "the file \(path) cannot be opened: \(error.message)", engineCode: error.engineCode)
        }
        return connection
    }
}
