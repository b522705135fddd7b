public import ShardBase
import ShardExecutor
import ShardPlanner
import ShardSQL
public import ShardValues

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where a page begins.
public enum PagePosition: Sendable, Hashable {
    case first
    /// Behind the last row of the page that gave the token.
    case after(PageToken)
}

/// Where a page ended: a text that any process can go on from, at any time, also after rows have moved between shards. It
/// holds the sort key of one row; whoever is given a token can read it.
public struct PageToken: Sendable, Hashable, CustomStringConvertible {
    struct Content: Codable, Hashable {
        /// The format: 1.
        var v: Int
        /// Which query it belongs to.
        var q: String
        var k: [Value]
    }

    let content: Content
    /// The token's text: letters, digits, `-` and `_`.
    public let description: String

    init(query: String, keys: [Value]) throws(ShardError) {
        content = Content(v: 1, q: query, k: keys)
        let encoder = JSONEncoder()
        // Equal places have equal texts.
        encoder.outputFormatting = .sortedKeys
        guard let data = try? encoder.encode(content) else {
            throw ShardError(.internalError, "a page token could not be written")
        }
        description = data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
            "=", with: "")
    }

    /// Reads a token's text.
    /// - Throws: `.input` for what is no token.
    public init(_ text: String) throws(ShardError) {
        var base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.count % 4) % 4)
        guard let data = Data(base64Encoded: base64), let content = try? JSONDecoder().decode(Content.self, from: data),
            content.v == 1
        else {
            throw ShardError(
                .input, "\"\(text.prefix(40))\" is no page token", hint: "Take it as the page before gave it.")
        }
        self.content = content
        description = text
    }
}

/// Some rows of a query, and where to go on.
public struct Page: Sendable {
    public var header: ColumnHeader
    public var rows: [[Value]]
    /// Nil: this was the last page.
    public var next: PageToken?
}

extension DatabaseSession {
    /// Reads one page of an ordered query: O(rows of the page), however deep it is.
    ///
    /// Rows that come, go or change between two pages are seen or not by where they stand then; no other row is skipped or
    /// given twice.
    ///
    /// - Parameters:
    ///   - sql: a SELECT with an ORDER BY that tells all rows apart, without LIMIT.
    ///   - page: where to begin.
    ///   - size: rows of the page, at least 1.
    /// - Throws: `.orderNotTotal`; `.input` for the token of another query; as ``query(_:)``.
    public func query(_ sql: SQLText, page: PagePosition, size: Int) async throws -> Page {
        guard size > 0, size < Int.max else {
            throw ShardError(
                .input, "a page of \(size) rows is asked for; it has at least one, and fewer than 2^63 - 1")
        }
        let plan = try await session.explain(sql.text)
        let paging = try await session.paging(sql.text)
        let query = Self.digest(sql.text)
        var position: [Value]?
        if case .after(let token) = page {
            guard token.content.q == query, token.content.k.count == paging.keyCount else {
                throw ShardError(
                    .input, "the page token belongs to another query", hint: "Begin with the first page of this one.")
            }
            position = token.content.k
        }
        let (text, keys) = paging.statement(after: position, limit: size + 1)
        // Parameters that the user left unbound are NULL; ours come behind them.
        guard sql.values.count == plan.parameterCount else {
            throw ShardError(
                .parameters,
                "the statement has \(plan.parameterCount) parameters, \(sql.values.count) values were given")
        }
        let answer = try await session.run(text, values: sql.values + keys)
        let found = try await Rows(header: ColumnHeader(answer), source: answer.rows, lease: nil).all().map(\.values)
        var rows = found.prefix(size)
        var next: PageToken?
        if found.count > size, let last = rows.last {
            next = try PageToken(query: query, keys: Array(last.suffix(paging.keyCount)))
        }
        for index in rows.indices { rows[index].removeLast(paging.keyCount) }
        return Page(
            header: ColumnHeader(names: plan.columns.map(\.name), declaredTypes: plan.columns.map(\.declaredType)),
            rows: Array(rows), next: next)
    }

    private static func digest(_ text: String) -> String { String(TextDigest.of(text), radix: 36) }
}

extension ShardedDatabase {
    /// As ``DatabaseSession/query(_:page:size:)``, in a session of its own.
    public func query(_ sql: SQLText, page: PagePosition, size: Int) async throws -> Page {
        try await withSession { try await $0.query(sql, page: page, size: size) }
    }
}
