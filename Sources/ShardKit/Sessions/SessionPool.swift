import ShardBase
import ShardExecutor
import Synchronization

/// Sessions for statements outside transactions: one each while it runs, kept for the next.
///
/// A pooled session carries no state from one statement to the next: what could leave some behind (PRAGMA, TEMP tables,
/// BEGIN) runs on a session that is closed afterwards.
final class SessionPool: Sendable {
    private struct State {
        var idle: [Session] = []
        var isClosed = false
    }
    private let make: @Sendable () -> Session
    private let state = Mutex(State())
    private static let idleLimit = 64

    init(make: @escaping @Sendable () -> Session) { self.make = make }

    /// A session on loan. Never waits.
    func lease(for sql: String) throws(ShardError) -> SessionLease {
        guard Self.leavesNothingBehind(sql) else {
            try checkOpen()
            return .single(make())
        }
        return .pooled(try take(), self)
    }

    /// A session that is the caller's until ``giveBack(_:)``.
    func take() throws(ShardError) -> Session {
        let (idle, isClosed) = state.withLock { ($0.idle.popLast(), $0.isClosed) }
        if isClosed { throw Self.closed }
        return idle ?? make()
    }

    func giveBack(_ session: Session) {
        // The next statement's reads owe nothing to this one's: after a failover nobody could say whether they still hold.
        session.reading?.forget()
        let isKept =
            !session.isInTransaction
            && state.withLock { state in
                guard !state.isClosed, state.idle.count < Self.idleLimit else { return false }
                state.idle.append(session)
                return true
            }
        if !isKept { Task { await session.close() } }
    }

    func checkOpen() throws(ShardError) {
        if state.withLock({ $0.isClosed }) { throw Self.closed }
    }

    /// Closes the idle sessions; those on loan are closed when they come back. Idempotent.
    func close() async {
        let idle = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return state.idle
        }
        for session in idle { await session.close() }
    }

    private static var closed: ShardError { ShardError(.closed, "the database is closed") }

    /// Whether a statement's first word shows that it changes no state of its session: reads and row writes.
    static func leavesNothingBehind(_ sql: String) -> Bool {
        var sql = sql
        return sql.withUTF8 { bytes in
            guard let start = bytes.firstIndex(where: { $0 > 0x20 }) else { return true }
            func begins(_ word: StaticString) -> Bool {
                guard bytes.count - start >= word.utf8CodeUnitCount else { return false }
                for index in 0..<word.utf8CodeUnitCount where bytes[start + index] | 0x20 != word.utf8Start[index] {
                    return false
                }
                return true
            }
            return begins("select") || begins("insert") || begins("update") || begins("delete") || begins("with")
                || begins("values") || begins("replace") || begins("explain") || begins("show")
        }
    }
}
