import ShardBackend
import Synchronization

/// Texts of writes to their statements, so that an INSERT of a shape seen before finds its prepared statement on each
/// connection. Bounded: when the bytes are over, all is forgotten and grows again.
final class StatementTexts: Sendable {
    fileprivate struct Insert: Hashable {
        var head: String
        var rows: Int
        var width: Int
    }
    fileprivate struct State {
        var statements: [String: ShardStatement] = [:]
        var inserts: [Insert: ShardStatement] = [:]
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
            state.makeRoom(cost, byteLimit)
            state.statements[sql] = statement
            return statement
        }
    }

    /// `<head>(?1, ?2), (?3, ?4)`: an INSERT of a number of rows, all of whose cells are bound.
    func insert(_ head: String, rows: Int, width: Int) -> ShardStatement {
        let key = Insert(head: head, rows: rows, width: width)
        return state.withLock { state in
            if let known = state.inserts[key] { return known }
            let statement = ShardStatement(head + InsertTexts.rows(rows, width: width))
            state.makeRoom(statement.sql.utf8.count + 128, byteLimit)
            state.inserts[key] = statement
            return statement
        }
    }
}

extension StatementTexts.State {
    fileprivate mutating func makeRoom(_ cost: Int, _ limit: Int) {
        if bytes + cost > limit {
            statements.removeAll(keepingCapacity: true)
            inserts.removeAll(keepingCapacity: true)
            bytes = 0
        }
        bytes += cost
    }
}

enum InsertTexts {
    /// `(?1, ?2), (?3, ?4)`
    static func rows(_ count: Int, width: Int) -> String {
        var text = ""
        for row in 0..<count {
            text += row == 0 ? "(" : ", ("
            for cell in 0..<width { text += "\(cell == 0 ? "" : ", ")?\(row * width + cell + 1)" }
            text += ")"
        }
        return text
    }
}
