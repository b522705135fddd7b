import ShardBackend
import ShardBase
import ShardValues
import Synchronization

/// One read that waits for a pipeline, from the moment it is asked for until its caller has the answer.
final class PipelinedRead: Sendable {
    /// What is bound: the values of other rooms, or PostgreSQL's own.
    enum Arguments {
        case values([Value])
        case parameters([PostgresValue])
    }

    private enum Phase {
        case waiting
        /// Its caller is suspended.
        case awaited(UnsafeContinuation<Result<QueryStart, any Error>, Never>)
        case ended(Result<QueryStart, any Error>)
        /// Its caller has gone on.
        case over
    }

    let statement: ShardStatement
    let arguments: Arguments
    private let phase = Mutex((phase: Phase.waiting, batch: PipelineBatch?.none))
    /// How often it was sent on a connection that then broke; touched by the one driver that has it.
    let losses = Atomic<Int>(0)

    init(_ statement: ShardStatement, _ arguments: Arguments) {
        self.statement = statement
        self.arguments = arguments
    }

    /// Suspends until the answer is there. Called once.
    func answer() async throws -> QueryStart {
        try await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Result<QueryStart, any Error>, Never>) in
                let known = phase.withLock { state -> Result<QueryStart, any Error>? in
                    if case .ended(let result) = state.phase {
                        state.phase = .over
                        return result
                    }
                    state.phase = .awaited(continuation)
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            end(.failure(PostgresFailure.cancelled))?.oneLeft()
        }.get()
    }

    /// Gives the caller its answer, unless it has one. Returns the batch that has one read less to answer.
    @discardableResult
    func end(_ result: Result<QueryStart, any Error>) -> PipelineBatch? {
        let (continuation, batch) = phase.withLock {
            state -> (UnsafeContinuation<Result<QueryStart, any Error>, Never>?, PipelineBatch?) in
            switch state.phase {
            case .waiting:
                state.phase = .ended(result)
                return (nil, state.batch)
            case .awaited(let continuation):
                state.phase = .over
                return (continuation, state.batch)
            case .ended, .over: return (nil, nil)
            }
        }
        batch?.countDown()
        continuation?.resume(returning: result)
        return batch
    }

    /// Whether nobody waits for it any more.
    var isEnded: Bool {
        phase.withLock { state in
            switch state.phase {
            case .waiting, .awaited: false
            case .ended, .over: true
            }
        }
    }

    /// It is about to be sent with others. False: its caller has gone.
    func join(_ batch: PipelineBatch) -> Bool {
        phase.withLock { state in
            switch state.phase {
            case .waiting, .awaited:
                state.batch = batch
                return true
            case .ended, .over: return false
            }
        }
    }
}

/// Reads that travel together. When the callers of all that are still under way have gone, nobody wants what the server is
/// doing, and it is asked to stop.
final class PipelineBatch: Sendable {
    /// Reads whose callers wait, and one more until all are sent.
    private let wanted = Atomic<Int>(1)
    private let flight: Flight
    private let number: UInt64

    /// - Parameter number: of the flight.
    init(_ flight: Flight, _ number: UInt64) {
        self.flight = flight
        self.number = number
    }

    /// Somebody waits for an answer of the batch.
    var isWanted: Bool { wanted.load(ordering: .acquiring) > 0 }

    func add() { wanted.wrappingAdd(1, ordering: .relaxed) }
    func countDown() { wanted.wrappingSubtract(1, ordering: .acquiringAndReleasing) }

    /// A caller has gone without its answer.
    func oneLeft() { if !isWanted { flight.cancel(number) } }
}
