import ShardBase
import Synchronization

/// One endpoint, as it is known now: a line of `SHOW REPLICAS`.
public struct ReplicaSnapshot: Sendable, Hashable {
    public var shard: String
    public var endpoint: Endpoint
    public var role: EndpointStanding.Role
    public var position: Position?
    /// As last measured; nil: unknown.
    public var lag: Duration?
    /// How long ago that was.
    public var measured: Duration?
    public var breaker: Breaker
    public var inFlight: Int
    /// The moving average of its answers; nil: none yet.
    public var latency: Duration?
    public var served: Int
    public var failed: Int
    /// Why it does not serve a plain read; nil: it does.
    public var ineligibility: Ineligibility?

    public enum Breaker: String, Sendable, Hashable, CaseIterable { case closed, open, halfOpen }
}

extension EndpointBoard {
    /// Every endpoint of the shard, in the order of the configuration.
    public func snapshot() -> [ReplicaSnapshot] {
        let standing = standing
        let now = clock.monotonic
        return standing.standings.enumerated().map { place, known in
            let load = standing.loads[place]
            let latency = load.latency.current(now: now)
            var lag: Duration?
            var measured: Duration?
            switch known.lag {
            case .unknown: break
            case .measured(let value, let at):
                lag = value
                measured = now - at
            }
            return ReplicaSnapshot(
                shard: standing.endpoints.shard, endpoint: standing.endpoints.endpoints[place], role: known.role,
                position: known.position, lag: lag, measured: measured,
                breaker: known.refusesUntil.map { $0 > now ? .open : .halfOpen } ?? .closed,
                inFlight: load.inFlight.load(ordering: .relaxed),
                latency: latency == 0 ? nil : .nanoseconds(Int64(latency)),
                served: load.served.load(ordering: .relaxed),
                failed: load.failed.load(ordering: .relaxed),
                ineligibility: standing.ineligibility(
                    of: place, for: ReadRequest(), now: now, measurementLifetime: options.measurementLifetime))
        }
    }
}
