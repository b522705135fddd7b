import Foundation
import PostgresServer
import ShardKit
import Synchronization
import Testing

/// Random writes and reads of several sessions while replay stops and goes on and connections are cut: no read sees less than its level
/// promises.
@Suite("no stale read breaks its level", .serialized, .enabled(if: PostgresInstallation.shouldTest))
struct StalenessTests {
    /// What is known of each row's value: it only grows, one task writes it.
    private final class Book: Sendable {
        private struct Row {
            /// Values that were acknowledged, and when.
            var acknowledged: [(value: Int64, at: ContinuousClock.Instant)] = []
            var attempted: Int64 = 0
        }
        private let rows: Mutex<[Row]>
        private let counts = Mutex<[String: Int]>([:])

        init(_ count: Int) { rows = Mutex(Array(repeating: Row(), count: count)) }

        func next(_ row: Int) -> Int64 {
            rows.withLock { rows in
                rows[row].attempted += 1
                return rows[row].attempted
            }
        }
        func acknowledge(_ row: Int, _ value: Int64) {
            rows.withLock { $0[row].acknowledged.append((value, .now)) }
        }
        /// What had been acknowledged until a moment.
        func floor(_ row: Int, until moment: ContinuousClock.Instant = .now) -> Int64 {
            rows.withLock { rows in rows[row].acknowledged.last { $0.at <= moment }?.value ?? 0 }
        }
        func ceiling(_ row: Int) -> Int64 { rows.withLock { $0[row].attempted } }
        func count(_ what: String) { counts.withLock { $0[what, default: 0] += 1 } }
        var tally: [String: Int] { counts.withLock { $0 } }
    }

    /// By row.
    private final class Tally: Sendable {
        let acknowledged = Mutex([Int64](repeating: 0, count: 16))
        let unknown = Mutex([Int64](repeating: 0, count: 16))
    }

    private static let rowsPerTask = 8

    @Test("random sessions over replicas that stop and go", .timeLimit(.minutes(3)))
    func random() async throws {
        let seed = UInt64(ProcessInfo.processInfo.environment["SHARDKIT_SEED"] ?? "") ?? .random(in: .min ... .max)
        print("seed \(seed): SHARDKIT_SEED=\(seed) runs the same draws")
        let tasks = 4
        let book = Book(tasks * Self.rowsPerTask)
        try await withReplicas(2) {
            $0.connections = 10
        } _: { cluster in
            try await cluster.database.execute("CREATE TABLE t (id BIGINT PRIMARY KEY, v BIGINT) SHARD BY HASH (id)")
            try await cluster.database.execute("INSERT INTO t SELECT i, 0 FROM generate_series(0, 31) i")
            try await cluster.catchUp()
            let end = ContinuousClock.now + .seconds(10)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<tasks {
                    group.addTask {
                        var generator = SeededGenerator(seed: seed &+ UInt64(task))
                        while ContinuousClock.now < end {
                            try await Self.session(cluster.database, task, book, &generator, until: end)
                        }
                    }
                }
                group.addTask {
                    var generator = SeededGenerator(seed: seed &+ 1000)
                    try await Self.disturb(cluster, &generator, until: end)
                }
                try await group.waitForAll()
            }
            print(book.tally.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
            // All that was acknowledged is there, and nothing that was never written.
            for row in try await cluster.database.query("SELECT id, v FROM t ORDER BY id").all() {
                guard case .integer(let id) = row[0], case .integer(let value) = row[1] else { continue }
                #expect(value >= book.floor(Int(id)) && value <= book.ceiling(Int(id)), "row \(id)")
            }
            for kind in ["strong", "eventual", "own", "token", "bounded", "write"] {
                #expect(book.tally[kind, default: 0] > 10, "hardly any \(kind)")
            }
            // Reads have been on replicas.
            let served = cluster.database.replicas.filter { $0.endpoint.name.hasPrefix("r") }.map(\.served)
            #expect(served.reduce(0, +) > 100, "replicas served \(served)")
        }
    }

