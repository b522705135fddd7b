/// A statement's text with holes where physical table names go: made once for a plan, rendered for each shard.
public struct SQLTemplate: Sendable, Hashable {
    public enum Piece: Sendable, Hashable {
        case text(String)
        /// The hole of a table, by the number that the planner gave it.
        case table(Int)
    }

    /// Texts and holes in order. Two texts never follow each other.
    public var pieces: [Piece]
    /// Whether a numbered table also stands inside text that is kept verbatim (`EXTRACT(… FROM (SELECT …))`), where
    /// no hole can be. Such a template must not be sent to a shard under other names.
    public var hasVerbatimTables: Bool

    public init(pieces: [Piece], hasVerbatimTables: Bool = false) {
        self.pieces = pieces
        self.hasVerbatimTables = hasVerbatimTables
    }

    /// Whether there is no hole: every rendering is the same text.
    public var isConstant: Bool {
        for case .table in pieces { return false }
        return true
    }

    /// The numbers of the tables that occur, each once, in order of first occurrence.
    public var tables: [Int] {
        var seen: [Int] = []
        for case .table(let number) in pieces where !seen.contains(number) { seen.append(number) }
        return seen
    }

    /// The text with the holes filled. `names` gives a table's physical name as SQL text, quoted where it must be
    /// (see ``Identifier/quoted``); it is asked once for each hole. O(length).
    public func render(_ names: (Int) -> String) -> String {
        if pieces.count == 1, case .text(let text) = pieces[0] { return text }
        var result = ""
        for piece in pieces {
            switch piece {
            case .text(let text): result += text
            case .table(let number): result += names(number)
            }
        }
        return result
    }
}
