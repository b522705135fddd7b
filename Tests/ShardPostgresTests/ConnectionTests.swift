import Foundation
import PostgresServer
import ShardBackend
import ShardBase
import ShardPostgres
import ShardValues
import Synchronization
import Testing

@Suite(.enabled(if: PostgresInstallation.shouldTest), .timeLimit(.minutes(5)))
struct ConnectionTests {
    @Test("a statement answers with columns, rows and wire headers")
    func query() async throws {
        let connection = try await connect()
        let start = try await connection.query(
            ShardStatement("SELECT $1::int8 AS id, $2::text AS name, NULL::int4 AS nothing, true AS yes"),
            values: [7, "seven"], rowLimit: 10)
        #expect(start.columns.map(\.name) == ["id", "name", "nothing", "yes"])
        #expect(start.columns.map { $0.wire?.typeID } == [20, 25, 23, 16])
        #expect(start.columns.allSatisfy { $0.wire?.isBinary == true })
        #expect(start.cursor == nil)
        #expect(start.batch.row(0) == [.integer(7), .text("seven"), .null, .integer(1)])
    }

    @Test("numbers of a machine word are words in text answers, too")
    func wordsInTextAnswers() async throws {
        let connection = try await connect()
        let start = try await connection.query(
            ShardStatement("SELECT -7::int2, 8::int8, 1.5::float8, false, '(1,2)'::point"), values: [], rowLimit: 10)
        #expect(start.columns.allSatisfy { $0.wire?.isBinary == false })
        #expect(start.batch.row(0) == [.integer(-7), .integer(8), .real(1.5), .integer(0), .text("(1,2)")])
    }

    @Test("connects by URL, by keywords, by parameters, over TCP as well")
    func ways() async throws {
        let server = try PostgresServer.shared.get()
        for configuration in [
            PostgresConfiguration(server.loopbackURL), PostgresConfiguration(server.connectionString),
            PostgresConfiguration(
                parameters: [
                    "host": "127.0.0.1", "port": "\(server.port)", "user": "postgres", "dbname": "postgres",
                    "application_name": "tested",
                ]),
        ] {
            let connection = try await PostgresConnection.connect(configuration)
            #expect(try await connection.value("SELECT 1") == .int4(1))
            #expect(connection.serverVersion >= 100_000)
            #expect(connection.parameterStatus("client_encoding") == "UTF8")
            if configuration.parameters["application_name"] != nil {
                #expect(try await connection.value("SELECT current_setting('application_name')") == .text("tested"))
            }
        }
    }

