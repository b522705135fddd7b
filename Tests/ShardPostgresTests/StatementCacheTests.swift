import PostgresServer
import ShardBackend
import ShardBase
import ShardPostgres
import ShardValues
import Testing

@Suite(.enabled(if: PostgresInstallation.shouldTest), .timeLimit(.minutes(5)))
struct StatementCacheTests {
    private func prepared(_ connection: PostgresConnection) async throws -> Int64 {
        // Asked without being prepared itself.
        let reader = try await connection.copyOut("COPY (SELECT count(*) FROM pg_prepared_statements) TO STDOUT")
        let text = String(decoding: try await reader.next([]), as: UTF8.self)
        _ = try await reader.next([])
        return Int64(text.dropLast()) ?? -1
    }

    @Test("a statement is prepared once, whatever id it comes with; types make another")
    func once() async throws {
        let connection = try await connect()
        let statement = ShardStatement("SELECT $1::int8")
        for key in 0..<5 { _ = try await connection.query(statement, values: [.integer(Int64(key))], rowLimit: 10) }
        _ = try await connection.query(ShardStatement("SELECT $1::int8"), values: [1], rowLimit: 10)
        #expect(try await prepared(connection) == 1)
        _ = try await connection.query(statement, parameters: [.text("1")], types: [.text])
        #expect(try await prepared(connection) == 2)
        #expect(connection.preparedStatementCount == 2)
    }

    @Test("what was not used for longest goes, and the server forgets it")
    func bounded() async throws {
        let connection = try await connect { $0.statementCacheLimit = 8 }
        let hot = ShardStatement("SELECT 'hot'")
        for index in 0..<40 {
            _ = try await connection.query(ShardStatement("SELECT \(index)"), values: [], rowLimit: 10)
            _ = try await connection.query(hot, values: [], rowLimit: 10)
            #expect(connection.preparedStatementCount <= 8)
        }
        #expect(try await prepared(connection) <= 12)
        // The one that was always used is still there: once prepared, in all this time.
        #expect(
            try await connection.value("SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT ''hot'''")
                == .int8(1))
    }

    @Test("DISCARD ALL and DEALLOCATE, by us or behind our back, are got over")
    func discarded() async throws {
        let connection = try await connect()
        let statement = ShardStatement("SELECT $1::int8 + 1")
        func run() async throws -> Value {
            try await connection.query(statement, values: [1], rowLimit: 10).batch.value(row: 0, column: 0)
        }
        #expect(try await run() == .integer(2))
        for sql in ["DISCARD ALL", "DEALLOCATE ALL", "DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$"] {
            try await connection.executeScript(sql)
            #expect(try await run() == .integer(2), "\(sql)")
            _ = try await connection.query(ShardStatement(sql), values: [], rowLimit: 10)
            #expect(try await run() == .integer(2), "\(sql)")
        }
        // In a transaction it is lost, and says that it may be run again.
        try await connection.executeScript("BEGIN")
        try await connection.executeScript("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$")
        #expect(await failure { _ = try await run() }?.retry == .retryTransaction)
        try await connection.executeScript("ROLLBACK")
        #expect(try await run() == .integer(2))
    }

    @Test("a table that changes under a prepared statement is read as it is now")
    func changedTables() async throws {
        let connection = try await connect()
        try await connection.executeScript("CREATE TEMP TABLE t (a int); INSERT INTO t VALUES (1)")
        let all = ShardStatement("SELECT * FROM t")
        let byKey = ShardStatement("SELECT a FROM t WHERE a = $1")
        func rows(_ statement: ShardStatement, _ values: [PostgresValue]) async throws -> [PostgresValue] {
            let start = try await connection.query(statement, parameters: values)
            return start.batch.postgresRow(0, start.columns)
        }
        #expect(try await rows(all, []) == [.int4(1)])
        #expect(try await rows(byKey, [.int4(1)]) == [.int4(1)])
        try await connection.executeScript("ALTER TABLE t ADD COLUMN b text DEFAULT 'b'")
        #expect(try await rows(all, []) == [.int4(1), .text("b")])
        try await connection.executeScript("ALTER TABLE t ALTER COLUMN a TYPE text USING 'n' || a")
        #expect(try await rows(all, []) == [.text("n1"), .text("b")])
        #expect(try await rows(byKey, [.text("n1")]) == [.text("n1")])
        try await connection.executeScript("ALTER TABLE t RENAME COLUMN b TO c")
        #expect(try await connection.query(all, parameters: []).columns.map(\.name) == ["a", "c"])
        // In a transaction the statement fails once, and the transaction may be run again.
        try await connection.executeScript("ALTER TABLE t DROP COLUMN c")
        try await connection.executeScript("BEGIN")
        let error = await failure { _ = try await rows(all, []) }
        #expect(error?.engineCode == "0A000" && error?.retry == .retryTransaction)
        try await connection.executeScript("ROLLBACK")
        #expect(try await rows(all, []) == [.text("n1")])
    }

    @Test("errors of statements as they are stay errors")
    func realErrors() async throws {
        let connection = try await connect()
        #expect(await failure { _ = try await connection.rows("SELECT nosuch") }?.engineCode == "42703")
        #expect(await failure { _ = try await connection.rows("") } == nil)
        #expect(await failure { _ = try await connection.rows("SELECT 1; SELECT 2") }?.engineCode == "42601")
        let copy = await failure { _ = try await connection.rows("COPY (SELECT 1) TO STDOUT") }
        #expect(copy?.code == .statementNotModelled)
    }
}
