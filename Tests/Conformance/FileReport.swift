/// What came of one file under one declaration on a number of shards.
public struct FileReport: Sendable, Codable {
    /// A difference from the file, or from the plain engine beside.
    public struct Wrong: Sendable, Codable {
        public var line: Int
        public var sql: String
        public var expected: String
        public var got: String
        /// The statements before it that it needs; nil where they are many: the file has them.
        public var setup: [String]?
    }

    /// Outcomes of statements or of queries. A refusal is never right, whatever was expected.
    public struct Counts: Sendable, Codable {
        public var right = 0
        /// Right for SQL, which leaves the order to the engine, but not the order that the file shows.
        public var otherOrder = 0
        public var refused: [String: Int] = [:]
        /// What the plain engine answers alike without the statements that were refused before, but not the file.
        public var afterRefusal = 0
        public var wrong = 0

        public init() {}
        public var refusedTotal: Int { refused.values.reduce(0, +) }
        public var total: Int { right + otherOrder + refusedTotal + afterRefusal + wrong }
    }

    public var file: String
    public var shards: Int
    public var declaration: Declaration
    public var statements = Counts()
    public var queries = Counts()
    /// Queries that are not refused and touched two shards or more.
    public var several = 0
    /// Queries by rung.
    public var rungs: [String: Int] = [:]
    public var tables = 0
    public var substitutions = 0
    /// Shards that hold rows of hashed tables at the end.
    public var spread = 0
    public var wrongs: [Wrong] = []
    /// By code: where it was met first, and the message.
    public var firstRefusals: [String: String] = [:]
    /// Refusals by code and sentence.
    public var reasons: [String: Int] = [:]
    public var seconds = 0.0
    /// Why the run did not come to its end: a signal, a timeout, with the line.
    public var broken: String?

    public init(file: String, shards: Int, declaration: Declaration) {
        self.file = file
        self.shards = shards
        self.declaration = declaration
    }

    /// `sqllogictest/random`, `sqlite-tests`: what the table counts together.
    public var folder: String {
        let parts = file.split(separator: "/")
        guard parts[0] == "sqllogictest", parts.count > 2 else { return String(parts[0]) }
        return "\(parts[0])/\(parts[1])"
    }

    static let wrongLimit = 50

    mutating func add(_ wrong: Wrong) {
        if wrongs.count < Self.wrongLimit { wrongs.append(wrong) }
    }
}
