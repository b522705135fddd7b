public import ShardBase

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Ordered steps that take long or reach several systems, each with what undoes it.
///
/// ```swift
/// let placeOrder = Saga<Order>("place order", steps: [
///     .step("reserve") { context in try await stock.reserve(context.input.item, key: context.idempotencyKey) }
///         compensate: { context in try await stock.release(context.input.item, key: context.idempotencyKey) },
///     .step("charge") { context in try await bank.charge(context.input.total, key: context.idempotencyKey) }
///         compensate: { context in try await bank.refund(context.input.total, key: context.idempotencyKey) },
///     .pivot("ship") { context in try await warehouse.ship(context.input, key: context.idempotencyKey) },
///     .step("thank") { context in try await mail.thank(context.input.customer, key: context.idempotencyKey) },
/// ])
/// ```
///
/// Every step and every compensation runs *at least once* where it is begun: a process may die behind it, before that is written
/// down. So each must be idempotent, by ``SagaContext/idempotencyKey``; and a compensation must also bear that its step has done
/// nothing, because nobody knows what a step that failed has done.
public struct Saga<Input: Codable & Sendable>: Sendable {
    public let definition: SagaDefinition

    /// Where a saga goes that cannot go on.
    public enum Recovery: String, Sendable, Hashable, CaseIterable {
        /// Back: what was done is compensated, last first, unless the pivot has succeeded.
        case backward
        /// Nowhere: steps are tried again, and after the last attempt somebody has to look.
        case forward
    }

    /// A step of a saga.
    public struct Step: Sendable {
        let step: SagaDefinition.Step
        let isPivot: Bool

        /// A step that returns something for later steps.
        ///
        /// - Parameter compensate: undoes it. Without one there must be nothing to undo.
        public static func step<Output: Codable & Sendable>(
            _ name: String, _ run: @escaping @Sendable (SagaContext<Input>) async throws -> Output,
            compensate: (@Sendable (SagaContext<Input>) async throws -> Void)? = nil
        ) -> Step {
            Step(name, isPivot: false, compensate) { try SagaJSON.text(try await run($0)) }
        }

        /// A step that returns nothing.
        public static func step(
            _ name: String, _ run: @escaping @Sendable (SagaContext<Input>) async throws -> Void,
            compensate: (@Sendable (SagaContext<Input>) async throws -> Void)? = nil
        ) -> Step {
            plain(name, run, compensate)
        }

        /// The step that decides: up to it a failure leads back, when it has succeeded the saga only goes forward. It has no
        /// compensation: itself it leads back only by a ``SagaFailure`` that is without effect, and needs attention otherwise.
        public static func pivot(
            _ name: String, _ run: @escaping @Sendable (SagaContext<Input>) async throws -> Void
        ) -> Step {
            Step(name, isPivot: true, nil) {
                try await run($0)
                return nil
            }
        }

        fileprivate static func plain(
            _ name: String, _ run: @escaping @Sendable (SagaContext<Input>) async throws -> Void,
            _ compensate: (@Sendable (SagaContext<Input>) async throws -> Void)?
        ) -> Step {
            Step(name, isPivot: false, compensate) {
                try await run($0)
                return nil
            }
        }

        private init(
            _ name: String, isPivot: Bool, _ compensate: (@Sendable (SagaContext<Input>) async throws -> Void)?,
            _ run: @escaping @Sendable (SagaContext<Input>) async throws -> String?
        ) {
            self.isPivot = isPivot
            var undo: (@Sendable (SagaWork) async throws -> Void)?
            if let compensate { undo = { work in try await compensate(try SagaContext(work)) } }
            step = SagaDefinition.Step(
                name: name, run: { work in try await run(try SagaContext(work)) }, compensate: undo)
        }
    }

    /// A saga's definition. It has no effect before it is registered.
    ///
    /// - Parameters:
    ///   - name: what it is known by in the catalog.
    ///   - version: to be raised when the steps change; sagas under way need the version that they were begun with. Default: 1.
    ///   - recovery: default: backward.
    ///   - retry: of steps and of compensations. Default: 10 attempts, from 100 ms to 60 s apart.
    ///   - steps: one at least, with names of their own, at most one pivot.
    public init(
        _ name: String, version: Int = 1, recovery: Recovery = .backward, retry: RetryPolicy = RetryPolicy(),
        steps: [Step]
    ) {
        let pivots = steps.indices.filter { steps[$0].isPivot }
        var fault: String?
        if steps.isEmpty { fault = "it has no steps" }
        if Set(steps.map(\.step.name)).count != steps.count { fault = "two of its steps have one name" }
        if pivots.count > 1 { fault = "it has two pivots" }
        if retry.maximumAttempts < 1 { fault = "it makes no attempts" }
        if name.isEmpty || name.contains("/") { fault = "its name is empty or has a / in it" }
        definition = SagaDefinition(
            name: "\(name)/\(version)", steps: steps.map(\.step),
            pivot: recovery == .forward ? -1 : pivots.first ?? steps.count, retry: retry, fault: fault)
    }

