import ShardKit
import Testing

@Suite("virtual tables and their clause")
struct PlacedVirtualTableTests {
    @Test("SINGLE and BROADCAST stand behind the module, SHARD BY is refused")
    func clauses() async throws {
        try await withTemporaryDatabase(shards: 3) { database in
            try await database.withSession { session in
                try await session.execute("CREATE VIRTUAL TABLE one USING fts5(x) SINGLE ON s1")
                try await session.execute("CREATE VIRTUAL TABLE IF NOT EXISTS every USING fts5(x) BROADCAST")
                for table in ["one", "every"] {
                    try await session.execute(SQLText("INSERT INTO \(table) VALUES ('a b'), ('c')", values: []))
                    let rows = try await session.query(
                        SQLText("SELECT x FROM \(table) WHERE \(table) MATCH 'b'", values: [])
                    ).all()
                    #expect(rows.map { $0.values } == [["a b"]])
                }
                let places = try await session.query("SHOW PARTITIONS OF one").all().map { $0.values }
                #expect(places == [[0, .null, "s1", "one"]])
                let error = await #expect(throws: ShardError.self) {
                    try await session.execute("CREATE VIRTUAL TABLE many USING fts5(x) SHARD BY HASH (x)")
                }
                #expect(error?.code == .declarationRefused)
            }
        }
    }
}
