#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
public import ShardBase
import ShardPlanner
import ShardSQL
import Yams

extension Configuration {
    /// Reads a configuration file. A relative `directory` is taken from the file's own folder.
    ///
    /// - Throws: ``ShardBase/ShardError`` with code `.configuration` that names the key, its line, and the nearest known
    ///   key; `.notFound` when there is no file.
    public init(file: String) throws(ShardError) {
        let url = URL(filePath: file)
        guard let data = try? Data(contentsOf: url) else {
            throw ShardError(
                .notFound, "there is no configuration file \(file)",
                hint: "shardkit init makes one; --config or SHARDKIT_CONFIG names another.")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ShardError(.configuration, "\(file) is not UTF-8 text")
        }
        try self.init(yaml: text, file: url.lastPathComponent)
        if !directory.hasPrefix("/") {
            let folder = url.deletingLastPathComponent().path
            directory = directory == "." ? folder : folder + "/" + directory
        }
    }

    /// Reads a configuration's text. `file` is what errors call it.
    public init(yaml: String, file: String = "the configuration") throws(ShardError) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch {
            throw ShardError(.configuration, "\(file) is not valid YAML: \(Self.problem(error))")
        }
        guard let root else { throw ShardError(.configuration, "\(file) is empty") }
        self.init(directory: ".", shards: [])
        let reader = ConfigurationReader(node: root, file: file, path: "")
        for (key, value) in try reader.pairs(known: Self.keys) { try read(key, value) }
        guard !shards.isEmpty else {
            throw ShardError(.configuration, "\(file) names no shards", hint: "Add: shards: [s0, s1]")
        }
        try check(file: file)
    }

    private static let keys = [
        "cluster", "directory", "shards", "default", "defaults", "tables", "synchronous", "commit", "readers",
        "connections", "coordinator", "busyTimeout", "limits", "reads", "observe", "ids",
    ]

    private mutating func read(_ key: String, _ value: ConfigurationReader) throws(ShardError) {
        switch key {
        case "cluster": cluster = try value.text()
        case "directory": directory = try value.text()
        case "shards": shards = try Self.shards(value)
        case "default": defaultDeclaration = try Self.clause(value)
        case "defaults":
            for (pattern, _, clause) in try value.pairs() {
                patternDeclarations.append(PatternDeclaration(pattern: pattern, clause: try Self.clause(clause)))
            }
        case "tables":
            for (table, _, declaration) in try value.pairs() {
                try read(table: table.lowercased(), declaration)
            }
        case "synchronous": synchronous = try value.word(Synchronous.self)
        case "commit": commit = try value.word(CommitMode.self)
        case "readers": readers = Int(try value.integer(1...1024))
        case "connections": connections = Int(try value.integer(1...10_000))
        case "coordinator": coordinator = try value.text()
        case "busyTimeout": busyTimeout = try value.duration()
        case "reads": reads = try value.reads()
        case "observe": observe = try value.observe()
        case "limits":
            let known = [
                "maxOffset", "maxStatementBytes", "maxGatherBytes", "maxMemoryBytes", "planCacheBytes",
                "statementTimeout",
            ]
            for (key, value) in try value.pairs(known: known) {
                switch key {
                case "maxOffset": limits.maxOffset = try value.integer(0...Int64.max)
                case "maxGatherBytes": limits.maxGatherBytes = try value.byteCount()
                case "maxMemoryBytes": limits.maxMemoryBytes = try value.byteCount()
                case "statementTimeout":
                    let timeout = try value.duration()
                    limits.statementTimeout = timeout == .zero ? nil : timeout
                case "maxStatementBytes": limits.maxStatementBytes = try value.byteCount()
                default: limits.planCacheBytes = try value.byteCount()
                }
            }
        case "ids": ids = try IDs(value)
        default: throw value.error("unknown key \"\(key)\"")
        }
    }

    private static func shards(_ reader: ConfigurationReader) throws(ShardError) -> [Shard] {
        var shards: [Shard] = []
        for element in try reader.elements() {
            if element.node.scalar != nil {
                shards.append(Shard(name: try element.text()))
                continue
            }
            var name: String?
            var path: String?
            var shard = Shard(name: "")
            for (key, value) in try element.pairs(known: ["name", "path", "url", "replicas", "weight", "tags"]) {
                switch key {
                case "name": name = try value.text()
                case "path": path = try value.text()
                case "replicas": shard.replicas = try value.replicas()
                case "weight": shard.weight = try value.weight()
                case "tags": shard.tags = try value.tags()
                default:
                    path = try value.text()
                    guard Shard(name: "", path: path).engine == .postgresql else {
                        throw value.error(
                            "\"\(path ?? "")\" is no connection string",
                            hint: "For example: postgresql://user@host:5432/database. A file has a path.")
                    }
                }
            }
            guard let name else { throw element.error("a shard needs a name") }
            shards.append(
                Shard(name: name, path: path, replicas: shard.replicas, weight: shard.weight, tags: shard.tags))
        }
        return shards
    }

    /// `orders: HASH (user_id)`, or `orders: {shard by: HASH (user_id), generate: {id: SNOWFLAKE}}`, or `countries: {broadcast: true}`.
    private mutating func read(table: String, _ reader: ConfigurationReader) throws(ShardError) {
        guard reader.node.scalar == nil else {
            tableDeclarations[table] = try Self.clause(reader)
            return
        }
        let known = ["shard by", "broadcast", "single"]
        for (key, value) in try reader.pairs(known: known + ["generate"]) {
            guard key != "generate" else {
                for (column, _, generator) in try value.pairs() {
                    let text = try generator.text()
                    guard GeneratorClause.name(of: text) != nil else {
                        throw generator.error("\"\(text)\" is no generator: SNOWFLAKE, SEGMENT 'tag' or UUIDV7")
                    }
                    generatedColumns[table, default: [:]][column.lowercased()] = text
                }
                continue
            }
            guard tableDeclarations[table] == nil else {
                throw reader.error("a table has exactly one of \(known.joined(separator: ", "))")
            }
            switch key {
            case "shard by": tableDeclarations[table] = try Self.clause(value)
            case "broadcast": tableDeclarations[table] = "BROADCAST"
            default:
                let shard = try value.text()
                tableDeclarations[table] = shard.isEmpty || shard == "true" ? "SINGLE" : "SINGLE ON \"\(shard)\""
            }
        }
        guard tableDeclarations[table] != nil || generatedColumns[table] != nil else {
            throw reader.error("a table has exactly one of \(known.joined(separator: ", "))")
        }
    }

    private static func clause(_ reader: ConfigurationReader) throws(ShardError) -> String {
        let text = try reader.text()
        do throws(SQLSyntaxError) {
            _ = try Parser.parseShardingClause(text)
        } catch {
            throw reader.error("\"\(text)\" is not a sharding clause: \(error.message)", hint: "For example: HASH (id)")
        }
        return text
    }

    /// Yams' errors hold the whole text; the problem and its place are enough.
    private static func problem(_ error: any Error) -> String {
        guard let error = error as? YamlError else { return "\(error)" }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return "line \(mark.line), column \(mark.column): \(problem)"
        default: return "\(error)"
        }
    }
}
