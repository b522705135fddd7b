import CLibPQ
import ShardBackend
import ShardBase

extension PostgresConnection {
    /// Prepares a statement and asks what it takes and gives: one round trip, with the names that are no longer needed.
    func prepare(_ statement: ShardStatement, _ types: [PostgresType]) async throws -> PreparedStatement {
        let key = PreparedStatement.Key(sql: statement.sql, types: types)
        do {
            return try await prepare(key, statement.id)
        } catch let error as ShardError where error.engineCode == "26000" && isOpen && !isInTransaction {
            // The names to deallocate were gone already.
            return try await prepare(key, statement.id)
        }
    }

    private func prepare(_ key: PreparedStatement.Key, _ id: UInt64) async throws -> PreparedStatement {
        let traits = StatementTraits(key.sql)
        let name = statements.newName()
        var context = context(of: traits)
        // Preparing does nothing yet.
        context.mayWrite = false
        context.endsTransaction = false
        return try await inFlight(context) {
            guard PQenterPipelineMode(handle) != 0 else { throw lostBeforeSending() }
            if PQtransactionStatus(handle) != PQTRANS_INERROR {
                for old in statements.takeForgotten() {
                    let text = "DEALLOCATE \(old)"
                    _ = PQsendQueryParams(handle, text, 0, nil, nil, nil, nil, 0)
                }
            }
            let numbers = key.types.map(\.rawValue)
            guard PQsendPrepare(handle, name, key.sql, Int32(numbers.count), numbers) != 0,
                PQsendDescribePrepared(handle, name) != 0, PQpipelineSync(handle) != 0
            else { throw lostBeforeSending() }
            await flush()
            var made: PreparedStatement?
            var first: ShardError?
            reading: while isOpen {
                // Each part's results end with a nil; the batch ends with the sync.
                guard let result = await nextResult() else { continue }
                defer { PQclear(result) }
                switch PQresultStatus(result) {
                case PGRES_PIPELINE_SYNC: break reading
                case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE: first = first ?? failure(result, sql: key.sql)
                case PGRES_COMMAND_OK:
                    // The last one describes.
                    made = PreparedStatement(
                        key: key, id: id, name: name, traits: traits, prefersTexts: configuration.prefersTexts,
                        description: result)
                default: break
                }
            }
            if isOpen { _ = PQexitPipelineMode(handle) }
            await flight.end()
            if let first { throw first }
            guard let made, isOpen else { throw PostgresFailure.lost(handle, context) }
            statements.keep(made)
            return made
        }
    }
}
