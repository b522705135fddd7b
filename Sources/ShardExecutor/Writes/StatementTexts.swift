import ShardBackend
import Synchronization

/// Texts of writes to their statements, so that an INSERT of a shape seen before finds its prepared statement on each
/// connection. Bounded: when the bytes are over, all is forgotten and grows again.
final class StatementTexts: Sendable {
    private struct State {
        var statements: [String: ShardStatement] = [:]
        var bytes = 0
    }
    private let state = Mutex(State())
    private let byteLimit: Int
    /// Longer texts are not worth keeping: preparing them costs less than looking at them.
    static let longestText = 4096

    /// - Parameter byteLimit: what the texts may take. Default: 4 MB.
    init(byteLimit: Int = 4 << 20) { self.byteLimit = byteLimit }

    /// The statement of a text; equal short texts give equal statements. O(length).
    func statement(_ sql: String) -> ShardStatement {
        guard sql.utf8.count <= Self.longestText else { return ShardStatement(sql) }
        return state.withLock { state in
            if let known = state.statements[sql] { return known }
            let statement = ShardStatement(sql)
            let cost = sql.utf8.count + 64
            if state.bytes + cost > byteLimit {
                state.statements.removeAll(keepingCapacity: true)
                state.bytes = 0
            }
            state.statements[sql] = statement
            state.bytes += cost
            return statement
        }
    }
}
