import CLibPQ
import ShardBase

/// What a statement was doing when it failed: decides what may be done again.
struct FailureContext {
    /// Inside a transaction that the statement did not begin.
    var isInTransaction = false
    /// It may change the database.
    var mayWrite = true
    /// It commits, or decides about a prepared transaction.
    var endsTransaction = false
    /// We asked the server to cancel it.
    var wasCancelled = false

    /// A statement that only reads.
    static let read = FailureContext(mayWrite: false)

    /// What it means that nothing more will be heard of the statement.
    var retryWithoutAnswer: RetryClass {
        if isInTransaction { return endsTransaction ? .unknownOutcome : .connectionLost }
        return mayWrite ? .unknownOutcome : .connectionLost
    }
}

/// PostgreSQL's error reports as errors of the catalogue, with PostgreSQL's own words.
enum PostgresFailure {
    /// The fields of a report, by the protocol's letters.
    enum Field: UInt8 {
        case severity = 0x56  // V
        case sqlState = 0x43  // C
        case message = 0x4D  // M
        case detail = 0x44  // D
        case hint = 0x48  // H
        case context = 0x57  // W
        case schema = 0x73  // s
        case table = 0x74  // t
        case column = 0x63  // c
        case dataType = 0x64  // d
        case constraint = 0x6E  // n
        case position = 0x50  // P
        case function = 0x52  // R
    }

    static func field(_ result: OpaquePointer, _ field: Field) -> String? {
        PQresultErrorField(result, Int32(field.rawValue)).map { String(cString: $0) }
    }

    /// The error of a result. One without SQLSTATE is libpq's own: the connection is gone.
    static func error(
        _ result: OpaquePointer, on connection: OpaquePointer, sql: String = "", _ context: FailureContext
    ) -> ShardError {
        guard let state = field(result, .sqlState) else { return lost(connection, context) }
        if state == "57014" && context.wasCancelled { return cancelled }
        let retry =
            isStale(result, state)
            ? context.isInTransaction ? .retryTransaction : .retryStatement : retryClass(of: state, context)
        let message = field(result, .message) ?? "the server reported an error without a message"
        let place = field(result, .position).flatMap { self.place($0, in: sql) }
        return ShardError(
            code(of: state, retry), message, hint: field(result, .hint), place: place, engineCode: state,
            isRetryable: retry == .retryStatement || retry == .retryTransaction || retry == .connectionLost,
            details: EngineDetails(
                retry: retry, severity: field(result, .severity) ?? "ERROR", detail: field(result, .detail),
                context: field(result, .context), schema: field(result, .schema), table: field(result, .table),
                column: field(result, .column), dataType: field(result, .dataType),
                constraint: field(result, .constraint)))
    }

    /// Whether a prepared statement's tables have changed. The server's words are translated; the place in its source is not.
    static func isStale(_ result: OpaquePointer, _ state: String) -> Bool {
        state == "0A000" && field(result, .function) == "RevalidateCachedQuery"
    }

    /// The error of a statement whose server will not say anything more.
    static func lost(_ connection: OpaquePointer?, _ context: FailureContext) -> ShardError {
        let said = connection.flatMap { PQerrorMessage($0) }.map { String(cString: $0) } ?? ""
        return lost(trimmed(said), context)
    }

    static func lost(_ said: String, _ context: FailureContext) -> ShardError {
        let retry = context.retryWithoutAnswer
        return ShardError(
            retry == .unknownOutcome ? .unknownOutcome : .connectionLost,
            said.isEmpty ? "the connection to the server is gone" : said,
            hint: retry == .unknownOutcome ? "Look whether the write is there before running it again." : nil,
            engineCode: "08006", isRetryable: retry == .connectionLost, details: EngineDetails(retry: retry))
    }

    static var cancelled: ShardError { ShardError(.cancelled, "interrupted", engineCode: "57014") }

    static func retryClass(of state: String, _ context: FailureContext) -> RetryClass {
        let again: RetryClass = context.isInTransaction ? .retryTransaction : .retryStatement
        switch state {
        // Serialization failure, deadlock, a lock not available in time, any other rollback by the server.
        case "40001", "40P01", "55P03", "40000": return again
        // A prepared statement is gone or does not fit any more: prepared anew it works, unless a transaction is lost.
        case "26000": return again
        case "40003": return .unknownOutcome
        // Too many connections, out of memory or configuration limits: nothing was done.
        case "53300", "53200", "53000", "53400": return again
        default: break
        }
        switch state.prefix(2) {
        case "08": return context.retryWithoutAnswer
        // The server is shutting down, has crashed or is starting. A commit may have happened before the message.
        case "57":
            return ["57P01", "57P02", "57P03", "57P05"].contains(state) ? context.retryWithoutAnswer : .notRetryable
        default: return .notRetryable
        }
    }

    private static func code(of state: String, _ retry: RetryClass) -> ErrorCode {
        switch retry {
        case .connectionLost: return .connectionLost
        case .unknownOutcome: return .unknownOutcome
        case .notRetryable, .retryStatement, .retryTransaction: break
        }
        switch state {
        case "57014": return .cancelled
        case "40001", "40P01", "55P03", "55006": return .busy
        case "53100": return .diskFull
        case "53200": return .outOfMemory
        case "53300": return .overloaded
        case "25006": return .readOnly
        case "25P03": return .timeout
        case "XX001", "XX002": return .corrupt
        case "58030": return .inputOutput
        default: break
        }
        switch state.prefix(2) {
        case "23": return .constraint
        case "25", "2D", "3B": return .transactionState
        case "28", "3D": return .configuration
        default: return .engine
        }
    }

    /// The server counts characters from 1.
    private static func place(_ position: String, in sql: String) -> ShardError.Place? {
        guard let character = Int(position), character > 0, !sql.isEmpty else { return nil }
        let scalars = sql.unicodeScalars
        guard let index = scalars.index(scalars.startIndex, offsetBy: character - 1, limitedBy: scalars.endIndex) else {
            return nil
        }
        return ShardError.Place(offset: sql.utf8.distance(from: sql.startIndex, to: index), in: sql.utf8)
    }

    static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
