/// How long a statement waits for another connection's lock, where that is less than the connection's own time.
///
/// A transaction that holds locks and waits for one more may be waited for itself, in a ring that no engine sees, since each
/// sees its own shard only: it waits a short while and gives up, so that one of the ring goes on.
public enum LockWait {
    /// Nil: the connection's own.
    @TaskLocal public static var limit: Duration?
}
