public import ShardBase
import ShardReplicas
import ShardSQL

extension Configuration {
    /// Finds what is wrong before anything is opened: shard names and declarations.
    ///
    /// - Throws: ``ShardBase/ShardError`` with code `.configuration`.
    public func check(file: String = "the configuration") throws(ShardError) {
        guard !shards.isEmpty else { throw ShardError(.configuration, "\(file) names no shards") }
        var names: Set<String> = []
        var paths: Set<String> = []
        for shard in shards {
            guard !shard.name.isEmpty, shard.name.utf8.allSatisfy(Self.isNameByte) else {
                throw ShardError(
                    .configuration, "\(file): \"\(shard.name)\" is not a shard's name",
                    hint: "Use letters, digits, _ and -.")
            }
            guard names.insert(shard.name.lowercased()).inserted else {
                throw ShardError(.configuration, "\(file) names shard \(shard.name) twice")
            }
            guard paths.insert(shard.path).inserted else {
                throw ShardError(.configuration, "\(file): two shards have the path \(shard.path)")
            }
            try checkReplicas(of: shard, file, &paths)
        }
        if let other = shards.first(where: { $0.engine != engine }) {
            throw ShardError(
                .configuration,
                "\(file): shard \(shards[0].name) is \(Self.kind(engine)) and shard \(other.name) is \(Self.kind(other.engine))",
                hint: "The shards of one database are all files or all PostgreSQL databases.")
        }
        if coordinator != nil, engine == .sqlite {
            throw ShardError(
                .configuration, "\(file) names a coordinator, and the shards are files",
                hint: "Only PostgreSQL shards have one: leave it out.")
        }
        let clauses =
            [defaultDeclaration].compactMap { $0 } + patternDeclarations.map(\.clause) + tableDeclarations.values
        for clause in clauses {
            do throws(SQLSyntaxError) {
                _ = try Parser.parseShardingClause(clause)
            } catch {
                throw ShardError(.configuration, "\(file): \"\(clause)\" is not a sharding clause: \(error.message)")
            }
        }
    }

    private func checkReplicas(of shard: Shard, _ file: String, _ paths: inout Set<String>) throws(ShardError) {
        guard shard.engine == .postgresql || shard.replicas.isEmpty else {
            throw ShardError(
                .configuration, "\(file): shard \(shard.name) is a file and has replicas",
                hint: "Only PostgreSQL databases have replicas.")
        }
        for replica in shard.replicas {
            guard !replica.name.isEmpty, replica.name.utf8.allSatisfy(Self.isNameByte) else {
                throw ShardError(
                    .configuration, "\(file): \"\(replica.name)\" is not a replica's name",
                    hint: "Use letters, digits, _ and -.")
            }
            guard Shard(name: replica.name, path: replica.url).engine == .postgresql else {
                throw ShardError(
                    .configuration, "\(file): replica \(replica.name) of shard \(shard.name) has no connection string",
                    hint: "For example: postgresql://user@host:5432/database.")
            }
            guard paths.insert(replica.url).inserted else {
                throw ShardError(
                    .configuration,
                    "\(file): replica \(replica.name) of shard \(shard.name) has the url of another shard or replica")
            }
        }
        do {
            _ = try EndpointSet(shard: shard.name, shard.endpoints.map(\.endpoint))
        } catch {
            throw ShardError(.configuration, "\(file): \(error.message)", hint: error.hint)
        }
        if case .consistentHash(of: .key) = reads.balancing {
            throw ShardError(
                .configuration, "\(file): consistent hashing goes by the session; by the key it is not provided yet")
        }
    }

    private static func kind(_ engine: Engine) -> String {
        switch engine {
        case .sqlite: "a file"
        case .postgresql: "a PostgreSQL database"
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// Whether a name fits a pattern of `*` (any characters) and `?` (one character).
    static func matches(_ name: String, _ pattern: String) -> Bool {
        let (name, pattern) = (Array(name), Array(pattern))
        var (at, inPattern) = (0, 0)
        var star: (pattern: Int, name: Int)?
        while at < name.count {
            if inPattern < pattern.count, pattern[inPattern] == "*" {
                star = (inPattern, at)
                inPattern += 1
            } else if inPattern < pattern.count, pattern[inPattern] == "?" || pattern[inPattern] == name[at] {
                at += 1
                inPattern += 1
            } else if let back = star {
                star = (back.pattern, back.name + 1)
                inPattern = back.pattern + 1
                at = back.name + 1
            } else {
                return false
            }
        }
        return pattern[inPattern...].allSatisfy { $0 == "*" }
    }
}
