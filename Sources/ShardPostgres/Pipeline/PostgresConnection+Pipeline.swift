import CLibPQ
import ShardBackend
import ShardBase
import ShardValues

extension PostgresConnection {
    /// Sends reads as one batch with one sync, and ends each with its own answer.
    ///
    /// A batch is one implicit transaction: after the first error the server runs nothing more of it. Reads before the error
    /// have been answered and keep their answers; those after it, untouched by the server, are sent again, each with a
    /// sync of its own, so that from then on an error stays alone.
    ///
    /// - Returns: reads without an answer because the connection broke.
    func pipeline(_ reads: [PipelinedRead]) async -> [PipelinedRead] {
        var waiting = reads
        do {
            try await beginTurn()
            waiting = await pipeline(waiting, isShared: true)
            if !waiting.isEmpty && isOpen { waiting = await pipeline(waiting, isShared: false) }
            // What changed meanwhile is prepared anew once more.
            if !waiting.isEmpty && isOpen { waiting = await pipeline(waiting, isShared: false, isLast: true) }
        } catch {
            if isOpen {
                for read in waiting { read.end(.failure(error)) }
                return []
            }
        }
        return waiting.filter { !$0.isEnded }
    }

    /// One batch.
    /// - Parameters:
    ///   - isShared: one sync for all; else one for each.
    ///   - isLast: nothing is tried again but what the server never looked at.
    /// - Returns: reads to be sent again.
    private func pipeline(_ reads: [PipelinedRead], isShared: Bool, isLast: Bool = false) async -> [PipelinedRead] {
        var sent: [(read: PipelinedRead, prepared: PreparedStatement)] = []
        sent.reserveCapacity(reads.count)
        for read in reads where !read.isEnded {
            if let known = statements.find(id: read.statement.id) {
                sent.append((read, known))
                continue
            }
            do {
                let key = PreparedStatement.Key(sql: read.statement.sql, types: [])
                let prepared: PreparedStatement
                if let known = statements.find(key, id: read.statement.id) {
                    prepared = known
                } else {
                    prepared = try await prepare(read.statement, [])
                }
                guard prepared.traits.onlyReads else {
                    throw ShardError(
                        .statementNotModelled, "a pipeline takes statements that only read",
                        hint: "Run it on a connection of its own.")
                }
                sent.append((read, prepared))
            } catch {
                guard isOpen else { return reads }
                read.end(.failure(error))
            }
        }
        activeContext = .read
        let number = flight.begin()
        let batch = PipelineBatch(flight, number)
        guard PQenterPipelineMode(handle) != 0 else {
            markBroken()
            return reads
        }
        var syncs = 0
        sent.removeAll { !send($0.read, $0.prepared, batch, withSync: !isShared, &syncs) }
        if isShared && !sent.isEmpty { sync(&syncs) }
        await flush()
        batch.countDown()
        if !sent.isEmpty { batch.oneLeft() }
        let again = await collect(sent, batch, syncs: syncs, isLast: isLast)
        if isOpen { _ = PQexitPipelineMode(handle) }
        await flight.end()
        return again
    }

    private func send(
        _ read: PipelinedRead, _ prepared: PreparedStatement, _ batch: PipelineBatch, withSync: Bool, _ syncs: inout Int
    ) -> Bool {
        do throws(ShardError) {
            switch read.arguments {
            case .values(let values): try parameters.fill(values, for: prepared.parameterTypes)
            case .parameters(let values): try parameters.fill(values, for: prepared.parameterTypes)
            }
        } catch {
            read.end(.failure(error))
            return false
        }
        batch.add()
        guard read.join(batch) else {
            batch.countDown()
            return false
        }
        let isSent = parameters.withPointers { count, values, lengths, formats in
            PQsendQueryPrepared(handle, prepared.name, count, values, lengths, formats, prepared.isBinary ? 1 : 0)
        }
        guard isSent != 0 else {
            markBroken()
            return true
        }
        if withSync { sync(&syncs) }
        return true
    }

    private func sync(_ count: inout Int) {
        if PQpipelineSync(handle) != 0 { count += 1 } else { markBroken() }
    }

    /// Reads the answers in the order of sending.
    private func collect(
        _ sent: [(read: PipelinedRead, prepared: PreparedStatement)], _ batch: PipelineBatch, syncs: Int, isLast: Bool
    ) async -> [PipelinedRead] {
        var again: [PipelinedRead] = []
        var next = 0
        var syncs = syncs
        var answer: Result<QueryStart, any Error>?
        // A statement's results end with a nil; a sync is a result of its own.
        while syncs > 0 || next < sent.count {
            guard isOpen else { return again + sent[next...].map(\.read) }
            guard let result = await nextResult() else {
                guard next < sent.count, let known = answer else { continue }
                sent[next].read.end(known)
                answer = nil
                next += 1
                if next < sent.count { batch.oneLeft() }
                continue
            }
            defer { PQclear(result) }
            let status = PQresultStatus(result)
            if status == PGRES_PIPELINE_SYNC {
                syncs -= 1
                continue
            }
            guard next < sent.count else { continue }
            let (read, prepared) = sent[next]
            switch status {
            case PGRES_TUPLES_OK:
                var rows = RowBatch(columnCount: prepared.columns.count)
                PreparedStatement.copy(result, prepared.readers, into: &rows)
                answer = .success(QueryStart(columns: prepared.columns, batch: rows))
            case PGRES_PIPELINE_ABORTED:
                again.append(read)
                next += 1
                // Its nil follows.
                _ = await nextResult()
            case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
                let error = failure(result, sql: prepared.key.sql)
                guard isOpen else { return again + sent[next...].map(\.read) }
                if !isLast && isStale(error, prepared) {
                    again.append(read)
                    next += 1
                    _ = await nextResult()
                } else {
                    answer = .failure(error)
                }
            default:
                answer = .success(QueryStart(columns: prepared.columns, batch: RowBatch(columnCount: 0)))
            }
        }
        return again
    }
}
