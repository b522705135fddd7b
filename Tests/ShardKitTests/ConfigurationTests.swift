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
                  orders: {shard by: HASH (user_id), generate: {ID: "SEGMENT 'Order'"}}
                  countries: {broadcast: true}
                  notes: SINGLE ON s1
                synchronous: normal
                readers: 3
                busyTimeout: 250ms
                limits: {maxOffset: 5_000, maxStatementBytes: 16MiB, planCacheBytes: 4096, statementTimeout: 30s}
                ids:
                  snowflake: {worker: 7, runAhead: 5ms, epoch: 2020-02-29, layout: javascript, lease: 1m, warnBefore: 30d}
                  segments: {step: 50, maximumStep: 5000, target: 1h, prefetch: 0.25, mode: sequence, stores: [a.sqlite, b.sqlite]}
                  publicKey: 000102030405060708090a0b0c0d0e0F
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
        #expect(configuration.generatedColumns == ["orders": ["id": "SEGMENT 'Order'"]])
        #expect(configuration.synchronous == .normal)
        #expect(configuration.readers == 3)
        #expect(configuration.busyTimeout == .milliseconds(250))
        #expect(configuration.limits.maxOffset == 5000)
        #expect(configuration.limits.maxStatementBytes == 16 << 20)
        #expect(configuration.limits.planCacheBytes == 4096)
        #expect(configuration.limits.statementTimeout == .seconds(30))
        let snowflake = try #require(configuration.ids.snowflake)
        #expect(snowflake.worker == .fixed(7) && snowflake.pace == .runAhead(limit: .milliseconds(5)))
        #expect(snowflake.layout.isJavaScriptSafe && snowflake.layout.epoch == 1_582_934_400_000)
        #expect(snowflake.leaseTime == .seconds(60) && snowflake.warnBefore == .seconds(30 * 86_400))
        let segments = configuration.ids.segments
        #expect(segments.step == 50 && segments.maximumStep == 5_000 && segments.target == .seconds(3_600))
        #expect(segments.prefetch == 0.25 && segments.isSequence && segments.stores == ["a.sqlite", "b.sqlite"])
        #expect(configuration.ids.publicKey == (0..<16).map { UInt8($0) })
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
            ("shards: [a]\nids: {snowflake: {runAhead: 5ms}}", "snowflakes have no worker", nil),
            ("shards: [a]\nids:\n  snowflake: {worker: 1024}", "line 3: worker 1024 is not within 0 and 1023", nil),
            (
                "shards: [a]\nids: {snowflake: {worker: any}}",
                "a worker is leased, a number, or $VARIABLE, not \"any\"", nil
            ),
            ("shards: [a]\nids: {snowflake: {worker: 0, epoch: soon}}", "\"soon\" is no day such as 2024-01-01", nil),
            (
                "shards: [a]\nids: {snowflake: {worker: 0, layout: {timestamp: 60, sequence: 12}}}",
                "the layout's fields add up to 72 bits", nil
            ),
            (
                "shards: [a]\nids: {snowflake: {worker: 0, layout: {timestamp: 41, datacenter: 5, sequence: 12}}}",
                "the layout has bits for a datacenter, and none is given", "Add: datacenter: 0"
            ),
            ("shards: [a]\nids: {segments: {step: 9, maximumStep: 8}}", "the step 9 is above the maximum 8", nil),
            ("shards: [a]\nids: {segments: {prefetch: 2}}", "the share of a segment that may be used", nil),
            (
                "shards: [a]\ntables: {t: {generate: {id: RANDOM}}}",
                "\"RANDOM\" is no generator: SNOWFLAKE, SEGMENT 'tag' or UUIDV7", nil
            ),
            ("shards: [a]\ntables: {t: {broadcast: true, single: true}}", "a table has exactly one of shard by", nil),
            ("shards: [a]\nids: {publicKey: abc}", "a public key has 32 hexadecimal digits, not 3 characters", nil),
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
