import Foundation
import ShardBase
import ShardKit

/// Starts tellers, kills them, at any moment and at the named steps of a commit, and looks at the books.
struct Tormentor {
    let kills: Int
    let processes: Int
    let writers: Int
    let shards: Int
    let urls: [String]
    let between: Int
    let directory: String
    private let seed: UInt64
    private var random: SeededGenerator
    private var started: UInt64 = 0
    private var killed = 0
    private var looks = 0
    private var killedAt: [FaultPoint: Int] = [:]

    /// The steps at which a teller can be told to die.
    private var points: [FaultPoint] {
        let all: [FaultPoint] = [
            .commitBeforePrepare, .commitAnnounced, .commitBeforeFirst, .commitBetweenShards, .commitAfterLast,
            .recoveryApplied,
        ]
        return urls.isEmpty ? all + [.recoveryBeforeRetiring] : all
    }
    /// Kills between two looks at the books.
    private static let round = 20

    struct Failure: Error, CustomStringConvertible { let description: String }

    init(
        kills: Int, processes: Int, writers: Int, shards: Int, urls: [String], between: Int, seed: UInt64,
        directory: String
    ) {
        self.kills = kills
        self.processes = processes
        self.writers = writers
        self.shards = shards
        self.urls = urls
        self.between = between
        self.directory = directory
        self.seed = seed
        random = SeededGenerator(seed: seed)
    }

    private struct Child {
        let process: Process
        let point: FaultPoint?
        let dies: ContinuousClock.Instant
        let paper: String
        let errors: String
    }

    mutating func run() async throws -> String {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let configuration = Bank.configuration(directory + "/books", shards: shards, urls: urls)
        try await Bank.create(configuration)
        var acknowledged: Set<String> = []
        while killed < kills {
            // Servers show commits over several shards one by one, so far: nobody looks meanwhile.
            let isWatched = urls.isEmpty
            let watcher = Task { isWatched ? try await Bank.watch(configuration) : 0 }
            do {
                try await torment(until: min(kills, killed + Self.round))
            } catch {
                watcher.cancel()
                throw error
            }
            watcher.cancel()
            looks += try await watcher.value
            acknowledged = try acknowledgements()
            let wrong = try await Bank.audit(configuration, acknowledged: acknowledged)
            guard wrong.isEmpty else {
                throw Failure(
                    description: "seed \(seed), after \(killed) kills: " + wrong.joined(separator: "; "))
            }
        }
        let named = points.map { "\($0.rawValue) \(killedAt[$0] ?? 0)" }.joined(separator: ", ")
        if kills >= 200, let missed = points.first(where: { killedAt[$0] == nil }) {
            throw Failure(description: "seed \(seed): nobody died at \(missed.rawValue)")
        }
        return
            "\(killed) kills, \(acknowledged.count) acknowledged, 0 lost (seed \(seed); \(looks) looks meanwhile; \(named))"
    }

    private mutating func torment(until goal: Int) async throws {
        var children: [Child] = []
        // Told by those who are dead.
        var told = 0
        var toldAtLastKill = 0
        while killed < goal {
            while children.count < processes { children.append(try start()) }
            try await Task.sleep(for: .milliseconds(5))
            let now = told + children.reduce(0) { $0 + Self.lines($1.paper) }
            for (index, child) in children.enumerated().reversed() {
                if child.process.isRunning {
                    guard ContinuousClock.now >= child.dies, now - toldAtLastKill >= between else { continue }
                    toldAtLastKill = now
                    kill(child.process.processIdentifier, SIGKILL)
                    child.process.waitUntilExit()
                } else {
                    guard child.process.terminationReason == .uncaughtSignal, let point = child.point else {
                        throw Failure(
                            description: "seed \(seed): a teller ended with \(child.process.terminationStatus): "
                                + ((try? String(contentsOfFile: child.errors, encoding: .utf8)) ?? ""))
                    }
                    killedAt[point, default: 0] += 1
                }
                killed += 1
                told += Self.lines(child.paper)
                children.remove(at: index)
            }
        }
        for child in children {
            kill(child.process.processIdentifier, SIGKILL)
            child.process.waitUntilExit()
            killed += 1
        }
    }

    private mutating func start() throws -> Child {
        started += 1
        let process = Process()
        process.executableURL = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
        process.arguments = [
            "work", "--directory", directory + "/books", "--shards", "\(shards)", "--writers", "\(writers)", "--seed",
            "\(seed &* 100_000 &+ started)", "--acknowledgements", directory + "/told-\(started)",
        ]
        process.arguments? += urls.flatMap { ["--url", $0] }
        let paper = directory + "/told-\(started)"
        var point: FaultPoint?
        if Int.random(in: 0..<2, using: &random) == 0 {
            point = points.randomElement(using: &random)
        }
        // Recovery meets its points at once, if at all.
        let isRecovery = point.map { [.recoveryApplied, .recoveryBeforeRetiring].contains($0) } ?? false
        let hit = isRecovery ? 1 : Int.random(in: 1...100, using: &random)
        var environment = ProcessInfo.processInfo.environment
        if let point { environment["SHARDKIT_FAULT"] = "\(point.rawValue)=kill:\(hit)" }
        process.environment = environment
        let errors = directory + "/said-\(started)"
        _ = FileManager.default.createFile(atPath: errors, contents: nil)
        process.standardError = FileHandle(forWritingAtPath: errors)
        try process.run()
        return Child(
            process: process, point: point,
            dies: .now + .milliseconds(Int64.random(in: 100...600, using: &random)), paper: paper, errors: errors)
    }

    private static func lines(_ path: String) -> Int {
        (FileManager.default.contents(atPath: path) ?? Data()).count { $0 == UInt8(ascii: "\n") }
    }

    private func acknowledgements() throws -> Set<String> {
        var found: Set<String> = []
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasPrefix("told-") {
            let text = try String(contentsOfFile: directory + "/" + name, encoding: .utf8)
            // A line that was cut off was not told to anybody.
            for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                found.insert(String(line))
            }
        }
        return found
    }
}
