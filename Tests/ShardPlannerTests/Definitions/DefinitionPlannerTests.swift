import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues
import Testing

@Suite struct DefinitionPlannerTests {
    private func code(_ schema: inout PlannedSchema, _ sql: String) -> ErrorCode? {
        do {
            _ = try schema.define(sql)
            return nil
        } catch {
            return (error as? ShardError)?.code
        }
    }

    @Test("A plain table stands under its own name on each shard")
    func plainTable() throws {
        var schema = PlannedSchema(shards: 2)
        let steps = try schema.define("CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT)")
        #expect(
            steps.printed == [
                "s0: CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
                "s1: CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
            ])
        #expect(try schema.define("CREATE TABLE IF NOT EXISTS users (id)").isNothing)
        #expect(throws: LogicalSchema.Failure.self) { try schema.define("CREATE TABLE users (id)") }
    }

    @Test("Several partitions on a shard have numbered tables and indexes")
    func numberedPartitions() throws {
        var schema = PlannedSchema(shards: 2)
        _ = try schema.define(
            "CREATE TABLE users (id INTEGER PRIMARY KEY, CHECK (users.id > 0)) SHARD BY HASH (id) INTO 4 PARTITIONS")
        let orders = try schema.define(
            """
            CREATE TABLE orders (user_id INT REFERENCES users (id), id INT, PRIMARY KEY (user_id, id))
            SHARD BY HASH (user_id) COLOCATE WITH users
            """)
        #expect(
            orders.printed.first
                == "s0: CREATE TABLE orders_0 (user_id INT REFERENCES users_0 (id), id INT, PRIMARY KEY (user_id, id))")
        let index = try schema.define("CREATE UNIQUE INDEX by_id ON orders (id, user_id) WHERE orders.id > 1")
        #expect(
            index.printed == [
                "s0: CREATE UNIQUE INDEX by_id_0 ON orders_0 (id, user_id) WHERE orders_0.id > 1",
                "s0: CREATE UNIQUE INDEX by_id_2 ON orders_2 (id, user_id) WHERE orders_2.id > 1",
                "s1: CREATE UNIQUE INDEX by_id_1 ON orders_1 (id, user_id) WHERE orders_1.id > 1",
                "s1: CREATE UNIQUE INDEX by_id_3 ON orders_3 (id, user_id) WHERE orders_3.id > 1",
            ])
        #expect(schema.topology.table(named: "orders")?.schema.uniqueKeys == [])
        _ = try schema.define("CREATE UNIQUE INDEX whole ON orders (id, user_id)")
        #expect(schema.topology.table(named: "orders")?.schema.uniqueKeys == [[1, 0]])
        #expect(schema.topology.foreignKeysCrossing().isEmpty)
        #expect(code(&schema, "CREATE TABLE orders_3 (id INTEGER PRIMARY KEY) BROADCAST") == .declarationRefused)
        #expect(code(&schema, "CREATE TABLE x (id INTEGER PRIMARY KEY) SINGLE") == nil)
        #expect(code(&schema, "CREATE INDEX orders_0 ON x (id)") == .reservedName)

        let names = NameTranslation(
            schema.topology,
            indexes: schema.objects.filter { $0.text.kind == .index }.map { ($0.text.name, $0.text.tableName) })
        #expect(
            names.logical("UNIQUE constraint failed: orders_3.user_id, orders_3.id")
                == "UNIQUE constraint failed: orders.user_id, orders.id")
        #expect(names.logical("UNIQUE constraint failed: index 'by_id_2'") == "UNIQUE constraint failed: index 'by_id'")
        #expect(names.logical("no such table: main.users_1") == "no such table: main.users")
        #expect(names.logical("no such column: x.orders_3") == "no such column: x.orders_3")
    }

    @Test("A rename takes physical names along; dropping gives every piece's DROP")
    func renameAndDrop() throws {
        var schema = PlannedSchema(shards: 2)
        _ = try schema.define("CREATE TABLE a (id INTEGER PRIMARY KEY, x, y) SHARD BY HASH (id) INTO 3 PARTITIONS")
        _ = try schema.define("CREATE INDEX ax ON a (x)")
        _ = try schema.define("CREATE VIEW v AS SELECT x FROM a")
        let renamed = try schema.define("ALTER TABLE a RENAME TO b")
        #expect(
            renamed.printed == [
                "s0: ALTER TABLE a_0 RENAME TO b_0", "s0: ALTER TABLE a_2 RENAME TO b_2",
                "s1: ALTER TABLE a_1 RENAME TO b_1",
            ])
        #expect(renamed.renamedTables.map(\.to) == ["b"])
        #expect(schema.topology.table(named: "a") == nil)
        let view = schema.objects.first { $0.text.kind == .view }?.text.sql
        #expect(view == "CREATE VIEW v AS SELECT x FROM \"b\"")
        #expect(
            try schema.define("DROP INDEX ax").printed == [
                "s0: DROP INDEX ax_0", "s0: DROP INDEX ax_2", "s1: DROP INDEX ax_1",
            ])
        #expect(
            try schema.define("ALTER TABLE b RENAME COLUMN id TO key").printed.first
                == "s0: ALTER TABLE b_0 RENAME COLUMN id TO key")
        guard case .sharded(let sharding) = schema.topology.table(named: "b")?.placement else {
            Issue.record("b is not sharded any more")
            return
        }
        #expect(sharding.keyColumns == [0])
        _ = try schema.define("DROP VIEW v")
        let dropped = try schema.define("DROP TABLE b")
        #expect(dropped.printed.count == 3)
        #expect(dropped.droppedTables == ["b"])
        #expect(try schema.define("DROP TABLE IF EXISTS b").isNothing)
    }

    @Test("Dropping a column moves the shard key's ordinal, and never drops the key")
    func dropColumn() throws {
        var schema = PlannedSchema(shards: 2)
        _ = try schema.define("CREATE TABLE t (x TEXT, k INT, y) SHARD BY MOD (k)")
        #expect(code(&schema, "ALTER TABLE t DROP COLUMN k") == .declarationRefused)
        _ = try schema.define("ALTER TABLE t DROP COLUMN x")
        guard case .sharded(let sharding) = schema.topology.table(named: "t")?.placement else {
            Issue.record("t is not sharded any more")
            return
        }
        #expect(sharding.keyColumns == [0])
        #expect(schema.topology.table(named: "t")?.schema.columns.map(\.name) == ["k", "y"])
        #expect(
            try schema.define("ALTER TABLE t ADD COLUMN z TEXT DEFAULT 'q'").printed
                == [
                    "s0: ALTER TABLE t ADD COLUMN z TEXT DEFAULT 'q'",
                    "s1: ALTER TABLE t ADD COLUMN z TEXT DEFAULT 'q'",
                ])
    }

    @Test(
        "What no shard could enforce alone is refused",
        arguments: [
            (
                "CREATE TABLE t (id INTEGER PRIMARY KEY, mail UNIQUE) SHARD BY HASH (id)",
                ErrorCode.uniqueWithoutShardKey
            ),
            ("CREATE UNIQUE INDEX i ON base (name)", .uniqueWithoutShardKey),
            ("CREATE UNIQUE INDEX i ON base (lower(name), id) WHERE id > 3", nil),
            ("CREATE UNIQUE INDEX i ON base (lower(name))", .uniqueWithoutShardKey),
            ("CREATE UNIQUE INDEX i ON words (word COLLATE NOCASE)", .uniqueWithoutShardKey),
            ("CREATE UNIQUE INDEX i ON words (word COLLATE BINARY)", nil),
            ("CREATE INDEX i ON base (name) GLOBAL", .uniqueWithoutShardKey),
            ("CREATE TABLE _shardkit_x (id)", .reservedName),
            ("CREATE VIEW _ShardKit_v AS SELECT 1", .reservedName),
            ("CREATE VIRTUAL TABLE f USING fts5(body) SHARD BY HASH (body)", .declarationRefused),
            ("CREATE VIRTUAL TABLE f USING fts5(name, content='base')", .declarationRefused),
            ("CREATE VIRTUAL TABLE f USING fts5(name)", nil),
            ("CREATE TABLE t (a, b AS (a + 1)) SHARD BY HASH (b)", .declarationRefused),
            ("CREATE TABLE t (a) SHARD BY RANGE (a) (PARTITION p VALUES LESS THAN (1 + x))", .declarationRefused),
            ("CREATE TABLE t (a) SINGLE ON nowhere", .notFound),
        ])
    func refusals(sql: String, expected: ErrorCode?) throws {
        var schema = PlannedSchema(shards: 3)
        for sql in [
            "CREATE TABLE base (id INTEGER PRIMARY KEY, name TEXT)",
            "CREATE TABLE words (word TEXT PRIMARY KEY)",
            "CREATE TABLE everywhere (id INTEGER PRIMARY KEY) BROADCAST",
            "CREATE TABLE one (id INTEGER PRIMARY KEY) SINGLE ON s1",
            "CREATE TABLE two (id INTEGER PRIMARY KEY) SINGLE ON s1",
            "CREATE TABLE other (id INTEGER PRIMARY KEY) SINGLE ON s2",
            "CREATE VIEW seen AS SELECT id FROM one",
        ] { _ = try schema.define(sql) }
        let before = schema.objects.map(\.text)
        #expect(code(&schema, sql) == expected)
        if expected != nil { #expect(schema.objects.map(\.text) == before) }
    }

    @Test(
        "A trigger runs on a shard where all it touches is whole there, and is logical otherwise",
        arguments: [
            ("CREATE TRIGGER g AFTER INSERT ON base BEGIN SELECT 1; END", []),
            ("CREATE TRIGGER g AFTER INSERT ON everywhere BEGIN SELECT 1; END", []),
            ("CREATE TRIGGER g AFTER INSERT ON one BEGIN INSERT INTO two VALUES (NEW.id); END", [1]),
            ("CREATE TRIGGER g AFTER INSERT ON one BEGIN INSERT INTO base (id) VALUES (NEW.id); END", []),
            ("CREATE TRIGGER g AFTER INSERT ON one BEGIN INSERT INTO other VALUES (NEW.id); END", []),
            ("CREATE TRIGGER g AFTER INSERT ON one WHEN NEW.id IN (SELECT id FROM base) BEGIN SELECT 1; END", []),
            ("CREATE TRIGGER g AFTER INSERT ON one WHEN NEW.id > 1 BEGIN SELECT CASE WHEN 1 THEN 2 END; END", [1]),
            ("CREATE TRIGGER g INSTEAD OF INSERT ON seen BEGIN SELECT 1; END", []),
        ])
    func triggers(sql: String, shards: [Int]) throws {
        var schema = PlannedSchema(shards: 3)
        for sql in [
            "CREATE TABLE base (id INTEGER PRIMARY KEY, name TEXT)",
            "CREATE TABLE everywhere (id INTEGER PRIMARY KEY) BROADCAST",
            "CREATE TABLE one (id INTEGER PRIMARY KEY) SINGLE ON s1",
            "CREATE TABLE two (id INTEGER PRIMARY KEY) SINGLE ON s1",
            "CREATE TABLE other (id INTEGER PRIMARY KEY) SINGLE ON s2",
            "CREATE VIEW seen AS SELECT id FROM one",
        ] { _ = try schema.define(sql) }
        #expect(try schema.define(sql).perShard.map(\.shard) == shards)
        #expect(try schema.define("DROP TRIGGER g").printed == shards.map { "s\($0): DROP TRIGGER g" })
    }

    @Test("A trigger leaves its shard when its body's table comes into being elsewhere, and comes back when that goes")
    func laterTriggerTable() throws {
        var schema = PlannedSchema(shards: 2)
        _ = try schema.define("CREATE TABLE one (id INTEGER PRIMARY KEY) SINGLE ON s1")
        let text = "CREATE TRIGGER g AFTER INSERT ON one BEGIN INSERT INTO log VALUES (NEW.id); END"
        #expect(try schema.define(text).perShard.map(\.shard) == [1])
        #expect(try schema.define("CREATE TABLE log (id)").printed.contains("s1: DROP TRIGGER g"))
        #expect(try schema.define("DROP TABLE log").printed.contains("s1: " + text))
        #expect(try schema.define("CREATE TABLE log (id) SINGLE ON s1").printed == ["s1: CREATE TABLE log (id)"])
        #expect(try schema.define("DROP TRIGGER g").printed == ["s1: DROP TRIGGER g"])
    }

    @Test("Only foreign keys that stay on a shard are local")
    func foreignKeys() throws {
        var schema = PlannedSchema(shards: 2)
        for sql in [
            "CREATE TABLE users (id INTEGER PRIMARY KEY)",
            "CREATE TABLE countries (id INTEGER PRIMARY KEY) BROADCAST",
            "CREATE TABLE near (user_id INT REFERENCES users, id INT, PRIMARY KEY (user_id, id)) SHARD BY HASH (user_id) COLOCATE WITH users",
            "CREATE TABLE far (id INTEGER PRIMARY KEY, user_id INT REFERENCES users)",
            "CREATE TABLE homes (id INTEGER PRIMARY KEY, country INT REFERENCES countries)",
            "CREATE TABLE whole (id INTEGER PRIMARY KEY REFERENCES users) BROADCAST",
            """
            CREATE TABLE emptied (user_id INT REFERENCES users ON DELETE SET NULL) SHARD BY HASH (user_id)
            COLOCATE WITH users
            """,
        ] { _ = try schema.define(sql) }
        #expect(schema.topology.foreignKeysCrossing().map(\.child) == ["emptied", "far", "whole"])
    }

    @Test("Clauses become declarations with their values")
    func declarations() throws {
        let reader = DeclarationReader()
        func read(_ text: String) throws -> ShardingDeclaration {
            try reader.declaration(Parser.parseShardingClause(text), table: "t")
        }
        #expect(try read("HASH (PRIMARY KEY)") == .sharded(.init(method: .hash, columns: [])))
        #expect(
            try read(
                "SHARD BY RANGE (a) (PARTITION p VALUES LESS THAN (-5) ON s1, PARTITION q VALUES LESS THAN (MAXVALUE))")
                == .sharded(
                    .init(
                        method: .range([
                            .init(name: "p", bound: [.integer(-5)], shard: "s1"),
                            .init(name: "q", bound: [nil], shard: nil),
                        ]), columns: ["a"])))
        #expect(
            try read("SHARD BY LIST (a, b) (PARTITION p VALUES IN ((1, 'x'), (2, NULL)), PARTITION q DEFAULT)")
                == .sharded(
                    .init(
                        method: .list([
                            .init(name: "p", keys: [[.integer(1), .text("x")], [.integer(2), .null]], shard: nil),
                            .init(name: "q", keys: nil, shard: nil),
                        ]), columns: ["a", "b"])))
        #expect(
            try read("SHARD BY INTERVAL (d) EVERY 3 MONTH INTO 6 PARTITIONS")
                == .sharded(.init(method: .interval(unit: .month, count: 3), columns: ["d"], partitionCount: 6)))
        #expect(try read("SINGLE ON s2") == .single(on: "s2"))
        #expect(throws: ShardError.self) { try read("SHARD BY INTERVAL (d)") }
    }

    @Test("Maintenance names physical objects")
    func maintenance() throws {
        var schema = PlannedSchema(shards: 2)
        _ = try schema.define("CREATE TABLE t (id INTEGER PRIMARY KEY, x) SHARD BY HASH (id) INTO 3 PARTITIONS")
        _ = try schema.define("CREATE INDEX tx ON t (x)")
        let planner = DefinitionPlanner(topology: schema.topology, objects: schema.objects)
        func steps(_ sql: String) throws -> [String] {
            guard case .other(let other) = try Parser.parse(sql, dialect: .sqlite).statement else { return [] }
            return try planner.maintenance(other).flatMap { step in step.statements.map { "s\(step.shard): \($0)" } }
        }
        #expect(try steps("VACUUM") == ["s0: VACUUM", "s1: VACUUM"])
        #expect(try steps("ANALYZE t") == ["s0: ANALYZE t_0", "s0: ANALYZE t_2", "s1: ANALYZE t_1"])
        #expect(try steps("REINDEX tx") == ["s0: REINDEX tx_0", "s0: REINDEX tx_2", "s1: REINDEX tx_1"])
        #expect(throws: ShardError.self) { try steps("VACUUM INTO 'x'") }
        #expect(throws: ShardError.self) { try steps("ANALYZE nowhere") }
    }
}