    private static func session(
        _ database: ShardedDatabase, _ task: Int, _ book: Book, _ generator: inout SeededGenerator,
        until end: ContinuousClock.Instant
    ) async throws {
        var random = generator.fork()
        try await database.withSession { session in
            var seen: [Int: Int64] = [:]
            var own: [Int: Int64] = [:]
            for _ in 0..<30 where ContinuousClock.now < end {
                let mine = task * rowsPerTask + Int.random(in: 0..<rowsPerTask, using: &random)
                let any = Int.random(in: 0..<32, using: &random)
                do {
                    switch Int.random(in: 0..<10, using: &random) {
                    case 0...2:
                        let value = book.next(mine)
                        let sql: SQLText = "UPDATE t SET v = \(value) WHERE id = \(Int64(mine))"
                        try await session.execute(sql)
                        book.acknowledge(mine, value)
                        own[mine] = value
                        book.count("write")
                    case 3:
                        let floor = book.floor(any)
                        try await expect(session, any, atLeast: floor, "consistency=strong", book, &seen)
                        book.count("strong")
                    case 4, 5:
                        try await expect(session, any, atLeast: 0, "consistency=eventual", book, &seen)
                        book.count("eventual")
                    case 6, 7:
                        try await expect(
                            session, mine, atLeast: own[mine] ?? 0, "consistency=readYourWrites wait=20ms", book, &seen)
                        book.count("own")
                    case 8:
                        // What this session has written, read by another one that is shown its token.
                        let token = try await session.consistencyToken()
                        try await database.withSession(reads: ReadOptions(level: .readYourWrites), token: token) {
                            other in
                            var none: [Int: Int64] = [:]
                            try await expect(other, mine, atLeast: own[mine] ?? 0, "wait=20ms", book, &none)
                        }
                        book.count("token")
                    default:
                        let floor = book.floor(any, until: .now - .milliseconds(300))
                        try await expect(session, any, atLeast: floor, "consistency=bounded(300ms)", book, &seen)
                        book.count("bounded")
                    }
                } catch let error as ShardError
                    where [.connectionLost, .unknownOutcome].contains(error.code)
                    || error.engineCode?.hasPrefix("57P") == true
                    || error.engineCode == "40001" || error.isRetryable
                {
                    book.count("cut")
                }
            }
        }
    }

    private static func expect(
        _ session: DatabaseSession, _ row: Int, atLeast floor: Int64, _ hint: String, _ book: Book,
        _ seen: inout [Int: Int64]
    ) async throws {
        let rows = try await session.values("SELECT /*+ \(hint) */ v FROM t WHERE id = \(row)")
        guard rows.count == 1, case .integer(let value) = rows[0][0] else {
            Issue.record("row \(row) is \(rows)")
            return
        }
        #expect(value >= floor, "\(hint): row \(row) is \(value), and \(floor) was promised")
        #expect(value <= book.ceiling(row), "\(hint): row \(row) is \(value), which nobody wrote")
        #expect(value >= seen[row] ?? 0, "\(hint): row \(row) is \(value), and the session had seen \(seen[row] ?? 0)")
        seen[row] = max(seen[row] ?? 0, value)
    }

    private static func disturb(
        _ cluster: ReplicaCluster, _ generator: inout SeededGenerator, until end: ContinuousClock.Instant
    ) async throws {
        let cut =
            "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 2) q"
        while ContinuousClock.now < end {
            let replica = Int.random(in: 1...2, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0, 1:
                try await cluster.servers[replica].run(["SELECT pg_wal_replay_pause()"])
                try await Task.sleep(for: .milliseconds(Int.random(in: 50...600, using: &generator)))
                try await cluster.resumeReplay(replica)
            case 2: try await cluster.servers[replica].run([cut])
            default: try await cluster.primary.run([cut])
            }
            try await Task.sleep(for: .milliseconds(Int.random(in: 10...200, using: &generator)))
        }
    }

