import ShardKit
import Testing

@testable import shardkit

/// What `explain` says is what is done: the shards named are the shards asked.
struct ExplainTests {
    private func withShop<Result>(_ body: (DatabaseSession) async throws -> Result) async throws -> Result {
        let configuration = try Configuration.temporary(shardCount: 4)
        defer { configuration.removeFiles() }
        let database = try await ShardedDatabase.create(configuration)
        let result = try await database.withSession { session in
            for statement in [
                "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, country TEXT)",
                """
                CREATE TABLE orders (user_id INTEGER, id INTEGER, total REAL, PRIMARY KEY (user_id, id)) \
                SHARD BY HASH (user_id) INTO 16 PARTITIONS
                """,
                "CREATE TABLE countries (code TEXT PRIMARY KEY, title TEXT) BROADCAST",
                "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT) SINGLE ON s2",
                "INSERT INTO users VALUES (1, 'Ada', 'PT'), (2, 'Ben', 'DE'), (3, 'Cleo', 'DE'), (4, 'Dan', 'PT')",
            ] {
                try await session.execute(SQLText(statement))
            }
            return try await body(session)
        }
        await database.close()
        return result
    }

    private func json(_ explanation: Explanation) throws -> JSONValue {
        var writer = JSONWriter()
        writer.explanation(explanation)
        return try JSONReader.read(writer.bytes)
    }

    @Test(
        "the shards that are certain are those a run asks",
        arguments: [
            "SELECT * FROM orders WHERE user_id = 3", "SELECT * FROM users WHERE id IN (1, 2)",
            "SELECT count(*) FROM orders", "SELECT country, count(*) FROM users GROUP BY country ORDER BY 2 LIMIT 1",
            "SELECT value FROM settings", "UPDATE users SET name = upper(name) WHERE id IN (2, 3)",
            "INSERT INTO users VALUES (11, 'x', 'y'), (12, 'x', 'y'), (13, 'x', 'y')",
            "INSERT INTO countries VALUES ('PT', 'Portugal')", "DELETE FROM settings",
            "SELECT id FROM users WHERE id = 1 UNION ALL SELECT id FROM users WHERE id = 4",
        ])
    func places(sql: String) async throws {
        try await withShop { session in
            let explained = try await session.explain(SQLText(sql))
            let named = explained.plan.shards.filter(\.isCertain).compactMap(\.shard)
            let result = try await session.run(SQLText(sql))
            await result.rows?.close()
            #expect(named == result.shards, "\(explained.verboseLines)")
            #expect(explained.rung == result.rung)
        }
    }

    @Test("a partition's text carries its own physical name, as it stands on its shard")
    func physicalNames() async throws {
        try await withShop { session in
            let one = try await session.explain("SELECT total FROM orders WHERE user_id = 3").plan.shards
            let partition = try #require(one.first?.partitions.first)
            #expect(one.count == 1)
            #expect(
                one.first?.statements.map(\.sql) == [
                    "SELECT total FROM orders_\(partition) AS orders WHERE user_id = 3"
                ])
            let all = try await session.explain("SELECT count(*) FROM orders").plan.shards
            #expect(all.flatMap(\.partitions).sorted() == Array(0..<16))
            for statement in all.flatMap(\.statements) {
                #expect(statement.sql == "SELECT count(*) FROM orders_\(statement.partition ?? -1) AS orders")
            }
        }
    }

    @Test("values that are bound decide the place; without them it is open")
    func values() async throws {
        try await withShop { session in
            let sql = "SELECT name FROM users WHERE id = ?1"
            let open = try await session.explain(SQLText(sql)).plan.shards
            #expect(open.count == 4 && open.allSatisfy { !$0.isCertain })
            for id in 1...4 {
                let decided = try await session.explain(SQLText(sql, values: [.integer(Int64(id))])).plan.shards
                let result = try await session.run(SQLText(sql, values: [.integer(Int64(id))]))
                await result.rows?.close()
                #expect(decided.map(\.shard) == result.shards.map(Optional.some) && decided.allSatisfy(\.isCertain))
            }
        }
    }

    @Test("the JSON is a tree of operators with their settings")
    func tree() async throws {
        try await withShop { session in
            let value = try json(
                try await session.explain("SELECT * FROM orders ORDER BY total DESC LIMIT 5 OFFSET 2"))
            #expect(value["rung"] == .string("merge"))
            #expect(value["sql"] == .string("SELECT * FROM orders ORDER BY total DESC LIMIT 5 OFFSET 2"))
            var step = try #require(value["merge"])
            var names: [String] = []
            while true {
                if case .string(let name) = step["operator"] { names.append(name) }
                if step["operator"] == .string("limit") {
                    #expect(step["count"] == .integer(5) && step["offset"] == .integer(2))
                }
                guard case .array(let inputs) = step["inputs"] else { break }
                step = inputs[0]
            }
            #expect(names == ["project", "limit", "merge"])
            guard case .array(let keys) = step["sortedBy"] else {
                Issue.record("the merge has no keys")
                return
            }
            #expect(keys.first?["column"] == .integer(3) && keys.first?["descending"] == .bool(true))
            guard case .array(let shards) = value["shards"] else {
                Issue.record("no shards")
                return
            }
            #expect(shards.count == 4)
            for shard in shards {
                guard case .array(let statements) = shard["statements"] else {
                    Issue.record("no statements")
                    continue
                }
                #expect(statements.count == 4)
            }
        }
    }

    @Test("text shows alike statements once, and all of them when asked")
    func folding() async throws {
        try await withShop { session in
            let explanation = try await session.explain("SELECT count(*) FROM orders")
            #expect(explanation.lines.count { $0.contains("SELECT") } == 1)
            #expect(explanation.lines.contains { $0.hasSuffix("… and 15 more like it, on s0, s1, s2, s3") })
            #expect(explanation.verboseLines.count { $0.contains("SELECT") } == 16)
            let same = try await session.explain("SELECT count(*) FROM users").lines
            #expect(same.contains { $0.hasSuffix("s0, s1, s2, s3: SELECT count(*) FROM users") }, "\(same)")
        }
    }

    @Test("a gathering names what it brings together and what runs over it")
    func combining() async throws {
        try await withShop { session in
            let sql = "SELECT a.name FROM users a JOIN users b ON a.name = b.country"
            let value = try json(try await session.explain(SQLText(sql)))
            #expect(value["rung"] == .string("combine"))
            #expect(value["merge"]?["operator"] == .string("combine") && value["merge"]?["sql"] == .string(sql))
            guard case .array(let inputs)? = value["merge"]?["inputs"] else {
                Issue.record("nothing is gathered")
                return
            }
            #expect(inputs.allSatisfy { $0["operator"] == .string("gather") && $0["table"] == .string("users") })
        }
    }

    @Test("lines fit the width and keep their indentation, strings keep their blanks")
    func wrapping() {
        let line = "    s0: SELECT 'a  b', " + Array(repeating: "column", count: 30).joined(separator: ", ")
        let text = ExplainCommand.wrapped(line, width: 80)
        let lines = text.split(separator: "\n")
        #expect(lines.count > 2 && lines.allSatisfy { $0.count <= 80 && $0.hasPrefix("    ") })
        #expect(text.contains("'a  b'"))
        #expect(ExplainCommand.wrapped(line, width: nil) == line)
    }
}
