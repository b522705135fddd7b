import Logging
public import ShardBase
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Runs sagas, those of this process and those that others have left behind.
///
/// A saga is a row of the catalog. What is to be done is written there before it is done, under the lease and the fencing token of
/// who does it. A process that has registered a saga's definition looks every ``Options/poll`` for sagas of it that are due and
/// that nobody runs. Costs a transaction of the catalog for each step, and three more.
public final class Sagas: Sendable {
    /// How sagas are looked after.
    public struct Options: Sendable, Hashable {
        /// How long a saga stays taken after its process has died. Default: 10 s.
        public var lease = Duration.seconds(10)
        /// How often sagas that were left behind are looked for. Default: 1 s.
        public var poll = Duration.seconds(1)
        /// Sagas that are run at a time in this process. Default: 16.
        public var concurrency = 16

        public init() {}
    }

    private struct State {
        var options = Options()
        var definitions: [String: SagaDefinition] = [:]
        var running: [String: Task<Void, Never>] = [:]
        var looking: Task<Void, Never>?
        var isClosed = false
    }

    private let store: SagaStore
    private let logger: Logger
    private let owner = UUID().uuidString
    private let state = Mutex(State())

    /// A pause that is waited for rather than given back for.
    private static let shortPause = Duration.seconds(2)

    public init(_ store: BusinessStore, logger: Logger = Logger(label: "shardkit")) {
        self.store = SagaStore(store: store)
        self.logger = logger
    }

    public var options: Options {
        get { state.withLock { $0.options } }
        set { state.withLock { $0.options = newValue } }
    }

    // MARK: Starting

    /// Makes a definition known: from now on this process goes on with sagas of it that others have left behind. To be called
    /// when a process begins. Idempotent.
    ///
    /// - Throws: `.configuration` for a definition that makes no sense, `.closed`.
    public func register<Input>(_ saga: Saga<Input>) throws(ShardError) {
        let definition = saga.definition
        if let fault = definition.fault {
            throw ShardError(.configuration, "the saga \(definition.name) cannot be used: \(fault)")
        }
        let isClosed = state.withLock { state in
            if state.isClosed { return true }
            state.definitions[definition.name] = definition
            if state.looking == nil {
                state.looking = Task.detached { [weak self] in
                    while let pause = self?.options.poll {
                        do { try await Task.sleep(for: pause) } catch { return }
                        await self?.resume()
                    }
                }
            }
            return false
        }
        if isClosed { throw ShardError(.closed, "the database is closed") }
    }

    /// Stores a saga and begins to run it. When this returns, it is durable: it will end, whatever becomes of this process, as
    /// long as a process has registered its definition.
    ///
    /// - Parameter request: who asks for it, in a text of the caller's: the same request starts no second one. Default: none.
    /// - Returns: the id of the saga, or of the one that this request has started before.
    /// - Throws: `.alreadyExists` when the request has started one with another input, and as ``register(_:)``.
    @discardableResult
    public func start<Input>(_ saga: Saga<Input>, _ input: Input, request: String? = nil) async throws -> String {
        try register(saga)
        let id = UUID().uuidString.lowercased()
        let started = try await store.start(
            id, definition: saga.definition.name, request: request ?? id, input: try SagaJSON.text(input),
            state: SagaState(steps: saga.definition.steps.map(\.name), pivot: saga.definition.pivot))
        if started.isNew {
            try FaultPoints.hit(.sagaAfterStart)
            begin(started.id)
        }
        return started.id
    }

    /// Starts a saga and waits for its end.
    ///
    /// - Parameters:
    ///   - request: as in ``start(_:_:request:)``.
    ///   - within: how long to wait. Default, nil: until it has ended or the task is cancelled. The saga goes on in any case.
    /// - Returns: what has become of it: completed.
    /// - Throws: `.sagaCompensated` when it went back, `.sagaNeedsAttention`, `.timeout`, `.cancelled`.
    @discardableResult
    public func run<Input>(
        _ saga: Saga<Input>, _ input: Input, request: String? = nil, within: Duration? = nil
    ) async throws -> SagaReport {
        try await outcome(of: try await start(saga, input, request: request), within: within)
    }

