/// A saga as its runner sees it: names and closures over texts. Made of ``Saga``.
public struct SagaDefinition: Sendable {
    /// Name and version.
    public let name: String
    let steps: [Step]
    /// As ``SagaState/pivot``.
    let pivot: Int
    let retry: RetryPolicy
    /// Why it cannot be used; nil: it can.
    let fault: String?

    struct Step: Sendable {
        let name: String
        let run: @Sendable (SagaWork) async throws -> String?
        /// Nil: there is nothing to undo.
        let compensate: (@Sendable (SagaWork) async throws -> Void)?
    }
}

/// What a step is given.
struct SagaWork: Sendable {
    let id: String
    let step: String
    let isCompensation: Bool
    /// JSON.
    let input: String
    let results: [String: String]
    let failure: String?
    let attempt: Int
    let held: HeldLock
}
