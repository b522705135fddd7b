/// One file under one declaration on a number of shards: what one process runs.
public struct ConformanceJob: Sendable, Hashable {
    public var file: String
    public var shards: Int
    public var declaration: Declaration
    /// Of so many queries one is run.
    public var every: Int

    public init(file: String, shards: Int, declaration: Declaration, every: Int) {
        self.file = file
        self.shards = shards
        self.declaration = declaration
        self.every = every
    }

    /// `file:shards:declaration:every`
    public init?(_ text: String) {
        let parts = text.split(separator: ":")
        guard parts.count == 4, let shards = Int(parts[1]), let every = Int(parts[3]), shards > 0, every > 0,
            let declaration = Declaration(rawValue: String(parts[2]))
        else { return nil }
        self.init(file: String(parts[0]), shards: shards, declaration: declaration, every: every)
    }

    public var text: String { "\(file):\(shards):\(declaration.rawValue):\(every)" }

    /// The name of its state file.
    public var stateName: String { text.replacing("/", with: "+") + ".json" }

    /// What `make conformance` runs: every file whole on five shards under the first declaration, and every eighth query
    /// under the others and on two shards and one.
    public static func usual(_ files: [String]) -> [ConformanceJob] {
        full(files).map { job in
            var job = job
            if job.shards != 5 || job.declaration != .primaryKey { job.every = 8 }
            return job
        }
    }

    /// Everything: 1, 2 and 5 shards under every declaration, all queries.
    public static func full(_ files: [String]) -> [ConformanceJob] {
        files.flatMap { file in
            [5, 2, 1].flatMap { shards in
                Declaration.allCases.map {
                    ConformanceJob(file: file, shards: shards, declaration: $0, every: 1)
                }
            }
        }
    }
}
