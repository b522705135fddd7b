import PlainEngine
import ShardBase
import ShardKit
import ShardValues

/// What an engine answered to one statement.
struct EngineAnswer {
    var columns: [String]
    var rows: [[Value]]
    /// The number of shards asked and the way taken; 0 and empty of a plain engine.
    var shards = 0
    var rung = ""
}

extension DatabaseSession {
    /// Runs one statement and reads its rows.
    func answer(_ sql: String) async throws -> EngineAnswer {
        let result = try await run(SQLText(sql, values: []))
        var answer = EngineAnswer(
            columns: result.header.names, rows: [], shards: result.shards.count, rung: result.rung.rawValue)
        if let stream = result.rows {
            while let batch = try await stream.nextBatch() {
                for row in 0..<batch.rowCount { answer.rows.append(batch.row(row)) }
            }
        }
        return answer
    }
}

/// The plain SQLite beside a run: it has executed what the sharded database has accepted, but only once somebody asks.
final class PlainTwin {
    private var log: [String] = []
    private var done = 0
    private var plain: PlainDatabase?

    /// A statement that the sharded database has run, also one that failed: what failures leave behind counts too.
    func note(_ sql: String) { log.append(sql) }

    /// What plain SQLite says to the statement; one that writes is noted with that.
    func answer(_ sql: String, writes: Bool) -> Result<EngineAnswer, any Error> {
        do {
            let plain = try plain ?? PlainDatabase()
            self.plain = plain
            while done < log.count {
                _ = try? plain.run(log[done])
                done += 1
            }
            if writes {
                log.append(sql)
                done += 1
            }
            let answer = try plain.run(sql)
            return .success(EngineAnswer(columns: answer.columns, rows: answer.rows))
        } catch {
            return .failure(error)
        }
    }
}
