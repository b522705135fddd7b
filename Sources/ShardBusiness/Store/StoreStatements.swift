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

    // MARK: Sagas

    static let newSaga = ShardStatement(
        """
        INSERT INTO _shardkit_sagas (id, definition, request, input, status, state, due, started, changed, token, expires,
            epoch)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, '') ON CONFLICT (definition, request) DO NOTHING
        """)
    static let sagaOfRequest = ShardStatement(
        "SELECT id, input FROM _shardkit_sagas WHERE definition = $1 AND request = $2")
    private static let sagaText = """
        SELECT definition, input, status, state, owner, token, expires, epoch FROM _shardkit_sagas WHERE id = $1
        """
    static let saga = ShardStatement(sagaText)
    static let sagaForUpdate = ShardStatement(sagaText + " FOR UPDATE")
    static let claimSaga = ShardStatement(
        "UPDATE _shardkit_sagas SET owner = $1, token = $2, expires = $3, epoch = $4 WHERE id = $5")
    static let renewSaga = ShardStatement(
        """
        UPDATE _shardkit_sagas SET expires = $1
        WHERE id = $2 AND token = $3 AND owner IS NOT NULL AND expires > $4 AND epoch = $5
        """)
    static let saveSaga = ShardStatement(
        """
        UPDATE _shardkit_sagas SET status = $1, state = $2, due = $3, changed = $4
        WHERE id = $5 AND token = $6 AND owner IS NOT NULL
        """)
    static let saveAndReleaseSaga = ShardStatement(
        """
        UPDATE _shardkit_sagas SET status = $1, state = $2, due = $3, changed = $4, owner = NULL
        WHERE id = $5 AND token = $6 AND owner IS NOT NULL
        """)
    static let reviveSaga = ShardStatement(
        "UPDATE _shardkit_sagas SET status = $1, state = $2, due = 0, changed = $3, owner = NULL WHERE id = $4")
    static let dueSagas = ShardStatement(
        """
        SELECT id, definition FROM _shardkit_sagas
        WHERE status IN ('running', 'compensating') AND due <= $1 AND (owner IS NULL OR expires <= $2 OR epoch <> $3)
        ORDER BY due, id LIMIT $4
        """)
    private static let reportText = "SELECT id, definition, request, state, started, changed FROM _shardkit_sagas"
    static let sagaReport = ShardStatement(reportText + " WHERE id = $1")
    static let sagas = ShardStatement(reportText + " ORDER BY started, id")
    static let openSagas = ShardStatement(
        reportText + " WHERE status IN ('running', 'compensating', 'attention') ORDER BY started, id")
    static let forgetSagas = ShardStatement(
        "DELETE FROM _shardkit_sagas WHERE status IN ('completed', 'compensated') AND changed < $1")
}
