import Foundation

/// Starts issuers, kills them, sets their clocks to and fro, and checks all they wrote down.
struct Torture {
    private let mode: String
    private let goal: Int
    private let processes: Int
    private let tasks: Int
    private let seed: UInt64
    private let directory: String

    init(_ arguments: Arguments) throws {
        mode = arguments.text("mode", "leased")
        guard ["leased", "fixed", "segment"].contains(mode) else {
            throw Arguments.Problem(description: "the mode is leased, fixed or segment")
        }
        goal = try arguments.number("count", 100_000_000)
        processes = try arguments.number("processes", 4)
        tasks = try arguments.number("tasks", 16)
        seed = UInt64(try arguments.number("seed", Int.random(in: 1...1_000_000)))
        directory = FileManager.default.temporaryDirectory.appending(path: "shardkit-ids-\(UUID().uuidString)").path
    }

    private struct Child {
        let process: Process
        let slot: Int
        let dies: ContinuousClock.Instant
    }

    func run() async throws {
        print("\(mode): \(goal) identifiers from \(processes) processes of \(tasks) tasks, seed \(seed)")
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var random = Dice(state: seed)
        var children: [Child] = []
        var started = 0
        var killed = 0
        var refused = 0
        var issued = 0
        var folded: [String: Int] = [:]
        let began = ContinuousClock.now
        while issued < goal {
            guard ContinuousClock.now - began < .seconds(600) else {
                throw Arguments.Problem(description: "only \(issued) were issued in ten minutes")
            }
            for slot in 0..<processes where !children.contains(where: { $0.slot == slot }) {
                children.append(try start(slot: slot, number: started, random: &random))
                started += 1
            }
            try await Task.sleep(for: .milliseconds(5))
            for (index, child) in children.enumerated().reversed() {
                if child.process.isRunning {
                    guard ContinuousClock.now >= child.dies else { continue }
                    kill(child.process.processIdentifier, SIGKILL)
                    killed += 1
                    child.process.waitUntilExit()
                } else {
                    switch child.process.terminationStatus {
                    case Issuer.Ending.done.rawValue: break
                    case Issuer.Ending.refused.rawValue: refused += 1
                    default:
                        throw Arguments.Problem(description: "a process ended with \(child.process.terminationStatus)")
                    }
                }
                children.remove(at: index)
            }
            issued = try count(&folded)
        }
        for child in children {
            kill(child.process.processIdentifier, SIGKILL)
            killed += 1
            child.process.waitUntilExit()
        }
        try check(started: started, killed: killed, refused: refused, took: ContinuousClock.now - began)
    }

    private func start(slot: Int, number: Int, random: inout Dice) throws -> Child {
        // Some end by themselves, so that workers given back go to others at once; most are killed before that.
        let count = [50_000, 300_000, 3_000_000, goal][Int(random.below(4))]
        let process = Process()
        process.executableURL = URL(filePath: CommandLine.arguments[0])
        if !CommandLine.arguments[0].contains("/") { process.executableURL = Bundle.main.executableURL }
        process.arguments = [
            "issue", "--directory", directory, "--mode", mode, "--label", "\(slot)-\(number)", "--tasks", "\(tasks)",
            "--count", "\(count)", "--worker", "\(slot)",
        ]
        // Now and then a clock that is a day behind, which must be refused; mostly one that jumps to and fro a little.
        let isFarBack = random.below(12) == 0
        let offset =
            isFarBack ? -86_400_000 : Int(random.below(mode == "fixed" ? 3_000 : 300)) - (mode == "fixed" ? 2_500 : 250)
        process.environment = ProcessInfo.processInfo.environment.merging(
            [IDCommand.offsetVariable: "\(offset)"]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        // Words of refusals are kept short; a pipe holds them.
        return Child(
            process: process, slot: slot, dies: .now + .milliseconds(Int64(10 + random.below(200))))
    }

    /// Files of runs, with the number of the process that wrote them.
    private func files() throws -> [(name: String, slot: Int, number: Int)] {
        try FileManager.default.contentsOfDirectory(atPath: directory).compactMap { name in
            let words = name.split(separator: "-")
            guard words.count == 4, words[0] == "runs", let slot = Int(words[1]), let number = Int(words[2]) else {
                return nil
            }
            return (name, slot, number)
        }
    }

    /// How many identifiers are written down by now. Files whose size did not change are not read again.
    private func count(_ known: inout [String: Int]) throws -> Int {
        var total = 0
        for file in try files() {
            let path = directory + "/" + file.name
            let size = (try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
            let key = "\(file.name):\(size)"
            let count = try known[key] ?? RunWriter.read(path).reduce(0) { $0 + $1.count }
            known[key] = count
            total += count
        }
        return total
    }

    private func check(started: Int, killed: Int, refused: Int, took: Duration) throws {
        var all: [Run] = []
        var spans: [Int: [(number: Int, first: UInt64, last: UInt64)]] = [:]
        for file in try files() {
            let runs = try RunWriter.read(directory + "/" + file.name)
            all += runs
            if let first = runs.map(\.first).min(), let last = runs.map(\.last).max() {
                spans[file.slot, default: []].append((file.number, first, last))
            }
        }
        all.sort()
        var duplicates = 0
        for (left, right) in zip(all, all.dropFirst()) where left.worker == right.worker && right.first <= left.last {
            duplicates += Int(min(left.last, right.last) - right.first) + 1
        }
        let total = all.reduce(0) { $0 + $1.count }
        let workers = Set(all.map(\.worker)).count
        print(
            "\(total) identifiers of \(workers) workers in \(all.count) runs, \(started) processes, \(killed) killed, "
                + "\(refused) refused, in \(took): \(duplicates) duplicates")
        guard duplicates == 0 else { throw Arguments.Problem(description: "\(duplicates) identifiers came twice") }
        // A worker that is configured belongs to one slot: each of its processes issues above the one before.
        guard mode == "fixed" else { return }
        for (slot, spans) in spans {
            let byProcess = Dictionary(grouping: spans, by: \.number).sorted { $0.key < $1.key }
            for (earlier, later) in zip(byProcess, byProcess.dropFirst()) {
                let last = earlier.value.map(\.last).max() ?? 0
                let first = later.value.map(\.first).min() ?? 0
                guard first > last else {
                    throw Arguments.Problem(
                        description: "worker \(slot): process \(later.key) issued below process \(earlier.key)")
                }
            }
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): what a seed decides.
struct Dice {
    var state: UInt64

    mutating func below(_ bound: UInt64) -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return (word ^ (word >> 31)) % bound
    }
}
