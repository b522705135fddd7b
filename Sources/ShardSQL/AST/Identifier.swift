/// A name as written: text without its quotes, and how it was quoted.
public struct Identifier: Sendable, Hashable {
    public enum Quote: UInt8, Sendable, Hashable {
        case none
        /// `"name"`; in SQLite a text literal where no such column exists.
        case double
        /// A name in backticks.
        case backtick
        /// `[name]`
        case bracket
        /// `'name'`: SQLite takes a text literal for a name in some places.
        case single
    }

    public var text: String
    public var quote: Quote
    public var range: SourceRange

    public init(_ text: String, quote: Quote = .none, range: SourceRange = .none) {
        self.text = text
        self.quote = quote
        self.range = range
    }

    /// Ranges do not count: two spellings at two places are the same identifier.
    public static func == (left: Self, right: Self) -> Bool { left.text == right.text && left.quote == right.quote }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(text)
        hasher.combine(quote)
    }

    /// The name with ASCII letters lowered: what SQLite compares names by.
    public var folded: String { text.asciiLowercased() }
}

extension String {
    /// Lowers A–Z and nothing else, as SQL names fold.
    public func asciiLowercased() -> String {
        if !utf8.contains(where: { $0 &- 65 < 26 }) { return self }
        return String(decoding: utf8.map { $0 &- 65 < 26 ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}

/// A possibly qualified name of a table, index, view, function, type or collation: `main.orders`.
public struct ObjectName: Sendable, Hashable {
    public var parts: [Identifier]
    public var range: SourceRange

    public init(_ parts: [Identifier], range: SourceRange = .none) {
        self.parts = parts
        self.range = range
    }
    public init(_ name: String) { self.init([Identifier(name)]) }

    public static func == (left: Self, right: Self) -> Bool { left.parts == right.parts }
    public func hash(into hasher: inout Hasher) { hasher.combine(parts) }

    /// The object's own name: the last part.
    public var name: Identifier { parts[parts.count - 1] }
    /// The schema before it, if written.
    public var schema: Identifier? { parts.count > 1 ? parts[parts.count - 2] : nil }
}
