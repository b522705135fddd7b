/// One wrong answer and all that makes it again.
public struct FuzzCase: Sendable {
    public var seed: UInt64
    public var shards: Int
    /// CREATE statements with their sharding clauses, rows, and what else was run before.
    public var setup: [FuzzStatement]
    public var statement: FuzzStatement
    public var why: String
    public var got: String
    public var expected: String
    /// Only rung 4 answers wrongly.
    public var isGathered = false

    /// The case as a script.
    public var script: String {
        var lines = ["-- seed \(seed), \(shards) shards" + (isGathered ? ", gathered (rung 4)" : "")]
        for statement in setup { lines.append(statement.text) }
        lines.append(statement.text)
        lines.append("-- \(why)")
        lines.append("-- sharded: \(got)")
        lines.append("-- plain:   \(expected)")
        return lines.joined(separator: "\n")
    }
}

extension FuzzStatement {
    /// With its values behind it.
    var text: String {
        sql + ";"
            + (values.isEmpty
                ? "" : "  -- " + values.enumerated().map { "?\($0 + 1) = \($1.sql)" }.joined(separator: ", "))
    }
}