    /// Waits for a saga's end, whichever process runs it. Throws as ``run(_:_:request:within:)``, and `.notFound`.
    @discardableResult
    public func outcome(of id: String, within: Duration? = nil) async throws -> SagaReport {
        let limit = within.map { ContinuousClock.now + $0 }
        var pause = Duration.milliseconds(1)
        while true {
            guard let report = try await store.report(id) else {
                throw ShardError(.notFound, "there is no saga \(id)", hint: "shardkit sagas --all lists them.")
            }
            switch report.state.status {
            case .completed: return report
            case .compensated:
                throw ShardError(
                    .sagaCompensated,
                    "the saga \(report.definition) could not be completed, and is undone: \(report.state.failure ?? "")"
                )
            case .attention:
                throw ShardError(
                    .sagaNeedsAttention,
                    "the saga \(id) of \(report.definition) can go neither way: \(report.state.lastError ?? "")",
                    hint: "Mend it, then: shardkit sagas --retry \(id)")
            case .running, .compensating: break
            }
            if let limit, ContinuousClock.now >= limit {
                throw ShardError(
                    .timeout, "the saga \(id) of \(report.definition) has not ended within \(within ?? .zero)",
                    hint: "It goes on; ask for its outcome later.")
            }
            do { try await Task.sleep(for: pause) } catch { throw ShardError.interrupted }
            pause = min(pause * 2, .milliseconds(100))
        }
    }

    // MARK: Looking

    /// All sagas, or those that have not ended: under way, or in need of attention. By their start.
    public func list(all: Bool = false) async throws -> [SagaReport] {
        try await store.reports(underWayOnly: !all)
    }

    /// A saga; nil: there is none of the id.
    public func report(of id: String) async throws -> SagaReport? { try await store.report(id) }

    /// Lets a saga that needs attention go on where it stopped, with all its attempts before it.
    ///
    /// - Returns: false when there is no saga of that id that needs attention.
    @discardableResult
    public func retry(_ id: String) async throws -> Bool { try await store.retry(id) }

    /// Removes sagas that ended, one way or the other, longer ago than `age`. Their requests start new ones then.
    ///
    /// - Returns: how many.
    @discardableResult
    public func forget(olderThan age: Duration) async throws -> Int64 {
        try await store.forget(endedBefore: store.store.wall - age.milliseconds)
    }

