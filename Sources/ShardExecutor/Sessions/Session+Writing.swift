import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

extension Session {
    /// Runs a write with the writers of the shards it touches, as one statement: all of it happens or none.
    ///
    /// - One statement on one shard is atomic by itself.
    /// - Several in autocommit are a transaction of their own.
    /// - Several inside a transaction are wrapped in a savepoint on every shard, so that a failing statement undoes
    ///   itself everywhere (SQLite's ABORT). Where the engine rolled back the transaction itself (OR ROLLBACK, a full
    ///   disk), all of it is rolled back.
    ///
    /// - Parameters:
    ///   - targets: the shards in ascending order: all sessions take writers in that order.
    ///   - isSplit: there is more than one statement.
    func withWriters<Result>(
        _ targets: [ShardIndex], isSplit: Bool, _ body: (ShardWriters) async throws -> Result
    ) async throws -> Result {
        if transaction.isOpen { return try await inTransaction(targets, isSplit: isSplit, body) }
        // With a time limit it is a transaction too: up to its COMMIT the statement can end without a trace, and from
        // there on it is not ended.
        if targets.count == 1, !isSplit, StatementBudget.current == nil {
            let commits = database.shards.commits
            while true {
                let lease = try await database.shards.writer(of: targets[0], settings: transaction.settings)
                do {
                    let result = try await body(writers([targets[0]: lease.connection]))
                    lease.giveBack()
                    keysEnded(isUndone: false)
                    return result
                } catch {
                    lease.giveBack()
                    keysEnded(isUndone: true)
                    guard commits != nil, AtomicCommits.isRefusal(error) else { throw error }
                }
                // Its commit was refused: somebody's commit over several shards comes first.
                try await commits?.settle(targets[0])
            }
        }
        return try await implicitTransaction {
            try await inTransaction(targets, isSplit: false, body)
        }
    }

    /// As ``withWriters(_:isSplit:_:)``, for a statement that reads before it knows what it writes: nobody changes what it
    /// has read in between.
    func withEveryWriter<Result>(
        to targets: [ShardIndex], _ body: (ShardWriters) async throws -> Result
    ) async throws -> Result {
        // Inside a transaction a savepoint on every shard the rows may go to undoes them together.
        if transaction.isOpen { return try await withWriters(targets, isSplit: true, body) }
        return try await implicitTransaction(.immediate) {
            // Lock in the order all sessions lock, before the query touches shards as it likes.
            for shard in database.shards.databases.indices {
                _ = try await transaction.connection(.shard(shard), .writing)
            }
            return try await inTransaction(targets, isSplit: false, body)
        }
    }

    /// Makes the statement a transaction of its own.
    func implicitTransaction<Result>(
        _ mode: TransactionStateMachine.Mode = .deferred, _ body: () async throws -> Result
    ) async throws -> Result {
        _ = try await transaction.apply(.begin(mode))
        let result: Result
        do {
            result = try await body()
            try StatementBudget.current?.settle()
        } catch {
            if transaction.isOpen { _ = try? await end(.rollback) }
            throw error
        }
        do {
            _ = try await end(.commit)
        } catch {
            // Autocommit: a COMMIT that could be repeated is not repeated.
            if transaction.isOpen { _ = try? await end(.rollback) }
            throw error
        }
        return result
    }

    private func inTransaction<Result>(
        _ targets: [ShardIndex], isSplit: Bool, _ body: (ShardWriters) async throws -> Result
    ) async throws -> Result {
        var connections: [ShardIndex: any ShardConnection] = [:]
        for shard in targets { connections[shard] = try await transaction.connection(.shard(shard), .writing) }
        guard isSplit else { return try await body(writers(connections)) }
        for shard in targets {
            _ = try await connections[shard]?.execute(TransactionStatements.openStatement, values: [])
        }
        let result: Result
        do {
            result = try await body(writers(connections))
        } catch {
            if targets.allSatisfy({ connections[$0]?.isInTransaction == true }) {
                for shard in targets {
                    _ = try await connections[shard]?.execute(TransactionStatements.undoStatement, values: [])
                    _ = try await connections[shard]?.execute(TransactionStatements.closeStatement, values: [])
                }
            }
            throw error
        }
        for shard in targets {
            _ = try await connections[shard]?.execute(TransactionStatements.closeStatement, values: [])
        }
        return result
    }

    private func writers(_ connections: [ShardIndex: any ShardConnection]) -> ShardWriters {
        ShardWriters(connections: connections, shards: database.shards)
    }

    /// The highest rowid of a table over all its partitions, this transaction's own rows included.
    ///
    /// Read committed rows of other sessions as they are now, not as this transaction's snapshot shows them: a number
    /// that another session has used is used.
    func highestRowID(of name: String, schema: LogicalSchema) async throws -> Int64? {
        guard let table = schema.topology.table(named: name),
            let rowID = table.schema.rowIDColumn.map({ table.schema.columns[$0].name })
                ?? table.schema.implicitRowIDName
        else { return nil }
        let places: [(shard: ShardIndex, name: String)]
        switch table.placement {
        case .single(let shard): places = [(shard, table.schema.name)]
        case .sharded(let sharding): places = sharding.partitions.map { ($0.shard, $0.physicalName) }
        case .broadcast:
            // All copies are equal; prefer the one this transaction writes to.
            let own = schema.topology.shards.indices.first { transaction.writer(of: $0) != nil }
            places = [(own ?? 0, table.schema.name)]
        }
        let column = Identifier(rowID).quoted
        var highest: Int64?
        for (shard, places) in Dictionary(grouping: places, by: \.shard).sorted(by: { $0.key < $1.key }) {
            let own = transaction.writer(of: shard)
            let connection: any ShardConnection
            if let own {
                connection = own
            } else {
                connection = try await database.shards[shard].acquire(.read, settings: transaction.settings)
            }
            defer { if own == nil { database.shards[shard].release(connection) } }
            for place in places {
                var sql = "SELECT max(\(column)) FROM \(Identifier(place.name).quoted)"
                if table.schema.isAutoIncrement {
                    let literal = place.name.replacing("'", with: "''")
                    sql =
                        "SELECT max(n) FROM (SELECT max(\(column)) AS n FROM \(Identifier(place.name).quoted) "
                        + "UNION ALL SELECT seq FROM sqlite_sequence WHERE name = '\(literal)')"
                }
                let start = try await connection.query(database.texts.statement(sql), values: [], rowLimit: 2)
                start.cursor?.close()
                if !start.batch.isEmpty, case .integer(let value) = start.batch.value(row: 0, column: 0) {
                    highest = max(highest ?? value, value)
                }
            }
        }
        return highest
    }

    /// Takes over what a write did: `changes()`, `total_changes()`, `last_insert_rowid()`.
    func record(_ result: WriteResult) {
        changes = result.changes
        totalChanges += result.changes + result.indirectChanges
        record(result.lastInsert)
    }

    /// `last_insert_rowid()` after a write, also after one that failed behind its first rows: SQLite does not take it
    /// back.
    func record(_ lastInsert: WriteResult.LastInsert) {
        switch lastInsert {
        case .unchanged: break
        case .known(let id): lastInsertRowID = id
        case .unknown: lastInsertRowID = nil
        }
    }
}
