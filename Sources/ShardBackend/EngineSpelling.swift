/// How an engine spells the few statements that ShardKit keeps books with: which shard a database is, which definition it has
/// run.
public struct EngineSpelling: Sendable, Hashable {
    /// What stands before a parameter's number: `?` or `$`.
    public var parameterMark: String
    /// Begins a transaction that will write.
    public var beginWriting: String
    /// A query that has a row where a table of the name (bound as the first parameter) exists.
    public var tableExists: String
    /// A type that holds 64 bits.
    public var integerType: String

    public init(parameterMark: String, beginWriting: String, tableExists: String, integerType: String) {
        self.parameterMark = parameterMark
        self.beginWriting = beginWriting
        self.tableExists = tableExists
        self.integerType = integerType
    }

    public static let sqlite = EngineSpelling(
        parameterMark: "?", beginWriting: "BEGIN IMMEDIATE",
        tableExists: "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1", integerType: "INTEGER")
    public static let postgresql = EngineSpelling(
        parameterMark: "$", beginWriting: "BEGIN",
        tableExists: "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = 'public' AND tablename = $1",
        integerType: "BIGINT")

    /// `(?1, ?2, ?3)`
    public func parameters(_ count: Int) -> String {
        "(" + (1...max(1, count)).map { "\(parameterMark)\($0)" }.joined(separator: ", ") + ")"
    }
}
