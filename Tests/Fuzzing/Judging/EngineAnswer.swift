import PlainEngine
import ShardBase
import ShardExecutor
import ShardKit
import ShardValues

/// What an engine says to one statement: rows and counts, or an error's words.
struct EngineAnswer {
    var columns: [String] = []
    var rows: [[Value]] = []
    var changes: Int64 = 0
    /// Whether the statement has rows by its nature.
    var hasRows = false
    var error: String?
    /// Of a sharded database: the refusal's code, the way taken, and the number of shards asked.
    var refusal: ErrorCode?
    var rung = ""
    var shards = 0
}

extension PlainDatabase {
    func answer(_ statement: FuzzStatement) -> EngineAnswer {
        do {
            let result = try run(statement.sql, statement.values)
            return EngineAnswer(
                columns: result.columns, rows: result.rows, changes: result.changes, hasRows: !result.columns.isEmpty)
        } catch {
            return EngineAnswer(error: "\(error)")
        }
    }
}

extension DatabaseSession {
    func answer(_ statement: FuzzStatement, trial: PlanTrial? = nil) async -> EngineAnswer {
        do {
            let text = SQLText(statement.sql, values: statement.values)
            let result = if let trial { try await run(text, trial: trial) } else { try await run(text) }
            var answer = EngineAnswer(
                columns: result.header.names, changes: result.changes, hasRows: result.rows != nil,
                rung: result.rung.rawValue, shards: result.shards.count)
            if let stream = result.rows {
                while let batch = try await stream.nextBatch() {
                    for row in 0..<batch.rowCount { answer.rows.append(batch.row(row)) }
                }
            }
            return answer
        } catch let error as ShardError {
            // A value that the declaration has no partition for is refused too.
            let isRefused = error.isRefusal || error.code == .valueRange && error.message.contains("partition")
            return EngineAnswer(error: error.message, refusal: isRefused ? error.code : nil)
        } catch {
            return EngineAnswer(error: "an error of another kind: \(error)")
        }
    }
}

extension EngineAnswer {
    /// SQLite 3.40 calls a database malformed that is not (a view in a subquery of a UNION), and may go on doing so.
    var isBroken: Bool { error == "database disk image is malformed" }

    /// For people: an error's words, or the first rows.
    var shown: String {
        if let error { return "error: \(error)" }
        guard hasRows else { return "\(changes) changes" }
        let lines = rows.prefix(12).map { "(" + $0.map(\.sql).joined(separator: ", ") + ")" }
        return "\(rows.count) rows \(lines.joined(separator: " "))" + (rows.count > 12 ? " …" : "")
    }
}
