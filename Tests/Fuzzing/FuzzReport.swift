public import ShardBase

/// What a run has found.
public struct FuzzReport: Sendable {
    /// Statements compared, and how many of them plain SQLite answered.
    public var statements = 0
    public var answeredByPlain = 0
    public var writes = 0
    public var right = 0
    public var several = 0
    /// Of the right ones: SQL leaves the answer to the order of the rows.
    public var open = 0
    public var bothFail = 0
    /// Both fail, with other words.
    public var otherWords = 0
    public var otherWordsShown: [String] = []
    public var rungs: [String: Int] = [:]
    public var refused: [ErrorCode: Int] = [:]
    /// Reads answered by rungs 1 to 3 and asked of rung 4 again.
    public var gatheredAgain = 0
    public var schemas = 0
    public var clausesRefused = 0
    public var coverage = NodeCoverage()
    public var wrong: [FuzzCase] = []

    public init() {}

    public mutating func merge(_ other: FuzzReport) {
        statements += other.statements
        answeredByPlain += other.answeredByPlain
        writes += other.writes
        right += other.right
        several += other.several
        open += other.open
        bothFail += other.bothFail
        otherWords += other.otherWords
        if otherWordsShown.count < 20 { otherWordsShown += other.otherWordsShown }
        rungs.merge(other.rungs) { $0 + $1 }
        refused.merge(other.refused) { $0 + $1 }
        gatheredAgain += other.gatheredAgain
        schemas += other.schemas
        clausesRefused += other.clausesRefused
        coverage.merge(other.coverage)
        wrong += other.wrong
    }

    public var summary: String {
        let ways = rungs.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        let codes = refused.sorted { $0.value > $1.value }.map { "\($0.key.rawValue) \($0.value)" }
            .joined(separator: ", ")
        let share = statements == 0 ? 0 : answeredByPlain * 1000 / statements
        return """
            \(statements) statements (\(writes) writes) over \(schemas) schemas; plain SQLite answers \
            \(share / 10).\(share % 10) % of them
            \(right) right (\(several) on two shards or more; \(ways); \(open) left open by SQL), \
            \(gatheredAgain) of them asked of rung 4 again
            \(bothFail) fail on both (\(otherWords) with other words), \
            \(refused.values.reduce(0, +)) refused [\(codes)], \(clausesRefused) declarations refused
            \(wrong.count) wrong
            """
    }
}
