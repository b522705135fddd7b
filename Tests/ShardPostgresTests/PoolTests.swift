import PostgresServer
import ShardBackend
import ShardBase
import ShardValues
import Testing

@testable import ShardPostgres

extension PoolHealth {
    fileprivate var word: String {
        switch self {
        case .untried: ".untried"
        case .healthy: ".healthy"
        case .failing(let attempts, let since, _): ".failing \(attempts) \(since)"
        case .closed: ".closed"
        }
    }
}

/// The pool's decisions, by lists of events.
struct PoolStateMachineTests {
    private typealias Machine = PoolStateMachine<String, String>

    private func shown(_ actions: [Machine.Action]) -> [String] {
        actions.map { action in
            switch action {
            case .lend(let connection, let waiter): "\(connection)→\(waiter)"
            case .open: "open"
            case .fail(let waiter, let error): "\(waiter): \(error.code.rawValue)"
            case .discard(let connection): "discard \(connection)"
            case .finished: "finished"
            }
        }
    }

    private let lost = ShardError(.connectionLost, "gone")

    @Test("connections are made when wanted, up to the limit; then tasks wait in order, up to the queue's")
    func order() {
        var machine = Machine(limit: 2, queueLimit: 2)
        #expect(shown(machine.acquire(1, "a")) == ["open"])
        #expect(shown(machine.acquire(2, "b")) == ["open"])
        #expect(shown(machine.acquire(3, "c")) == [])
        #expect(shown(machine.opened("x")) == ["x→a"])
        #expect(shown(machine.opened("y")) == ["y→b"])
        #expect(shown(machine.acquire(4, "d")) == [])
        #expect(shown(machine.acquire(5, "e")) == ["e: overloaded"])
        #expect(shown(machine.released("y", isUsable: true)) == ["y→c"])
        #expect(shown(machine.released("x", isUsable: false)) == ["discard x", "open"])
        #expect(shown(machine.opened("z")) == ["z→d"])
        #expect(machine.counts == PoolCounts(idle: 0, leased: 2, opening: 0, waiting: 0))
        #expect(shown(machine.released("z", isUsable: true)) == [])
        #expect(shown(machine.acquire(6, "f")) == ["z→f"])
    }

    @Test("who has gone is passed over, and the connection made for them is kept")
    func gone() {
        var machine = Machine(limit: 1, queueLimit: 9)
        #expect(shown(machine.acquire(1, "a")) == ["open"])
        #expect(shown(machine.acquire(2, "b")) == [])
        #expect(machine.cancel(1) == "a")
        #expect(machine.cancel(1) == nil)
        #expect(shown(machine.opened("x")) == ["x→b"])
        #expect(shown(machine.released("x", isUsable: true)) == [])
        #expect(machine.counts == PoolCounts(idle: 1))
    }

    @Test("a failure to connect is told to the first; nobody is left waiting for nothing")
    func failing() {
        var machine = Machine(limit: 2, queueLimit: 9)
        _ = machine.acquire(1, "a") + machine.acquire(2, "b") + machine.acquire(3, "c")
        #expect(shown(machine.openingFailed(lost, at: .seconds(1))) == ["a: connection-lost"])
        #expect(shown(machine.openingFailed(lost, at: .seconds(2))) == ["b: connection-lost", "c: connection-lost"])
        #expect(machine.health.word == ".failing 2 1.0 seconds")
        #expect(shown(machine.acquire(4, "d")) == ["open"])
        #expect(shown(machine.opened("x")) == ["x→d"])
        #expect(machine.health.word == ".healthy")
    }

    @Test("an idle connection that died is replaced for the one who wanted it")
    func dead() {
        var machine = Machine(limit: 2, queueLimit: 9)
        _ = machine.acquire(1, "a") + machine.opened("x") + machine.released("x", isUsable: true)
        #expect(shown(machine.acquire(2, "b")) == ["x→b"])
        #expect(shown(machine.lentDead("x", 2, "b")) == ["discard x", "open"])
        #expect(shown(machine.opened("y")) == ["y→b"])
    }

    @Test("closing fails those who wait and ends with the last connection that comes back")
    func closing() {
        var machine = Machine(limit: 2, queueLimit: 9)
        _ = machine.acquire(1, "a") + machine.opened("x") + machine.acquire(2, "b") + machine.acquire(3, "c")
        #expect(shown(machine.close()) == ["b: closed", "c: closed"])
        #expect(shown(machine.acquire(4, "d")) == ["d: closed"])
        #expect(shown(machine.opened("y")) == ["discard y"])
        #expect(shown(machine.released("x", isUsable: true)) == ["discard x", "finished"])
        #expect(machine.isFinished && shown(machine.close()) == [])
    }
}

@Suite(.enabled(if: PostgresInstallation.shouldTest), .timeLimit(.minutes(5)))
struct PoolTests {
    private func pool(_ server: PostgresServer? = nil, size: Int, queueLimit: Int = 100) throws -> PostgresPool {
        let server = try server ?? PostgresServer.shared.get()
        return PostgresPool(PostgresConfiguration(server.connectionString), size: size, queueLimit: queueLimit)
    }

