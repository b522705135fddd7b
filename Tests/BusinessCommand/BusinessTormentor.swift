import Foundation
import ShardBase
import ShardKit

/// Starts workers, kills them at any moment and at the named points, stops some for longer than their leases last, and looks at
/// what is left.
struct BusinessTormentor {
    let kills: Int
    let processes: Int
    let directory: String
    let business: Business
    private let seed: UInt64
    private var random: SeededGenerator
    private var started: UInt64 = 0
    private var killed = 0
    private var stopped = 0
    private var killedAt: [FaultPoint: Int] = [:]

    private static let points: [FaultPoint] = [
        .lockBeforeGrant, .lockAfterGrant, .lockBeforeRenewal, .lockBeforeRelease, .outboxBeforeHandling,
        .outboxAfterHandling, .outboxAfterRemoving, .outboxBeforeBurial, .sagaAfterStart, .sagaBeforeStep,
        .sagaAfterStep, .sagaBeforeCompensation, .sagaAfterCompensation,
    ]

    private struct Worker {
        let process: Process
        let point: FaultPoint?
        let dies: ContinuousClock.Instant
        let errors: String
    }

    init(kills: Int, processes: Int, seed: UInt64, directory: String, urls: [String]) {
        self.kills = kills
        self.processes = processes
        self.seed = seed
        self.directory = directory
        self.business = Business(directory: directory + "/business", urls: urls)
        random = SeededGenerator(seed: seed)
    }

    mutating func run() async throws -> String {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await business.create()
        try await torment()
        let told = try lines()
        let log = LockLog(lines: told)
        var wrong = log.faults
        let summary = try await audit(told, &wrong)
        guard wrong.isEmpty else {
            throw BusinessFailure(
                description: "seed \(seed), after \(killed) kills: " + wrong.prefix(10).joined(separator: "; "))
        }
        let missed = Self.points.filter { killedAt[$0] == nil }
        if kills >= 150, !missed.isEmpty {
            throw BusinessFailure(
                description: "seed \(seed): nobody died at \(missed.map(\.rawValue).joined(separator: ", "))")
        }
        let named = Self.points.map { "\($0.rawValue) \(killedAt[$0] ?? 0)" }.joined(separator: ", ")
        return
            "\(killed) kills, \(stopped) stops; \(log.holders) holders, never two at once; \(summary), 0 lost (seed \(seed); \(named))"
    }

    // MARK: Killing

    private mutating func torment() async throws {
        var workers: [Worker] = []
        while killed < kills {
            while workers.count < processes { workers.append(try start()) }
            try await Task.sleep(for: .milliseconds(10))
            if Int.random(in: 0..<100, using: &random) == 0 { try await stopAndGoOn(workers) }
            for (index, worker) in workers.enumerated().reversed() {
                if worker.process.isRunning {
                    guard ContinuousClock.now >= worker.dies else { continue }
                    end(worker)
                } else {
                    guard worker.process.terminationReason == .uncaughtSignal, let point = worker.point else {
                        for worker in workers { end(worker) }
                        throw BusinessFailure(
                            description: "seed \(seed): a worker ended with \(worker.process.terminationStatus): "
                                + ((try? String(contentsOfFile: worker.errors, encoding: .utf8)) ?? ""))
                    }
                    killedAt[point, default: 0] += 1
                }
                killed += 1
                workers.remove(at: index)
            }
        }
        for worker in workers { end(worker) }
        killed += workers.count
    }

    private func end(_ worker: Worker) {
        guard worker.process.isRunning else { return }
        kill(worker.process.processIdentifier, SIGKILL)
        worker.process.waitUntilExit()
    }

    /// A process that is stopped for longer than its leases does not know it when it goes on.
    private mutating func stopAndGoOn(_ workers: [Worker]) async throws {
        guard let worker = workers.randomElement(using: &random), worker.process.isRunning else { return }
        kill(worker.process.processIdentifier, SIGSTOP)
        try await Task.sleep(for: .milliseconds(Int.random(in: 300...1600, using: &random)))
        kill(worker.process.processIdentifier, SIGCONT)
        stopped += 1
    }

