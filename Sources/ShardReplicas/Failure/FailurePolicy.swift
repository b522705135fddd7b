/// What becomes of a statement whose endpoint fails. Chosen by label; the default is `failOver`.
public enum FailurePolicy: Sendable, Hashable {
    /// The error goes to the caller.
    case failFast
    /// A read goes to another endpoint, at most `attempts` in all; writes as under `failFast`, unless it is certain that
    /// nothing was done.
    case failOver(attempts: Int)
    /// As `failOver` with two attempts; and a read that has not answered after a while is sent to a second endpoint too: the
    /// first answer wins and the other is cancelled.
    case hedged(after: Duration)

    public static let standard: FailurePolicy = .failOver(attempts: 2)

    /// Endpoints that one statement may be sent to.
    public var attempts: Int {
        switch self {
        case .failFast: 1
        case .failOver(let attempts): max(1, attempts)
        case .hedged: 2
        }
    }
}