    /// Try, confirm, cancel: everybody reserves; when all have, everybody confirms, else everybody who may have reserved cancels.
    ///
    /// Confirming only goes forward. A cancel must bear that its try has never arrived (*null compensation*), and a participant
    /// must refuse a try that comes after its cancel (*suspension*): ``SagaContext/fence`` of the cancel is not smaller.
    public init(
        _ name: String, version: Int = 1, retry: RetryPolicy = RetryPolicy(), participants: [Participant]
    ) {
        var steps: [Step] = participants.map { Step.plain("try \($0.name)", $0.attempt, $0.cancel) }
        steps.append(Step.pivot("confirm", { (_: SagaContext<Input>) in }))
        steps += participants.map { Step.plain("confirm \($0.name)", $0.confirm, nil) }
        self.init(name, version: version, recovery: .backward, retry: retry, steps: steps)
    }

    /// A participant of the try/confirm/cancel form.
    public struct Participant: Sendable {
        let name: String
        let attempt: @Sendable (SagaContext<Input>) async throws -> Void
        let confirm: @Sendable (SagaContext<Input>) async throws -> Void
        let cancel: @Sendable (SagaContext<Input>) async throws -> Void

        public init(
            _ name: String, try attempt: @escaping @Sendable (SagaContext<Input>) async throws -> Void,
            confirm: @escaping @Sendable (SagaContext<Input>) async throws -> Void,
            cancel: @escaping @Sendable (SagaContext<Input>) async throws -> Void
        ) {
            self.name = name
            self.attempt = attempt
            self.confirm = confirm
            self.cancel = cancel
        }
    }
}

/// What a step or compensation knows.
public struct SagaContext<Input: Codable & Sendable>: Sendable {
    private let work: SagaWork
    /// What the saga was started with.
    public let input: Input

    init(_ work: SagaWork) throws {
        self.work = work
        self.input = try SagaJSON.value(work.input)
    }

    /// The saga's.
    public var id: String { work.id }
    /// The same for all attempts of this step in this saga, and for no other; a compensation has one of its own.
    public var idempotencyKey: String { work.isCompensation ? stepKey + "/compensation" : stepKey }
    /// The idempotency key of the step that is run or compensated.
    public var stepKey: String { work.id + "/" + work.step }
    /// From 1.
    public var attempt: Int { work.attempt }
    /// The fencing token of who runs the saga now: greater than that of everybody before.
    public var fence: Int64 { work.held.token }
    /// Why the saga goes back; nil: it goes forward.
    public var failure: String? { work.isCompensation ? work.failure : nil }

    /// What an earlier step has returned; nil: it has not run, or returned nothing.
    /// - Throws: `.decode` when that is of another type.
    public func result<Result: Decodable>(of step: String, as type: Result.Type = Result.self) throws -> Result? {
        try work.results[step].map { try SagaJSON.value($0) }
    }

    /// Nothing where this process certainly still runs the saga.
    /// - Throws: `.lockLost`.
    public func check() throws(ShardError) { try work.held.check() }
}

/// What a step throws when trying again is of no use.
public struct SagaFailure: Error, Sendable, CustomStringConvertible {
    public var reason: String
    /// Whether the step has certainly done nothing: then it is not compensated.
    public var isWithoutEffect: Bool

    /// - Parameter isWithoutEffect: default: false: nobody knows.
    public init(_ reason: String, isWithoutEffect: Bool = false) {
        self.reason = reason
        self.isWithoutEffect = isWithoutEffect
    }

    public var description: String { reason }
}

/// Inputs, results and states as the catalog keeps them.
enum SagaJSON {
    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func value<Value: Decodable>(_ text: String) throws -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
        } catch {
            throw ShardError(.decode, "what the catalog keeps of a saga is not of type \(Value.self)")
        }
    }
}
