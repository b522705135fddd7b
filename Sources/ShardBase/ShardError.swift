/// The one error type users meet: a code of the catalogue, a sentence, a way out, and where in the statement.
///
/// Parameters' values and passwords never appear in it.
public struct ShardError: Error, Sendable {
    public var code: ErrorCode
    /// What is wrong, as a sentence that names the thing, the value and the rule. Logical names only.
    public var message: String
    /// What to do instead. Nil where the message says it all.
    public var hint: String?
    /// Where in the statement's text.
    public var place: Place?
    /// The engine's own (extended) result code or SQLSTATE, where an engine said no: `"2067"`, `"23505"`.
    public var engineCode: String?
    /// Whether running the same statement or transaction again may succeed.
    public var isRetryable: Bool
    /// What a server said besides its message. Nil where there is nothing, and from engines that say nothing more.
    public var details: EngineDetails?
    /// What may be done after it. Default: by ``isRetryable``, the transaction again or nothing.
    public var retry: RetryClass { details?.retry ?? (isRetryable ? .retryTransaction : .notRetryable) }

    /// A place in a statement: byte offset in UTF-8, line and column from 1 (column in characters).
    public struct Place: Sendable, Hashable {
        public var offset: Int
        public var line: Int
        public var column: Int
        /// The line's text with a caret below the place: two lines, no trailing newline.
        public var excerpt: String

        public init(offset: Int, line: Int, column: Int, excerpt: String) {
            self.offset = offset
            self.line = line
            self.column = column
            self.excerpt = excerpt
        }
    }

    public init(
        _ code: ErrorCode, _ message: String, hint: String? = nil, place: Place? = nil, engineCode: String? = nil,
        isRetryable: Bool = false, details: EngineDetails? = nil
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.place = place
        self.engineCode = engineCode
        self.isRetryable = isRetryable
        self.details = details
    }

    /// The one error of work whose task was cancelled, in the engine's own words.
    public static var interrupted: ShardError { ShardError(.cancelled, "interrupted", engineCode: "9") }

    /// Whether this is a refusal: a valid statement that ShardKit does not answer. Nothing was done.
    public var isRefusal: Bool { code.category == .refusal }
}

extension ShardError: CustomStringConvertible {
    public var description: String {
        var text = "\(code.rawValue): \(message)"
        if let place { text += "\nat line \(place.line), column \(place.column):\n\(place.excerpt)" }
        if let hint { text += "\nhint: \(hint)" }
        return text
    }
}

extension ShardError.Place {
    /// The place of a byte offset in a text.
    public init(offset: Int, in text: some Sequence<UInt8>) {
        let bytes = Array(text)
        let at = Swift.min(Swift.max(offset, 0), bytes.count)
        var lineStart = 0
        var line = 1
        for index in 0..<at where bytes[index] == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
        }
        let lineEnd = bytes[lineStart...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        let before = String(decoding: bytes[lineStart..<at], as: UTF8.self)
        // A long line is cut to a window around the place, so that the caret stays within 80 columns.
        let windowStart = before.count > 60 ? before.count - 60 : 0
        let whole = String(decoding: bytes[lineStart..<lineEnd], as: UTF8.self)
        let shown = whole.dropFirst(windowStart).prefix(78).map { $0 == "\t" ? " " : $0 }
        self.init(
            offset: at, line: line, column: before.count + 1,
            excerpt: String(shown) + "\n" + String(repeating: " ", count: before.count - windowStart) + "^")
    }
}
