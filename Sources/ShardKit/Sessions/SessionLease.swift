import ShardExecutor

/// What an answer has on loan and gives back, once, when its rows are read or closed. A plain value: a keyed read
/// allocates nothing for it.
enum SessionLease: Sendable {
    /// A pool's session.
    case pooled(Session, SessionPool)
    /// A session made for one statement: it is closed.
    case single(Session)
    /// A prepared statement's session with its plan.
    case prepared(PreparedStatement.Planned, PreparedStatement)

    var session: Session {
        switch self {
        case .pooled(let session, _), .single(let session): session
        case .prepared(let planned, _): planned.session
        }
    }

    /// Gives it back. Who holds the lease calls this exactly once.
    func giveBack() {
        switch self {
        case .pooled(let session, let pool): pool.giveBack(session)
        case .single(let session): Task { await session.close() }
        case .prepared(let planned, let statement): statement.giveBack(planned)
        }
    }
}
