import ShardKit
import Testing

struct ConfigurationTests {
    @Test("a configuration with every key is read as it says")
    func everything() throws {
        let configuration = try Configuration(
            yaml: """
                cluster: shop
                directory: data
                shards: [s0, {name: s1, path: /disks/1/s1.sqlite}]
                default: HASH (primary key)
                defaults:
                  "log_*": SINGLE
                tables:
                  orders: {shard by: HASH (user_id)}
                  countries: {broadcast: true}
                  notes: SINGLE ON s1
                synchronous: normal
                readers: 3
                busyTimeout: 250ms
                limits: {maxOffset: 5_000, maxStatementBytes: 16MiB, planCacheBytes: 4096, statementTimeout: 30s}
                idGenerators:
                  snowflake: {worker: 7, maximumAhead: 5}
                  keys: {kind: uuidv7}
                """)
        #expect(configuration.cluster == "shop")
        #expect(configuration.directory == "data")
        #expect(configuration.shards == [.init(name: "s0"), .init(name: "s1", path: "/disks/1/s1.sqlite")])
        #expect(configuration.shards[0].path == "s0.sqlite")
        #expect(configuration.defaultDeclaration == "HASH (primary key)")
        #expect(configuration.patternDeclarations == [.init(pattern: "log_*", clause: "SINGLE")])
        #expect(
            configuration.tableDeclarations == [
                "orders": "HASH (user_id)", "countries": "BROADCAST", "notes": "SINGLE ON s1",
            ])
        #expect(configuration.synchronous == .normal)
        #expect(configuration.readers == 3)
        #expect(configuration.busyTimeout == .milliseconds(250))
        #expect(configuration.limits.maxOffset == 5000)
        #expect(configuration.limits.maxStatementBytes == 16 << 20)
        #expect(configuration.limits.planCacheBytes == 4096)
        #expect(configuration.limits.statementTimeout == .seconds(30))
        #expect(configuration.idGenerators == ["snowflake": .snowflake(worker: 7, maximumAhead: 5), "keys": .uuidv7])
    }

    @Test(
        "what is wrong is named with its line, and what was probably meant",
        arguments: [
            ("shrads: [a]", "line 1: unknown key \"shrads\"", "Did you mean \"shards\"?"),
            (
                "shards: [a]\nlimits:\n  maxOfset: 3", "line 3: unknown key \"maxOfset\" in limits",
                "Did you mean \"maxOffset\"?"
            ),
            ("shards: [a]\nsynchronous: ful", "line 2: synchronous cannot be \"ful\"", "Did you mean \"full\"?"),
            ("shards: [a]\nreaders: many", "line 2: readers has to be an integer from 1 to 1024, not \"many\"", nil),
            (
                "shards: [a]\nbusyTimeout: soon",
                "line 2: busyTimeout has to be a time such as 5s or 500ms, not \"soon\"", nil
            ),
            ("shards: [a]\ndefault: HASCH (id)", "line 2: \"HASCH (id)\" is not a sharding clause", nil),
            ("shards: [a]\nidGenerators: {snowflake: {kind: snowflake}}", "generator snowflake has no worker", nil),
            ("shards: [a, A]", "names shard A twice", nil),
            ("shards: []", "names no shards", nil),
            ("cluster: x", "names no shards", nil),
            ("shards: [a\n", "is not valid YAML: line", nil),
            ("", "is empty", nil),
        ])
    func mistakes(yaml: String, message: String, hint: String?) throws {
        let error = try #require(throws: ShardError.self) { try Configuration(yaml: yaml, file: "shop.yaml") }
        #expect(error.code == .configuration)
        #expect(error.message.contains(message), "\(error.message)")
        #expect(error.message.hasPrefix("shop.yaml"))
        if let hint { #expect(error.hint == hint) }
    }

    @Test("what a configuration writes, it reads back")
    func roundTrip() throws {
        var configuration = Configuration(cluster: "shop", directory: ".", shardCount: 3)
        configuration.synchronous = .normal
        configuration.tableDeclarations = ["t": "HASH (a)"]
        let read = try Configuration(yaml: configuration.yaml)
        #expect(read.cluster == "shop")
        #expect(read.shards == configuration.shards)
        #expect(read.synchronous == .normal)
        #expect(read.tableDeclarations == ["t": "HASH (a)"])
    }

    @Test("a missing file is an error that says how to make one")
    func missingFile() throws {
        let error = try #require(throws: ShardError.self) { try Configuration(file: "/nowhere/shardkit.yaml") }
        #expect(error.code == .notFound)
        #expect(error.hint?.contains("shardkit init") == true)
    }

    @Test("declarations of the configuration decide what a plain CREATE TABLE means")
    func declarations() async throws {
        try await withTemporaryDatabase(shards: 2) {
            $0.tableDeclarations = ["a": "BROADCAST"]
            $0.patternDeclarations = [.init(pattern: "log_?*", clause: "SINGLE ON s1")]
            $0.defaultDeclaration = "HASH (k)"
        } _: { database in
            for table in ["a", "log_1", "other"] {
                try await database.execute("CREATE TABLE \(raw: table) (id INTEGER, k INTEGER)")
            }
            let rows = try await database.query("SHOW TABLES").decode((String, String, String?).self).all()
            #expect(
                rows.map { "\($0.0) \($0.1) \($0.2 ?? "-")" } == [
                    "a broadcast -", "log_1 single on s1 -", "other hash k",
                ])
        }
    }
}
