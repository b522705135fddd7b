/// Runs work a second time elsewhere when the first has not ended after a while; the first success wins.
public enum Hedge {
    /// Source: Dean and Barroso, "The Tail at Scale", 2013: hedged requests.
    ///
    /// Both run as child tasks: this returns when both have ended, the loser by cancellation. Only for work that may be done
    /// twice: reads.
    ///
    /// - Parameters:
    ///   - delay: how long the first has for itself. Where it fails sooner, the second begins at once if `mayFollow` says so.
    ///   - mayBegin: asked just before the second begins: the place for a retry budget. Default: yes.
    ///   - mayFollow: whether the second may make up for an error of the first. Default: yes, but not for a cancellation.
    ///   - discard: gets an answer that came too late, which somebody has to close.
    ///   - work: 0 for the first, 1 for the second.
    /// - Throws: the error of the one that ended last, if neither succeeds; `CancellationError` or what the work makes of it,
    ///   when the caller is cancelled.
    public static func run<Result: Sendable>(
        after delay: Duration, sleep: @escaping Sleep = { try await Task.sleep(for: $0) },
        mayBegin: @escaping @Sendable () -> Bool = { true },
        mayFollow: @escaping @Sendable (any Error) -> Bool = { !($0 is CancellationError) },
        discard: @escaping @Sendable (Result) async -> Void = { _ in },
        _ work: @escaping @Sendable (Int) async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Event<Result>.self) { group in
            func begin(_ number: Int) {
                group.addTask {
                    do { return .ended(.success(try await work(number))) } catch { return .ended(.failure(error)) }
                }
            }
            begin(0)
            group.addTask {
                do { try await sleep(delay) } catch { return .nothing }
                return .delayOver
            }
            var running = 1
            var hasSecond = false
            var winner: Result?
            var failure: (any Error)?
            while running > 0, let event = try await group.next() {
                switch event {
                case .nothing: break
                case .delayOver:
                    if winner == nil, !hasSecond, !Task.isCancelled, mayBegin() {
                        hasSecond = true
                        running += 1
                        begin(1)
                    }
                case .ended(.success(let result)):
                    running -= 1
                    if winner == nil {
                        winner = result
                        group.cancelAll()
                    } else {
                        await discard(result)
                    }
                case .ended(.failure(let error)):
                    running -= 1
                    failure = error
                    if winner == nil, !hasSecond, !Task.isCancelled, mayFollow(error), mayBegin() {
                        hasSecond = true
                        running += 1
                        begin(1)
                    }
                }
            }
            group.cancelAll()
            if let winner { return winner }
            throw failure ?? CancellationError()
        }
    }

    private enum Event<Result: Sendable>: Sendable {
        case ended(Swift.Result<Result, any Error>)
        case delayOver
        case nothing
    }
}
