import ShardBase

/// Why a text is no statement of its dialect, and where.
public struct SQLSyntaxError: Error, Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case syntax
        /// A string, name or comment has no end: more text may give it one.
        case unterminated
        /// Deeper than the parser, and every reader of its tree, will go.
        case nestingTooDeep
        case tooLong
        /// The text holds no statement: it is empty or has comments only.
        case noStatement
    }
    public var kind: Kind
    /// A sentence: what stands there and what was expected.
    public var message: String
    /// UTF-8 byte offset into the text.
    public var offset: Int

    public init(_ kind: Kind, _ message: String, offset: Int) {
        self.kind = kind
        self.message = message
        self.offset = offset
    }

    public init(_ message: String, offset: Int) { self.init(.syntax, message, offset: offset) }

    public var isNestingTooDeep: Bool { kind == .nestingTooDeep }

    /// The error as users meet it, with line, column and caret. Walks the text once.
    public func shardError(in text: String) -> ShardError {
        let code: ErrorCode
        switch kind {
        case .syntax, .unterminated, .noStatement: code = .syntax
        case .nestingTooDeep: code = .nestingTooDeep
        case .tooLong: code = .statementTooLong
        }
        let place = kind == .tooLong ? nil : ShardError.Place(offset: offset, in: text.utf8)
        return ShardError(code, message, place: place)
    }
}
