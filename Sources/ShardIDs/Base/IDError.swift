/// Why there is no identifier: the one error of this room.
///
/// `code` is for programs, `message` says what is wrong with the values in it, `advice` what to do about it.
public struct IDError: Error, Sendable {
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The fields of a layout have no bits where they need some, or more than 63 together.
        case badLayout
        /// An option contradicts another or is outside its bounds.
        case badOption
        /// No worker was given. There is no default worker, ever.
        case workerMissing
        /// A worker or datacenter does not fit the layout's bits, or is not a number.
        case workerOutOfRange
        /// The clock stands before the layout's epoch.
        case clockBeforeEpoch
        /// The clock is behind the last identifier by more than the generator may run ahead and wait.
        case clockBehind
        /// The timestamp bits end within the margin in which generators refuse to go on.
        case bitsEnding
        /// A field is used up.
        case exhausted
        /// Every worker of the layout is leased to somebody.
        case noFreeWorker
        /// Another process has taken the worker over; this generator has stopped for good.
        case workerLost
        /// The store failed, or did not answer in time.
        case storeFailed
        /// The store gave what it gave before, or something malformed; using it would make duplicates.
        case storeWrong
        /// The store has no such tag.
        case unknownTag
        /// The tag was removed from the store.
        case tagDropped
        /// The generator was closed.
        case closed
        /// A text is not a UUID.
        case badUUID
        /// A value is outside the domain of the encoding.
        case outOfDomain
    }

    public let code: Code
    /// What is wrong, in one sentence, with the values.
    public let message: String
    /// What to do about it, in one sentence.
    public let advice: String
    /// What the store threw, where a store is the reason.
    public let cause: (any Error)?

    public init(_ code: Code, _ message: String, advice: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.advice = advice
        self.cause = cause
    }
}

extension IDError: CustomStringConvertible {
    public var description: String {
        let reason = cause.map { " (\($0))" } ?? ""
        return "\(message)\(reason). \(advice)"
    }
}
