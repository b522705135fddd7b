/// What is known of one endpoint at one moment. A value: decisions about it need no lock and no time but the one they are
/// given.
public struct EndpointStanding: Sendable, Hashable {
    /// What the last probe found. Unknown before the first probe, and from a probe that failed to the next that does not.
    public enum Role: Sendable, Hashable { case unknown, primary, replica }

    public var role: Role
    public var lag: Lag
    /// How far it had come, and of which history that is: replayed on a replica, inserted on a primary.
    public var position: Position?
    public var lineage: Lineage?
    /// When the question was sent that `position` answers.
    public var askedAt: Duration
    /// Until when its circuit breaker lets nothing through; from then on trial calls. Nil: closed.
    public var refusesUntil: Duration?

    public init(
        role: Role = .unknown, lag: Lag = .unknown, position: Position? = nil, lineage: Lineage? = nil,
        askedAt: Duration = .zero, refusesUntil: Duration? = nil
    ) {
        self.role = role
        self.lag = lag
        self.position = position
        self.lineage = lineage
        self.askedAt = askedAt
        self.refusesUntil = refusesUntil
    }

    /// Whether what it shows holds a position.
    func reach(_ wanted: Position) -> Lineage.Reach {
        guard let position, let lineage else { return .unknown }
        return lineage.reach(wanted, from: position.offset)
    }
}
