import ShardKit
import ShardSQL

/// A case's script once more.
public enum Replay {
    /// Runs the statements in order on both sides.
    ///
    /// - Returns: a line for each that the two answer differently, without regard to what SQL leaves open.
    public static func run(_ script: String, shards: Int) async throws -> [String] {
        try await FuzzArena.with(shards: shards) { arena in
            var lines: [String] = []
            for sql in SQLScript(script).statements {
                let statement = FuzzStatement(String(sql))
                let sharded = await arena.session.answer(statement)
                guard sharded.refusal == nil else { continue }
                let plain = arena.plain.answer(statement.plain)
                let parsed = try? Parser.parse(statement.sql, dialect: .sqlite).statement
                let order = AnswerOrder(of: parsed, width: plain.columns.count)
                if sharded.error == nil || plain.error == nil,
                    let why = Judgement.difference(sharded, plain, order)
                {
                    lines.append("\(sql)\n    \(why)\n    sharded: \(sharded.shown)\n    plain:   \(plain.shown)")
                }
            }
            return lines
        }
    }
}
