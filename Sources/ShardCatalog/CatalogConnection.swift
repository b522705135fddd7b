import ShardBackend
import ShardBase
import ShardValues

/// What the catalog asks of its database: whole answers and transactions.
extension ShardConnection {
    /// All rows of a (small) answer.
    func rows(_ statement: ShardStatement, _ values: [Value] = []) async throws -> [[Value]] {
        let start = try await query(statement, values: values, rowLimit: RowBatch.defaultRowLimit)
        var rows = (0..<start.batch.rowCount).map { start.batch.row($0) }
        guard let cursor = start.cursor else { return rows }
        defer { cursor.close() }
        var batch = start.batch
        while true {
            batch = try await cursor.next(batch)
            if batch.isEmpty { return rows }
            for row in 0..<batch.rowCount { rows.append(batch.row(row)) }
        }
    }

    /// Runs `body` inside one transaction: committed when it returns, rolled back when it throws.
    func transaction<Result>(
        begin: ShardStatement, _ body: () async throws -> Result
    ) async throws -> Result {
        _ = try await execute(begin, values: [])
        do {
            let result = try await body()
            _ = try await execute(CatalogStatements.commit, values: [])
            return result
        } catch {
            // Where this fails too (a cancelled task), giving the connection back rolls back.
            if isInTransaction { _ = try? await execute(CatalogStatements.rollback, values: []) }
            throw error
        }
    }
}

/// The catalog's statements, made once.
enum CatalogStatements {
    static let begin = ShardStatement("BEGIN")
    static let beginImmediate = ShardStatement("BEGIN IMMEDIATE")
    static let commit = ShardStatement("COMMIT")
    static let rollback = ShardStatement("ROLLBACK")
    static let cluster = ShardStatement("SELECT format, uuid, name, epoch FROM cluster")
    static let epoch = ShardStatement("SELECT epoch FROM cluster")
    static let setEpoch = ShardStatement("UPDATE cluster SET epoch = ?1")
    static let newCluster = ShardStatement(
        "INSERT INTO cluster (id, format, uuid, name, epoch) VALUES (1, ?1, ?2, ?3, 1)")
    static let hasTables = ShardStatement("SELECT count(*) FROM sqlite_master WHERE name = 'cluster'")
    static let hasObjects = ShardStatement("SELECT count(*) FROM sqlite_master WHERE name NOT LIKE 'sqlite%'")

    static let shards = ShardStatement("SELECT name, location, uuid FROM shards ORDER BY position")
    static let clearShards = ShardStatement("DELETE FROM shards")
    static let newShard = ShardStatement("INSERT INTO shards (position, name, location, uuid) VALUES (?1, ?2, ?3, ?4)")

    static let objects = ShardStatement(
        "SELECT position, type, name, table_name, sql, definition FROM objects ORDER BY position")
    static let dropObject = ShardStatement("DELETE FROM objects WHERE position = ?1")
    static let putObject = ShardStatement(
        """
        INSERT INTO objects (position, type, name, folded, table_name, sql, definition)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        """)

    static let directory = ShardStatement("SELECT table_name, key, partition FROM directory")
    static let putDirectory = ShardStatement(
        """
        INSERT INTO directory (table_name, key, partition) VALUES (?1, ?2, ?3)
        ON CONFLICT (table_name, key) DO UPDATE SET partition = excluded.partition
        """)
    static let dropDirectory = ShardStatement("DELETE FROM directory WHERE table_name = ?1 AND key = ?2")
    static let renameDirectory = ShardStatement("UPDATE directory SET table_name = ?2 WHERE table_name = ?1")
    static let clearDirectory = ShardStatement("DELETE FROM directory WHERE table_name = ?1")

    static let sequence = ShardStatement("SELECT high, owner FROM sequences WHERE name = ?1")
    static let putSequence = ShardStatement(
        """
        INSERT INTO sequences (name, high, owner) VALUES (?1, ?2, ?3)
        ON CONFLICT (name) DO UPDATE SET high = excluded.high, owner = excluded.owner
        """)
    static let lowerSequence = ShardStatement(
        "UPDATE sequences SET high = ?2 WHERE name = ?1 AND high = ?3 AND owner = ?4 AND high > ?2")
    static let renameSequence = ShardStatement("UPDATE sequences SET name = ?2 WHERE name = ?1")
    static let dropSequence = ShardStatement("DELETE FROM sequences WHERE name = ?1")

    static let journal = ShardStatement(
        "SELECT id, statement, steps, state, started FROM definition_journal ORDER BY started, id")
    static let newJournal = ShardStatement(
        "INSERT INTO definition_journal (id, statement, steps, state, started) VALUES (?1, ?2, ?3, ?4, ?5)")
    static let decideJournal = ShardStatement("UPDATE definition_journal SET state = 'decided' WHERE id = ?1")
    static let endJournal = ShardStatement("DELETE FROM definition_journal WHERE id = ?1")
}

/// Reading rows of known shape; another shape is a damaged catalog.
extension [Value] {
    func text(_ column: Int) throws(ShardError) -> String {
        guard indices.contains(column), case .text(let text) = self[column] else { throw Self.damaged }
        return text
    }

    func integer(_ column: Int) throws(ShardError) -> Int64 {
        guard indices.contains(column), case .integer(let integer) = self[column] else { throw Self.damaged }
        return integer
    }

    private static var damaged: ShardError {
        ShardError(.corrupt, "the catalog holds a row that this version cannot read")
    }
}
