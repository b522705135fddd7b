import Conformance
import Foundation

/// Hands jobs to child processes, a few at a time, and collects their reports.
struct Foreman {
    let jobs: [ConformanceJob]
    let corpus: URL
    let state: URL
    let workers: Int
    /// Seconds for one job.
    let timeout: Int
    /// What each child is told besides.
    let flags: [String]

    func forget() throws {
        if FileManager.default.fileExists(atPath: state.path) { try FileManager.default.removeItem(at: state) }
    }

    func run() async throws -> [FileReport] {
        try begin()
        var reports: [FileReport] = []
        var waiting: [ConformanceJob] = []
        for job in jobs {
            if let report = known(job), report.broken == nil { reports.append(report) } else { waiting.append(job) }
        }
        if !reports.isEmpty { print("\(reports.count) of \(jobs.count) runs are known from before") }
        // Long ones first, so that the workers end together.
        waiting.sort { (size($0), $1.text) > (size($1), $0.text) }
        var progress = Progress(total: jobs.count, done: reports.count)
        try await withThrowingTaskGroup(of: FileReport.self) { group in
            var next = waiting.makeIterator()
            for _ in 0..<max(workers, 1) {
                if let job = next.next() { group.addTask { try await child(job) } }
            }
            while let report = try await group.next() {
                reports.append(report)
                progress.tell(report)
                if let job = next.next() { group.addTask { try await child(job) } }
            }
        }
        return reports.sorted {
            ($0.file, $1.shards, $0.declaration.rawValue) < ($1.file, $0.shards, $1.declaration.rawValue)
        }
    }

    // MARK: State

    /// Results of another build, or of other flags, are forgotten.
    private func begin() throws {
        let build = try FileManager.default.attributesOfItem(atPath: Self.executable.path)
        let date = build[.modificationDate] as? Date
        let stamp = "\(build[.size] ?? 0) \(date?.timeIntervalSince1970 ?? 0) \(flags.joined(separator: " "))"
        let file = state.appending(path: "build")
        if (try? String(contentsOf: file, encoding: .utf8)) != stamp { try forget() }
        try FileManager.default.createDirectory(at: state, withIntermediateDirectories: true)
        try stamp.write(to: file, atomically: true, encoding: .utf8)
    }

    private func output(_ job: ConformanceJob) -> URL { state.appending(path: job.stateName) }

    private func known(_ job: ConformanceJob) -> FileReport? {
        guard let data = try? Data(contentsOf: output(job)) else { return nil }
        return try? JSONDecoder().decode(FileReport.self, from: data)
    }

    private func size(_ job: ConformanceJob) -> Int {
        let file = corpus.appending(path: job.file + ".test.gz")
        let attributes = try? FileManager.default.attributesOfItem(atPath: file.path)
        return (attributes?[.size] as? Int ?? 0) / (job.every > 1 ? 4 : 1)
    }

    // MARK: Children

    private static let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()

    private func child(_ job: ConformanceJob) async throws -> FileReport {
        // A folder of the child's own, so that nothing of one that crashed is left.
        let folder = FileManager.default.temporaryDirectory.appending(path: "conformance-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let output = output(job)
        let errors = URL(filePath: output.path + ".errors")
        let ending = try await ChildProcess(
            executable: Self.executable.path,
            arguments: ["logic", "--corpus", corpus.path, "--job", job.text, "--output", output.path] + flags,
            environment: ["TMPDIR": folder.path, "SWIFT_BACKTRACE": "enable=no"], errors: errors.path
        ).ending(within: .seconds(timeout))
        if ending == .exit(0), let report = known(job) {
            try? FileManager.default.removeItem(at: errors)
            try? FileManager.default.removeItem(atPath: output.path + ".line")
            return report
        }
        var report = FileReport(file: job.file, shards: job.shards, declaration: job.declaration)
        let message = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
        report.broken = "\(ending) at line \(line(output)): \(message.suffix(600))"
        try JSONEncoder().encode(report).write(to: output, options: .atomic)
        return report
    }

    /// The line that a child was at.
    private func line(_ output: URL) -> Int64 {
        guard let data = try? Data(contentsOf: URL(filePath: output.path + ".line")), data.count >= 8 else { return 0 }
        return data.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) }
    }
}

/// A line that says how far the run is: over and over on a terminal, now and then elsewhere.
private struct Progress {
    let total: Int
    var done: Int
    private var wrong = 0
    private var refused = 0
    private let isTerminal = isatty(1) == 1
    private let started = ContinuousClock.now
    private let doneBefore: Int

    init(total: Int, done: Int) {
        self.total = total
        self.done = done
        doneBefore = done
    }

    mutating func tell(_ report: FileReport) {
        done += 1
        wrong += report.queries.wrong + report.statements.wrong + (report.broken == nil ? 0 : 1)
        refused += report.queries.refusedTotal
        let seconds = (ContinuousClock.now - started).components.seconds
        let left = Double(seconds) / Double(done - doneBefore) * Double(total - done)
        let text =
            "\(done) of \(total) runs, \(refused) refused, \(wrong) wrong, \(seconds) s, about \(Int(left)) s to go"
        let line = isTerminal ? "\r\(text)   " + (done == total ? "\n" : "") : text + "\n"
        if isTerminal || done % 100 == 0 || done == total {
            FileHandle.standardOutput.write(Data(line.utf8))
        }
    }
}