    private mutating func start() throws -> Worker {
        started += 1
        let process = Process()
        process.executableURL = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
        process.arguments =
            [
                "work", "--directory", business.directory, "--seed", "\(seed &* 100_000 &+ started)", "--paper",
                directory + "/told-\(started)",
            ] + business.urls.flatMap { ["--url", $0] }
        var point: FaultPoint?
        if Int.random(in: 0..<4, using: &random) > 0 {
            // Those that nobody has died at come first.
            point = Self.points.min { (killedAt[$0] ?? 0) < (killedAt[$1] ?? 0) }
            if Bool.random(using: &random) { point = Self.points.randomElement(using: &random) }
        }
        var environment = ProcessInfo.processInfo.environment
        if let point {
            environment["SHARDKIT_FAULT"] = "\(point.rawValue)=kill:\(Int.random(in: 1...5, using: &random))"
        }
        process.environment = environment
        let errors = directory + "/said-\(started)"
        _ = FileManager.default.createFile(atPath: errors, contents: nil)
        process.standardError = FileHandle(forWritingAtPath: errors)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        return Worker(
            process: process, point: point,
            dies: .now + .milliseconds(Int64.random(in: 500...5000, using: &random)), errors: errors)
    }

    private func lines() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasPrefix("told-") }
            .flatMap { try Paper.lines(of: directory + "/" + $0) }
    }

    // MARK: Looking

    /// Lets who comes next finish what was left, and compares it with what was told.
    private func audit(_ told: [String], _ wrong: inout [String]) async throws -> String {
        let database = try await business.open()
        do {
            let paper = try Paper(directory + "/told-last")
            let relay = Task { try await BusinessWorker.relay(database, paper).run() }
            let limit = ContinuousClock.now + .seconds(120)
            while ContinuousClock.now < limit {
                let open = try await database.sagas.list()
                if open.allSatisfy({ $0.state.status == .attention }),
                    try await Business.outbox.waiting(in: database) == 0
                {
                    break
                }
                try await Task.sleep(for: .milliseconds(50))
            }
            relay.cancel()
            _ = try? await relay.value
            let got = told.count { $0.hasPrefix("got ") } + (try Paper.lines(of: directory + "/told-last")).count
            let messages = try await messages(told, database, &wrong)
            let sagas = try await sagas(told, database, &wrong)
            await database.close()
            return "\(messages) messages handed out \(got) times, \(sagas) sagas"
        } catch {
            await database.close()
            throw error
        }
    }

    private func messages(_ told: [String], _ database: ShardedDatabase, _ wrong: inout [String]) async throws -> Int64
    {
        var acknowledged: [Int: Int64] = [:]
        for line in told where line.hasPrefix("sent ") {
            let words = line.split(separator: " ")
            guard words.count == 3, let key = Int(words[1]), let number = Int64(words[2]) else { continue }
            acknowledged[key] = max(acknowledged[key] ?? 0, number)
        }
        let waiting = try await Business.outbox.waiting(in: database)
        if waiting > 0 { wrong.append("\(waiting) messages still wait") }
        var total: Int64 = 0
        let rows = try await database.query(
            """
            SELECT c.id, c.sent, r.got, r.disorder FROM counters c JOIN receipts r ON r.id = c.id ORDER BY c.id
            """)
        for (id, sent, got, disorder) in try await rows.decode((Int, Int64, Int64, Int64).self).all() {
            total += sent
            if sent < acknowledged[id] ?? 0 {
                wrong.append("\(id) was told \(acknowledged[id] ?? 0), and is at \(sent)")
            }
            guard id != Business.poison else {
                let dead = try await Business.outbox.deadLetters(in: database, limit: .max)
                let numbers = dead.compactMap { Int64($0.message.payload) }
                if sent > 0, numbers != Array(1...sent) {
                    wrong.append("\(numbers.count) of \(sent) messages are dead letters")
                }
                continue
            }
            if got != sent { wrong.append("\(id): \(sent) messages sent, \(got) had an effect") }
            if disorder != 0 { wrong.append("\(id): \(disorder) messages came out of order") }
        }
        return total
    }

    private func sagas(_ told: [String], _ database: ShardedDatabase, _ wrong: inout [String]) async throws -> Int {
        let sagas = try await database.sagas.list(all: true)
        var byID: [String: SagaReport] = [:]
        for saga in sagas {
            byID[saga.id] = saga
            if saga.state.status.isUnderWay || saga.state.status == .attention {
                wrong.append("the saga \(saga.id) is \(saga.state.status.rawValue): \(saga.state.lastError ?? "")")
            }
        }
        for line in told where line.hasPrefix("saga ") {
            let words = line.split(separator: " ")
            guard words.count == 3 else { continue }
            let expected: SagaState.Status = words[2] == "true" ? .compensated : .completed
            let status = byID[String(words[1])]?.state.status
            if status != expected {
                wrong.append("the saga \(words[1]) is \(status?.rawValue ?? "lost") instead of \(expected.rawValue)")
            }
        }
        let money = try await database.query("SELECT CAST(sum(balance) AS BIGINT) FROM accounts").decode(Int64.self)
            .first()
        let expected = Int64((Business.accounts + 1) * Business.balance)
        if money != expected { wrong.append("there are \(money ?? 0) instead of \(expected)") }
        return sagas.count
    }
}