    @Test("connects by a service file")
    func serviceFile() async {
        // The file's place is told by the environment: a process of its own, so that no other test sees it.
        await #expect(processExitsWith: .success) {
            let server = try PostgresServer.start()
            let file = server.folder.appending(path: "services")
            try "[shop]\nhost=\(server.folder.path)\nport=\(server.port)\nuser=postgres\ndbname=postgres\n"
                .write(to: file, atomically: true, encoding: .utf8)
            setenv("PGSERVICEFILE", file.path, 1)
            let connection = try await PostgresConnection.connect(PostgresConfiguration("service=shop"))
            let value = try await connection.value("SELECT 7")
            let error = await failure {
                _ = try await PostgresConnection.connect(PostgresConfiguration("service=nosuch"))
            }
            server.stop()
            guard value == .int4(7), error?.code == .configuration else { exit(1) }
        }
    }

    @Test("a connection that cannot be made is a typed error without the password")
    func noServer() async throws {
        let refused = await failure {
            _ = try await PostgresConnection.connect(PostgresConfiguration("postgresql://x:s3cret@127.0.0.1:1/y"))
        }
        #expect(refused?.code == .connectionLost && refused?.retry == .connectionLost)
        let wrong = await failure {
            _ = try await PostgresConnection.connect(PostgresConfiguration("postgresql://x:s3cret@127.0.0.1:port/y"))
        }
        #expect(wrong?.code == .configuration && wrong?.retry == .notRetryable)
        for error in [refused, wrong] { #expect(error?.message.contains("s3cret") == false, "\(error?.message ?? "")") }
        #expect(!"\(PostgresConfiguration("password=s3cret"))".contains("s3cret"))
        var shown = ""
        dump(PostgresConfiguration("password=s3cret"), to: &shown)
        #expect(!shown.contains("s3cret"))
        let missing = await failure { _ = try await connect { $0.parameters["dbname"] = "nosuch" } }
        #expect(missing?.code == .connectionLost || missing?.code == .configuration)
    }

    @Test("errors keep SQLSTATE, names, the place in the statement and a retry class")
    func errors() async throws {
        let connection = try await connect()
        try await connection.executeScript(
            "CREATE TEMP TABLE t (id int PRIMARY KEY CONSTRAINT positive CHECK (id > 0))")
        _ = try await connection.execute(ShardStatement("INSERT INTO t VALUES ($1)"), values: [1])
        let twice = await failure {
            _ = try await connection.execute(ShardStatement("INSERT INTO t VALUES ($1)"), values: [1])
        }
        #expect(twice?.code == .constraint && twice?.engineCode == "23505")
        #expect(twice?.details?.constraint == "t_pkey" && twice?.details?.table == "t")
        #expect(twice?.retry == .notRetryable && twice?.details?.detail != nil)
        #expect(twice?.description.contains("(1)") == false, "details with values are not in the description")
        let place = await failure { _ = try await connection.rows("SELECT 'é',\n  nosuch") }
        #expect(place?.engineCode == "42703" && place?.place?.line == 2 && place?.place?.column == 3)
        // The connection goes on.
        #expect(try await connection.value("SELECT 1") == .int4(1))
        try await connection.executeScript("BEGIN")
        #expect(connection.isInTransaction)
        _ = await failure { _ = try await connection.rows("SELECT 1/0") }
        #expect(connection.isTransactionFailed)
        let after = await failure { _ = try await connection.rows("SELECT 1") }
        #expect(after?.code == .transactionState && after?.engineCode == "25P02")
        try await connection.executeScript("ROLLBACK")
        #expect(!connection.isInTransaction)
        #expect(try await connection.value("SELECT 1") == .int4(1))
    }

    @Test("a serialization failure says that the transaction may be run again")
    func serialization() async throws {
        let one = try await connect()
        let two = try await connect()
        try await one.executeScript("DROP TABLE IF EXISTS counters; CREATE TABLE counters AS SELECT 1 AS n")
        for connection in [one, two] {
            try await connection.openSnapshot()
            #expect(try await connection.value("SELECT n FROM counters") == .int4(1))
        }
        _ = try await one.execute(ShardStatement("UPDATE counters SET n = 2"), values: [])
        try await one.executeScript("COMMIT")
        let error = await failure { _ = try await two.execute(ShardStatement("UPDATE counters SET n = 3"), values: []) }
        #expect(error?.engineCode == "40001" && error?.retry == .retryTransaction && error?.code == .busy)
        try await two.executeScript("ROLLBACK")
    }

    @Test("BEGIN travels with the first statement, whatever becomes of that")
    func beginWithStatement() async throws {
        let connection = try await connect()
        try await connection.executeScript("CREATE TEMP TABLE t (id int)")
        let insert = ShardStatement("INSERT INTO t VALUES ($1)")
        let series = ShardStatement("SELECT generate_series(1, 3000)")
        // Prepared before or not.
        for round in 0..<3 {
            connection.begin(round == 0 ? "BEGIN" : "BEGIN ISOLATION LEVEL SERIALIZABLE")
            #expect(connection.isInTransaction)
            #expect(try await connection.execute(insert, values: [7]).changes == 1)
            #expect(connection.isInTransaction)
            let level = try await connection.value("SELECT current_setting('transaction_isolation')")
            #expect(level == .text(round == 0 ? "read committed" : "serializable"))
            try await connection.executeScript("ROLLBACK")
            #expect(!connection.isInTransaction)
            #expect(try await connection.value("SELECT count(*) FROM t") == .int8(0))
        }
        // A stream, read to its end or not.
        for isRead in [true, false] {
            connection.begin()
            let start = try await connection.query(series, values: [], rowLimit: 10)
            #expect(start.batch.rowCount == 10)
            if isRead {
                var batch = start.batch
                repeat { batch = try await #require(start.cursor).next(batch) } while !batch.isEmpty
            } else {
                start.cursor?.close()
            }
            _ = try await connection.execute(insert, values: [8])
            try await connection.executeScript("COMMIT")
        }
        #expect(try await connection.value("SELECT count(*) FROM t") == .int8(2))
        // An error leaves a failed transaction, as if they had travelled apart.
        connection.begin()
        #expect(
            await failure { _ = try await connection.rows("SELECT 1 / $1::int4", [.int4(0)]) }?.engineCode == "22012")
        #expect(connection.isTransactionFailed)
        try await connection.executeScript("ROLLBACK")
        connection.begin()
        #expect(await failure { _ = try await connection.rows("SELECT nosuch") }?.engineCode == "42703")
        #expect(connection.isTransactionFailed)
        try await connection.executeScript("ROLLBACK")
        // A BEGIN that is wrong itself.
        connection.begin("BEGIN ISOLATION LEVEL NOSUCH")
        #expect(await failure { _ = try await connection.execute(insert, values: [9]) }?.engineCode == "42601")
        #expect(!connection.isInTransaction)
        // Scripts and COPY come behind it, too.
        connection.begin()
        try await connection.executeScript("INSERT INTO t VALUES (1)")
        #expect(connection.isInTransaction)
        try await connection.executeScript("ROLLBACK")
        #expect(try await connection.value("SELECT count(*) FROM t") == .int8(2))
    }

    @Test("notices go to the hook")
    func notices() async throws {
        let seen = Mutex([PostgresNotice]())
        let connection = try await connect { $0.onNotice = { notice in seen.withLock { $0.append(notice) } } }
        try await connection.executeScript(
            "DO $$ BEGIN RAISE WARNING 'mind the % gap', 7 USING HINT = 'look down'; END $$")
        #expect(
            seen.withLock { $0 } == [
                PostgresNotice(
                    severity: "WARNING", sqlState: "01000", message: "mind the 7 gap", detail: nil, hint: "look down")
            ])
    }

    @Test("writes tell how many rows they changed")
    func outcomes() async throws {
        let connection = try await connect()
        try await connection.executeScript("CREATE TEMP TABLE t (id int)")
        let insert = try await connection.execute(
            ShardStatement("INSERT INTO t SELECT * FROM generate_series(1, 10)"), values: [])
        #expect(insert.changes == 10)
        let start = try await connection.query(
            ShardStatement("UPDATE t SET id = id + 1 WHERE id > 4 RETURNING id"), values: [], rowLimit: 100)
        #expect(start.batch.rowCount == 6 && start.outcome.changes == 6)
        #expect(try await connection.execute(ShardStatement("SELECT * FROM t"), values: []).changes == 0)
    }

    @Test("tasks may use connections from anywhere: the loop, an actor on it, Swift's own threads")
    func anywhere() async throws {
        let loop = PostgresLoop.shared
        let connection = try await connect()
        #expect(try await connection.value("SELECT 1") == .int4(1))
        let onLoop = try await Task(executorPreference: loop) {
            let value = try await connection.value("SELECT 2")
            return (value, loop.isCurrent)
        }.value
        #expect(onLoop.0 == .int4(2) && onLoop.1)
        let actor = LoopActor(loop)
        #expect(try await actor.read(connection) == .int4(3))
        #expect(try await MainReader.read(connection) == .int4(4))
    }

    private actor LoopActor {
        nonisolated let executor: any SerialExecutor
        init(_ loop: PostgresLoop) { executor = loop.serialExecutor }
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        func read(_ connection: PostgresConnection) async throws -> PostgresValue {
            #expect(PostgresLoop.shared.isCurrent)
            return try await connection.value("SELECT 3")
        }
    }

    @MainActor private enum MainReader {
        static func read(_ connection: PostgresConnection) async throws -> PostgresValue {
            try await connection.value("SELECT 4")
        }
    }
}
