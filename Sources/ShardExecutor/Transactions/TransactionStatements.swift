import ShardBackend
import Synchronization

/// The statements that transactions are made of, made once so that every connection finds them prepared.
enum TransactionStatements {
    static let begin = ShardStatement("BEGIN")
    static let beginImmediate = ShardStatement("BEGIN IMMEDIATE")
    static let commit = ShardStatement("COMMIT")
    static let rollback = ShardStatement("ROLLBACK")
    static let dataVersion = ShardStatement("PRAGMA data_version")
    static let foreignKeyCheck = ShardStatement("PRAGMA foreign_key_check")

    /// The savepoint that undoes a statement of several fragments as a whole.
    static let openStatement = ShardStatement("SAVEPOINT _shardkit_statement")
    static let undoStatement = ShardStatement("ROLLBACK TO _shardkit_statement")
    static let closeStatement = ShardStatement("RELEASE _shardkit_statement")

    /// The savepoint that undoes one row of a split table.
    static let openRow = ShardStatement("SAVEPOINT _shardkit_row")
    static let undoRow = ShardStatement("ROLLBACK TO _shardkit_row")
    static let closeRow = ShardStatement("RELEASE _shardkit_row")

    private static let savepoints = Mutex<[String: ShardStatement]>([:])

    /// Savepoints deeper than this are prepared anew each time.
    private static let rememberedTexts = 64

    static func named(_ sql: String) -> ShardStatement {
        switch sql {
        case begin.sql: return begin
        case beginImmediate.sql: return beginImmediate
        default:
            return savepoints.withLock { known in
                if let statement = known[sql] { return statement }
                let statement = ShardStatement(sql)
                if known.count < rememberedTexts { known[sql] = statement }
                return statement
            }
        }
    }
}