    @Test(
        "a failover loses no acknowledged write of servers that replicate synchronously, and doubles none",
        .timeLimit(.minutes(3)))
    func failover() async throws {
        try await withReplicas(1) { cluster in
            let database = cluster.database
            try await database.execute("CREATE TABLE t (id BIGINT PRIMARY KEY, v BIGINT) SHARD BY HASH (id)")
            try await database.execute("INSERT INTO t SELECT i, 0 FROM generate_series(0, 15) i")
            try await cluster.catchUp()
            try await cluster.primary.run([
                "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()",
            ])
            try await Task.sleep(for: .milliseconds(300))
            let tally = Tally()
            let end = ContinuousClock.now + .seconds(8)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<4 {
                    group.addTask {
                        var round = 0
                        while ContinuousClock.now < end {
                            round += 1
                            let row = task * 4 + round % 4
                            // Alone, and together with a row of another shard.
                            let rows = round.isMultiple(of: 3) ? [row, task * 4 + (round + 1) % 4] : [row]
                            do {
                                if rows.count == 1 {
                                    try await database.execute("UPDATE t SET v = v + 1 WHERE id = \(Int64(row))")
                                } else {
                                    try await database.execute(
                                        "UPDATE t SET v = v + 1 WHERE id IN (\(Int64(rows[0])), \(Int64(rows[1])))")
                                }
                                tally.acknowledged.withLock { for row in rows { $0[row] += 1 } }
                            } catch {
                                tally.unknown.withLock { for row in rows { $0[row] += 1 } }
                            }
                        }
                    }
                }
                try await Task.sleep(for: .seconds(2))
                cluster.primary.crash()
                try await Task.sleep(for: .milliseconds(300))
                try await cluster.promote()
                try await group.waitForAll()
            }
            try await database.recoverCommits()
            var total: Int64 = 0
            for row in try await database.query("SELECT id, v FROM t ORDER BY id").all() {
                guard case .integer(let id) = row[0], case .integer(let value) = row[1] else { continue }
                let sure = tally.acknowledged.withLock { $0[Int(id)] }
                let perhaps = tally.unknown.withLock { $0[Int(id)] }
                #expect(
                    value >= sure && value <= sure + perhaps,
                    "row \(id): \(value), \(sure) acknowledged, \(perhaps) unknown")
                total += value
            }
            #expect(total > 100)
            // It went on after the failover: more than what the tasks could not know of.
            #expect(tally.unknown.withLock { $0.reduce(0, +) } < 100)
        }
    }

    @Test("a write that a failover has lost is said to be lost")
    func lost() async throws {
        try await withReplicas(1) { cluster in
            let database = cluster.database
            try await database.execute("CREATE TABLE t (id BIGINT PRIMARY KEY, v BIGINT) SHARD BY HASH (id)")
            try await database.execute("INSERT INTO t SELECT i, 0 FROM generate_series(0, 15) i")
            try await cluster.catchUp()
            _ = try await database.query("SELECT v FROM t WHERE id = 1").first()
            let kept = try await database.withSession { session in
                try await session.execute("UPDATE t SET v = 1 WHERE id = 1")
                return try await session.consistencyToken()
            }
            try await cluster.catchUp()
            // The replica hears of nothing any more.
            try await cluster.servers[1].run(["ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()"])
            try await eventually("the stream has ended") {
                try await cluster.primary.rows("SELECT count(*)::int FROM pg_stat_replication") == [[.integer(0)]]
            }
            let gone = try await database.withSession { session in
                try await session.execute("UPDATE t SET v = 2 WHERE id = 1")
                return try await session.consistencyToken()
            }
            cluster.primary.crash()
            try await cluster.promote()
            let own = ReadOptions(level: .readYourWrites)
            let rows = try await database.withSession(reads: own, token: kept) {
                try await $0.values("SELECT v FROM t WHERE id = 1")
            }
            #expect(rows == [[.integer(1)]])
            await #expect {
                try await database.withSession(reads: own, token: gone) {
                    try await $0.values("SELECT v FROM t WHERE id = 1")
                }
            } throws: { ($0 as? ShardError)?.code == .positionLost }
        }
    }
}