    /// Stops looking and running; what is under way is gone on with by others, or by the next opening. Idempotent.
    public func close() async {
        let tasks = state.withLock { state in
            state.isClosed = true
            let tasks = Array(state.running.values) + (state.looking.map { [$0] } ?? [])
            state.looking = nil
            return tasks
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    // MARK: Running

    /// Begins what is due.
    private func resume() async {
        let (known, free) = state.withLock { ($0.definitions, $0.options.concurrency - $0.running.count) }
        guard free > 0 else { return }
        do {
            // Others' definitions may stand before ours.
            let due = try await store.due(limit: 1000).filter { known[$0.definition] != nil }
            for saga in due.prefix(free) { begin(saga.id) }
        } catch {
            if !Task.isCancelled { logger.warning("sagas could not be looked after: \(error)") }
        }
    }

    private func begin(_ id: String) {
        state.withLock { state in
            guard !state.isClosed, state.running[id] == nil, state.running.count < state.options.concurrency else {
                return
            }
            // Locks that the caller holds are not the saga's.
            state.running[id] = NamedLocks.withoutLocks {
                Task {
                    do {
                        try await self.drive(id)
                    } catch {
                        // It is due still: somebody goes on with it when the lease is over.
                        if !Task.isCancelled { self.logger.notice("the saga \(id) was left: \(error)") }
                    }
                    let wasFull = self.state.withLock { state in
                        defer { state.running[id] = nil }
                        return state.running.count >= state.options.concurrency
                    }
                    if wasFull, !Task.isCancelled { await self.resume() }
                }
            }
        }
    }

    /// Runs a saga, if nobody does, to its end or to a long pause.
    private func drive(_ id: String) async throws {
        let (definitions, lease) = state.withLock { ($0.definitions, $0.options.lease) }
        let asked = ContinuousClock.now
        guard
            let claim = try await store.claim(
                id, owner: owner, lease: lease, definitions: Set(definitions.keys)),
            let definition = definitions[claim.definition]
        else { return }
        let held = HeldLock(name: "saga \(id)", token: claim.token, deadline: asked + lease)
        let store = store
        try await LeaseKeeping.run(
            held, lease: lease, renew: { try await store.renew(claim, lease: lease) ? false : nil }
        ) {
            try await Self.drive(claim, definition, store, held)
        }
    }

    private static func drive(
        _ claim: SagaStore.Claim, _ definition: SagaDefinition, _ store: SagaStore, _ held: HeldLock
    ) async throws {
        var claim = claim
        if claim.state.steps != definition.steps.map(\.name) || claim.state.pivot != definition.pivot {
            claim.state.stop(because: "its definition has other steps than when it was started: raise the version")
        }
        claim.state.resumed(maximumAttempts: definition.retry.maximumAttempts)
        while true {
            let index: Int
            let isCompensation: Bool
            switch claim.state.action {
            case .end:
                guard try await store.save(claim, givenBackFor: 0) else { throw held.lost }
                return
            case .run(let step): (index, isCompensation) = (step, false)
            case .compensate(let step): (index, isCompensation) = (step, true)
            }
            claim.state.begin()
            // With it goes what the step before has brought.
            guard try await store.save(claim) else { throw held.lost }
            try FaultPoints.hit(isCompensation ? .sagaBeforeCompensation : .sagaBeforeStep)
            let outcome: Result<String?, any Error>
            do {
                try held.check()
                outcome = .success(try await perform(definition.steps[index], isCompensation, claim, held))
            } catch {
                // Neither the loss of the lease nor the end of the process is the step's fault.
                if Task.isCancelled || !held.isHeld { throw error }
                outcome = .failure(error)
            }
            try FaultPoints.hit(isCompensation ? .sagaAfterCompensation : .sagaAfterStep)
            let failure: any Error
            switch outcome {
            case .success(let result):
                claim.state.succeeded(result)
                continue
            case .failure(let error): failure = error
            }
            let isTriedAgain = claim.state.failed(
                String("\(failure)".prefix(500)), kind(of: failure),
                maximumAttempts: definition.retry.maximumAttempts)
            guard isTriedAgain else { continue }
            let pause = definition.retry.pause(after: claim.state.attempts, jitter: .random(in: 0...1))
            guard pause > shortPause else {
                try await Task.sleep(for: pause)
                continue
            }
            let due = store.store.wall + pause.milliseconds
            guard try await store.save(claim, givenBackFor: due) else { throw held.lost }
            return
        }
    }

    private static func perform(
        _ step: SagaDefinition.Step, _ isCompensation: Bool, _ claim: SagaStore.Claim, _ held: HeldLock
    ) async throws -> String? {
        let work = SagaWork(
            id: claim.id, step: step.name, isCompensation: isCompensation, input: claim.input,
            results: claim.state.results, failure: claim.state.failure, attempt: claim.state.attempts, held: held)
        guard isCompensation else { return try await step.run(work) }
        try await step.compensate?(work)
        return nil
    }

    private static func kind(of error: any Error) -> SagaState.Failure {
        guard let failure = error as? SagaFailure else { return .temporary }
        return failure.isWithoutEffect ? .withoutEffect : .permanent
    }
}
