import ShardExecutor
import Synchronization

/// A session on loan from a pool; given back once, by whoever is done with it first.
final class SessionLease: Sendable {
    let session: Session
    private let isOut = Atomic<Bool>(true)
    private let giveBackAction: @Sendable (Session) -> Void

    init(_ session: Session, giveBack: @escaping @Sendable (Session) -> Void) {
        self.session = session
        self.giveBackAction = giveBack
    }

    /// Gives the session back. Idempotent.
    func giveBack() {
        guard isOut.exchange(false, ordering: .acquiringAndReleasing) else { return }
        giveBackAction(session)
    }
}
