import ShardBackend

/// The tables of locks and sagas, and the statements that both engines take as they are: parameters stand in the order of their
/// numbers.
///
/// | table | a row is |
/// |---|---|
/// | `_shardkit_locks` | a named lock: the last fencing token and ticket given, who holds it and until when |
/// | `_shardkit_lock_waiters` | who waits for a lock, in the order of tickets |
/// | `_shardkit_sagas` | a saga: its definition, input and state, who runs it and until when, when it is due |
///
/// Times of leases are milliseconds of the store's clock, valid within one `epoch`; `due`, `started` and `changed` are
/// milliseconds since 1970.
enum StoreStatements {
    static let script = """
        CREATE TABLE IF NOT EXISTS _shardkit_locks (
            name TEXT PRIMARY KEY, token BIGINT NOT NULL, ticket BIGINT NOT NULL, owner TEXT, expires BIGINT NOT NULL,
            epoch TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS _shardkit_lock_waiters (
            name TEXT NOT NULL, ticket BIGINT NOT NULL, owner TEXT NOT NULL, expires BIGINT NOT NULL,
            epoch TEXT NOT NULL, PRIMARY KEY (name, ticket));
        CREATE TABLE IF NOT EXISTS _shardkit_sagas (
            id TEXT PRIMARY KEY, definition TEXT NOT NULL, request TEXT NOT NULL, input TEXT NOT NULL,
            status TEXT NOT NULL, state TEXT NOT NULL, due BIGINT NOT NULL, started BIGINT NOT NULL,
            changed BIGINT NOT NULL, owner TEXT, token BIGINT NOT NULL, expires BIGINT NOT NULL, epoch TEXT NOT NULL,
            UNIQUE (definition, request));
        CREATE INDEX IF NOT EXISTS _shardkit_sagas_due ON _shardkit_sagas (status, due);
        """

    static let begin = ShardStatement("BEGIN")
    static let beginImmediate = ShardStatement("BEGIN IMMEDIATE")
    static let commit = ShardStatement("COMMIT")
    static let rollback = ShardStatement("ROLLBACK")
    static let serverTime = ShardStatement("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::int8")

    // MARK: Locks

    static let newLock = ShardStatement(
        "INSERT INTO _shardkit_locks VALUES ($1, 0, 0, NULL, 0, '') ON CONFLICT (name) DO NOTHING")
    private static let lockText = "SELECT token, ticket, owner, expires, epoch FROM _shardkit_locks WHERE name = $1"
    static let lock = ShardStatement(lockText)
    static let lockForUpdate = ShardStatement(lockText + " FOR UPDATE")
    static let putLock = ShardStatement(
        "UPDATE _shardkit_locks SET token = $1, ticket = $2, owner = $3, expires = $4, epoch = $5 WHERE name = $6")
    static let lockNames = ShardStatement("SELECT name FROM _shardkit_locks ORDER BY name")
    static let waiters = ShardStatement(
        "SELECT ticket, owner, expires, epoch FROM _shardkit_lock_waiters WHERE name = $1 ORDER BY ticket")
    static let putWaiter = ShardStatement(
        """
        INSERT INTO _shardkit_lock_waiters VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (name, ticket) DO UPDATE SET expires = excluded.expires, epoch = excluded.epoch
        """)
    static let dropWaiter = ShardStatement("DELETE FROM _shardkit_lock_waiters WHERE name = $1 AND ticket = $2")
}
