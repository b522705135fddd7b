/// What may be done after an error, so that nothing is done twice and nothing is given up that would have worked.
public enum RetryClass: String, Sendable, Hashable, CaseIterable {
    /// The same statement would fail again.
    case notRetryable
    /// Nothing was done, and the same statement may succeed at once or a moment later.
    case retryStatement
    /// The transaction is lost; run again from its beginning it may succeed.
    case retryTransaction
    /// The connection is gone, and with it the transaction; nothing of it was applied. Run it again on another one.
    case connectionLost
    /// The connection is gone, and the write or commit may have been applied or not. Look before doing it again.
    case unknownOutcome
}

/// What a database server says of an error besides its message, as far as it names things of the schema.
///
/// A class, so that errors which have none of it stay small.
public final class EngineDetails: Sendable {
    /// What may be done after it.
    public let retry: RetryClass
    /// `ERROR`, `FATAL` or `PANIC`, never translated.
    public let severity: String
    /// The server's DETAIL. It may quote values of rows and of parameters, so it is never a part of an error's description.
    public let detail: String?
    /// Where PL/pgSQL or a COPY was at that moment; may quote values like ``detail``.
    public let context: String?
    /// The names of what is violated or misused, where the server gives them.
    public let schema: String?
    public let table: String?
    public let column: String?
    public let dataType: String?
    public let constraint: String?

    public init(
        retry: RetryClass, severity: String = "ERROR", detail: String? = nil, context: String? = nil,
        schema: String? = nil, table: String? = nil, column: String? = nil, dataType: String? = nil,
        constraint: String? = nil
    ) {
        self.retry = retry
        self.severity = severity
        self.detail = detail
        self.context = context
        self.schema = schema
        self.table = table
        self.column = column
        self.dataType = dataType
        self.constraint = constraint
    }
}