    @Test("many tasks share few connections")
    func shared() async throws {
        let pool = try pool(size: 3)
        let processes = try await withThrowingTaskGroup(of: PostgresValue.self) { group in
            for _ in 0..<60 {
                group.addTask { try await pool.withConnection { try await $0.value("SELECT pg_backend_pid()") } }
            }
            return try await group.reduce(into: Set<PostgresValue>()) { $0.insert($1) }
        }
        // One that was opened late may have served nobody.
        #expect(processes.count <= pool.counts.open && pool.counts.open <= 3)
        #expect(pool.health.word == ".healthy")
        await pool.close()
        #expect(await failure { _ = try await pool.acquire() }?.code == .closed)
    }

    @Test("whatever a task leaves behind is cleaned before the next one")
    func cleaned() async throws {
        let pool = try pool(size: 1)
        for _ in 0..<3 {
            try await pool.withConnection { connection in
                try await connection.executeScript("BEGIN; CREATE TEMP TABLE left_behind (id int)")
                _ = try await connection.query(
                    ShardStatement("SELECT generate_series(1, 100000)"), values: [], rowLimit: 5)
            }
            try await pool.withConnection { connection in
                #expect(!connection.isInTransaction)
                let isGone = try await connection.value("SELECT to_regclass('left_behind') IS NULL")
                #expect(isGone == .bool(true))
            }
        }
        let error = await failure {
            try await pool.withConnection { connection in
                let writer = try await connection.copyIn("COPY pg_temp.nothing FROM STDIN")
                _ = try await writer.finish()
            }
        }
        #expect(error?.engineCode != nil)
        #expect(try await pool.withConnection { try await $0.value("SELECT 1") } == .int4(1))
        await pool.close()
    }

    @Test("a full queue fails at once; cancelling leaves it")
    func overload() async throws {
        let pool = try pool(size: 1, queueLimit: 1)
        let held = try await pool.acquire()
        let waiting = Task { try await pool.acquire() }
        while pool.counts.waiting == 0 { await Task.yield() }
        let error = await failure { _ = try await pool.acquire() }
        #expect(error?.code == .overloaded && error?.retry == .retryStatement)
        waiting.cancel()
        #expect(await failure { _ = try await waiting.value }?.code == .cancelled)
        #expect(pool.counts.waiting == 0)
        pool.release(held)
        await pool.close()
    }

    @Test("a server that goes away and comes back")
    func restarted() async throws {
        let server = try PostgresServer.start()
        let pool = try pool(server, size: 2)
        #expect(try await pool.withConnection { try await $0.value("SELECT 1") } == .int4(1))
        server.crash()
        // The first may still find the idle connection.
        for _ in 0..<2 {
            let down = await failure { _ = try await pool.withConnection { try await $0.value("SELECT 1") } }
            #expect(down?.code == .connectionLost)
        }
        #expect(pool.health.word.hasPrefix(".failing"))
        try server.restart()
        #expect(try await pool.withConnection { try await $0.value("SELECT 1") } == .int4(1))
        // An idle connection is found dead without a statement failing on it.
        server.crash()
        try server.restart()
        #expect(try await pool.withConnection { try await $0.value("SELECT 1") } == .int4(1))
        #expect(pool.health.word == ".healthy")
        await pool.close()
        server.stop()
    }

    @Test("as a shard: leases carry the session's settings, and statements run through the common interface")
    func shard() async throws {
        let server = try PostgresServer.shared.get()
        let shard = try await PostgresBackend(poolSize: 1).open(
            shard: "s0", at: server.connectionString, creating: false)
        let show = ShardStatement("SELECT current_setting('work_mem')")
        func setting(_ values: [String: String]) async throws -> Value {
            let connection = try await shard.acquire(.read, settings: SessionSettings(values: values))
            defer { shard.release(connection) }
            return try await connection.query(show, values: [], rowLimit: 1).batch.value(row: 0, column: 0)
        }
        let usual = try await setting([:])
        #expect(try await setting(["work_mem": "'123kB'"]) == .text("123kB"))
        #expect(try await setting([:]) == usual)
        let wrong = await failure { _ = try await setting(["work_mem": "'no'"]) }
        #expect(wrong?.engineCode == "22023")
        #expect(try await setting([:]) == usual)
        await shard.close()
    }

    @Test("a streaming replica follows its primary and refuses writes")
    func replica() async throws {
        let primary = try PostgresServer.start()
        let replica = try primary.makeReplica()
        let writer = try await connect(primary)
        let reader = try await connect(replica)
        try await writer.executeScript("CREATE TABLE followed AS SELECT 7 AS n")
        var found: PostgresValue?
        for _ in 0..<500 where found == nil {
            found = try? await reader.value("SELECT n FROM followed")
            if found == nil { try await Task.sleep(for: .milliseconds(10)) }
        }
        #expect(found == .int4(7))
        #expect(try await reader.value("SELECT pg_is_in_recovery()") == .bool(true))
        #expect(await failure { try await reader.executeScript("CREATE TABLE refused (id int)") }?.code == .readOnly)
        replica.stop()
        primary.stop()
    }
}
