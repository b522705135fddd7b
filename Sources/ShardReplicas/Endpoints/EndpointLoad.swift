import Synchronization

/// What an endpoint is doing for this process: counters that many tasks move at once, none of which waits.
final class EndpointLoad: Sendable {
    /// Statements that were sent and have not ended.
    let inFlight = Atomic<Int>(0)
    let latency = LatencyAverage()
    /// Whether the circuit breaker has something to hear from a success: failures before it.
    let awaitsSuccess = Atomic<Bool>(false)
    let served = Atomic<Int>(0)
    let failed = Atomic<Int>(0)
}
