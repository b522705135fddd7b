import PostgresServer
import ShardBackend
import ShardBase
import ShardPostgres
import ShardValues
import Testing

@Suite(.enabled(if: PostgresInstallation.shouldTest), .timeLimit(.minutes(5)))
struct PipelineTests {
    private func pipeline(_ server: PostgresServer? = nil, connections: Int = 2, queueLimit: Int = 10_000) throws
        -> PostgresPipeline
    {
        let server = try server ?? PostgresServer.shared.get()
        return PostgresPipeline(
            PostgresConfiguration(server.connectionString), connections: connections, queueLimit: queueLimit)
    }

    @Test("what many tasks ask for at the same moment travels together, and each gets its own answer")
    func together() async throws {
        let pipeline = try pipeline()
        let statement = ShardStatement("SELECT $1::int8 * 2, 'x' || $1::int8")
        let results = try await withThrowingTaskGroup(of: (Int64, [Value]).self) { group in
            for key in Int64(0)..<2000 {
                group.addTask {
                    let start = try await pipeline.read(statement, values: [.integer(key)])
                    #expect(start.cursor == nil && start.batch.rowCount == 1 && start.columns.count == 2)
                    return (key, start.batch.row(0))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.count == 2000)
        for (key, row) in results { #expect(row == [.integer(key * 2), .text("x\(key)")]) }
        let counts = pipeline.counts
        #expect(counts.reads == 2000 && counts.batches < 1000, "\(counts)")
        await pipeline.close()
        #expect(await failure { _ = try await pipeline.read(statement, values: [1]) }?.code == .closed)
    }

    @Test("an error stays with its statement, wherever it stands in the batch; its neighbours are answered")
    func isolation() async throws {
        let pipeline = try pipeline(connections: 1)
        let divide = ShardStatement("SELECT 100 / $1::int8")
        let wrong = ShardStatement("SELECT nosuch FROM nowhere WHERE id = $1")
        let unfit = ShardStatement("SELECT $1::uuid")
        // Some rounds, so that errors stand first, last, and side by side.
        for seed in UInt64(1)...20 {
            var generator = SeededGenerator(seed: seed)
            let keys = (0..<60).map { _ in Int64.random(in: -1...9, using: &generator) }
            await withTaskGroup(of: Void.self) { group in
                for (index, key) in keys.enumerated() {
                    group.addTask {
                        do {
                            switch key {
                            case -1:
                                _ = try await pipeline.read(index % 2 == 0 ? wrong : unfit, values: ["x"])
                                Issue.record("no error, seed \(seed)")
                            default:
                                let start = try await pipeline.read(divide, values: [.integer(key)])
                                #expect(start.batch.value(row: 0, column: 0) == .integer(100 / key))
                            }
                        } catch let error as ShardError {
                            let expected = key == 0 ? "22012" : index % 2 == 0 ? "42P01" : "22P02"
                            #expect(key < 1 && error.engineCode == expected, "seed \(seed), key \(key): \(error)")
                        } catch { Issue.record("\(error)") }
                    }
                }
            }
        }
        await pipeline.close()
    }

    @Test("cancelling one task cancels no other; a batch that nobody wants any more is stopped")
    func cancellation() async throws {
        let pipeline = try pipeline(connections: 1)
        let sleep = ShardStatement("SELECT pg_sleep($1::float8), 7")
        let fast = ShardStatement("SELECT $1::int8")
        _ = try await pipeline.read(sleep, values: [0.0])
        _ = try await pipeline.read(fast, values: [0])
        // One slow read, and others behind it in the same batch.
        let slow = Task { try await pipeline.read(sleep, values: [2.0]) }
        let others = (0..<10).map { key in Task { try await pipeline.read(fast, values: [.integer(key)]) } }
        try await Task.sleep(for: .milliseconds(100))
        others[3].cancel()
        let error = await failure { _ = try await others[3].value }
        #expect(error?.code == .cancelled)
        slow.cancel()
        #expect(await failure { _ = try await slow.value }?.code == .cancelled)
        for (key, other) in others.enumerated() where key != 3 {
            #expect(try await other.value.batch.value(row: 0, column: 0) == .integer(Int64(key)))
        }
        // Alone in its batch, it would hold the connection for a minute.
        let began = ContinuousClock.now
        let alone = Task { try await pipeline.read(sleep, values: [60.0]) }
        try await Task.sleep(for: .milliseconds(100))
        alone.cancel()
        #expect(await failure { _ = try await alone.value }?.code == .cancelled)
        #expect(try await pipeline.read(fast, values: [5]).batch.value(row: 0, column: 0) == .integer(5))
        #expect(ContinuousClock.now - began < .seconds(20))
        await pipeline.close()
    }

    @Test("statements that somebody deallocated, or whose tables changed, are prepared anew without an error")
    func stale() async throws {
        let pipeline = try pipeline(connections: 1)
        let connection = try await connect()
        try await connection.executeScript("DROP TABLE IF EXISTS piped; CREATE TABLE piped AS SELECT 1 AS a")
        let all = ShardStatement("SELECT * FROM piped")
        #expect(try await pipeline.read(all, values: []).batch.row(0) == [.integer(1)])
        try await connection.executeScript("ALTER TABLE piped ADD COLUMN b text DEFAULT 'b'")
        let fast = ShardStatement("SELECT $1::int8")
        async let neighbour = pipeline.read(fast, values: [3])
        #expect(try await pipeline.read(all, values: []).batch.row(0) == [.integer(1), .text("b")])
        #expect(try await neighbour.batch.row(0) == [.integer(3)])
        // The pipeline's own connection forgets its statements behind our back.
        try await connection.executeScript(
            """
            CREATE OR REPLACE FUNCTION forget() RETURNS int LANGUAGE plpgsql AS \
            $$ BEGIN EXECUTE 'DEALLOCATE ALL'; RETURN 1; END $$
            """)
        _ = try await pipeline.read(ShardStatement("SELECT forget()"), values: [])
        #expect(try await pipeline.read(fast, values: [4]).batch.row(0) == [.integer(4)])
        #expect(try await pipeline.read(all, values: []).batch.row(0) == [.integer(1), .text("b")])
        await pipeline.close()
    }

    @Test("a connection that breaks is replaced, and its reads are sent again")
    func broken() async throws {
        let pipeline = try pipeline(connections: 1)
        let admin = try await connect()
        let pid = try await pipeline.read(ShardStatement("SELECT pg_backend_pid()"), values: []).batch.value(
            row: 0, column: 0)
        guard case .integer(let process) = pid else { return }
        _ = try await admin.rows("SELECT pg_terminate_backend($1)", [.int4(Int32(process))])
        let statement = ShardStatement("SELECT $1::int8")
        for key in Int64(0)..<5 {
            #expect(try await pipeline.read(statement, values: [.integer(key)]).batch.row(0) == [.integer(key)])
        }
        // One that breaks every connection is given up.
        let deadly = ShardStatement("SELECT pg_terminate_backend(pg_backend_pid())")
        #expect(await failure { _ = try await pipeline.read(deadly, values: []) }?.retry == .connectionLost)
        #expect(try await pipeline.read(statement, values: [6]).batch.row(0) == [.integer(6)])
        await pipeline.close()
    }

    @Test("a full queue says so, a missing server too")
    func limits() async throws {
        let pipeline = try pipeline(connections: 1, queueLimit: 5)
        let sleep = ShardStatement("SELECT pg_sleep(0.3)")
        let codes = await withTaskGroup(of: ErrorCode?.self) { group in
            for _ in 0..<40 { group.addTask { await failure { _ = try await pipeline.read(sleep, values: []) }?.code } }
            return await group.reduce(into: [ErrorCode?]()) { $0.append($1) }
        }
        #expect(codes.contains(.overloaded) && codes.contains(nil))
        #expect(codes.allSatisfy { $0 == nil || $0 == .overloaded })
        await pipeline.close()
        let nowhere = PostgresPipeline(PostgresConfiguration("host=127.0.0.1 port=1 user=x dbname=y"))
        #expect(await failure { _ = try await nowhere.read(sleep, values: []) }?.code == .connectionLost)
        await nowhere.close()
    }

    @Test("a write is refused")
    func writes() async throws {
        let pipeline = try pipeline()
        let error = await failure {
            _ = try await pipeline.read(ShardStatement("CREATE TABLE piped_never (id int)"), values: [])
        }
        #expect(error?.code == .statementNotModelled)
        await pipeline.close()
    }
}
