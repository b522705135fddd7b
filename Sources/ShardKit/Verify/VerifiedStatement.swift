public import ShardBase
public import ShardValues

/// What comparing one statement's two answers has shown.
public struct VerifiedStatement: Sendable {
    public enum Outcome: Sendable {
        /// Both answer alike, or fail alike.
        case equal
        /// The rows differ, and SQL leaves them open: plain SQLite itself answers otherwise when it reads its tables the
        /// other way round.
        case open
        case different([Difference])
        case refused(ShardError)
        /// Not run, for this reason.
        case skipped(String)
    }

    /// The text, without its semicolon.
    public let sql: String
    /// The line of the script in which it begins, from 1.
    public let line: Int
    public let outcome: Outcome
}

/// One way in which two answers differ.
public struct Difference: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable { case columns, rows, order, changes, error, transaction }
    public var kind: Kind
    /// What the sharded database says, and what the plain one does; a sentence.
    public var message: String
    /// Rows that only one of them has, the first few.
    public var onlySharded: [[Value]] = []
    public var onlyPlain: [[Value]] = []

    /// How many rows are shown.
    static let shownRows = 3
}

/// All rows of an answer.
struct WholeResult: Sendable {
    var names: [String]
    var types: [String?]
    var rows: [[Value]]
    var changes: Int64
}
