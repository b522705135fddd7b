import ArgumentParser
import Conformance
import Foundation

/// Runs the sqllogictest corpus on sharded databases and counts what is right, refused and wrong.
///
/// Each file runs in a process of its own, so that a crash costs one file. Results are kept in a state folder; a run that
/// was cut short goes on where it was. Another build of the command begins anew.
struct LogicCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logic", abstract: "Run the sqllogictest corpus on sharded databases.",
        discussion: "Exit status: 0 nothing is wrong; 1 something is, or a run broke; 64 the command line is wrong.")

    @Option(help: "The folder of the corpora (default: SHARDKIT_CORPUS, else beside the checkout).")
    var corpus: String?
    @Option(help: "Where results are kept.")
    var state = ".build/conformance"
    @Option(help: "Write the table to this file.")
    var report: String?
    @Flag(help: "Every file on 1, 2 and 5 shards under every declaration, all queries.")
    var full = false
    @Option(help: "Run one query of so many; statements are all run.")
    var every: Int?
    @Option(help: "Numbers of shards, as 1,2,5.")
    var shards: String?
    @Option(help: "Declarations: \(Declaration.allCases.map(\.rawValue).joined(separator: ",")).")
    var declarations: String?
    @Option(help: "Run only files whose name contains this.")
    var filter: String?
    @Option(help: "Run only so many jobs, chosen by --seed.")
    var sample: Int?
    @Option(help: "Chooses the sample and which queries --every takes.")
    var seed = 0
    @Option(help: "Processes at a time.")
    var workers = 2
    @Option(help: "Seconds for one file.")
    var timeout = 900
    @Flag(help: "Compare values, types and column names with plain SQLite too.")
    var strict = false
    @Flag(help: "Print each wrong answer with its place, what was expected and what came.")
    var showWrong = false
    @Flag(help: "Print where each refusal was met first.")
    var showRefused = false
    @Flag(help: "Run the files on plain SQLite alone, to check the runner.")
    var plain = false
    @Flag(help: "Forget earlier results.")
    var fresh = false
    @Option(help: .hidden)
    var job: String?
    @Option(help: .hidden)
    var output: String?

    mutating func run() async throws {
        guard let corpus = corpus.map({ URL(filePath: $0) }) ?? Corpora.folder else {
            guard ProcessInfo.processInfo.environment["CI"] != "true" else {
                throw ValidationError("the corpora are not beside the checkout, and SHARDKIT_CORPUS names none")
            }
            print("skipped: the corpora are not beside the checkout, and SHARDKIT_CORPUS names none")
            return
        }
        if let job, let output {
            try await JobProcess.work(try parse(job), corpus: corpus, options: options(), output: output)
            return
        }
        let names = LogicFile.names(in: corpus).filter { name in filter.map { name.contains($0) } ?? true }
        if plain {
            try runPlain(names, corpus)
            return
        }
        let foreman = Foreman(
            jobs: try jobs(names), corpus: corpus, state: URL(filePath: state), workers: workers, timeout: timeout,
            flags: ["--seed", "\(seed)"] + (strict ? ["--strict"] : []))
        if fresh { try foreman.forget() }
        let reports = try await foreman.run()
        try tell(reports)
    }

    private func options() -> LogicRun.Options {
        var options = LogicRun.Options()
        options.seed = seed
        options.isStrict = strict
        return options
    }

    private func parse(_ text: String) throws -> ConformanceJob {
        guard let job = ConformanceJob(text) else { throw ValidationError("\(text) is not a job") }
        return job
    }

    private func jobs(_ names: [String]) throws -> [ConformanceJob] {
        var jobs: [ConformanceJob]
        switch (shards, declarations, every, full) {
        case (nil, nil, nil, true): jobs = ConformanceJob.full(names)
        case (nil, nil, nil, false): jobs = ConformanceJob.usual(names)
        default:
            let numbers = try (shards ?? "5").split(separator: ",").map { text in
                guard let number = Int(text), number > 0 else {
                    throw ValidationError("\(text) is no number of shards")
                }
                return number
            }
            let wanted = try (declarations ?? "primary-key").split(separator: ",").map { text in
                guard let declaration = Declaration(rawValue: String(text)) else {
                    throw ValidationError("\(text) is not a declaration")
                }
                return declaration
            }
            jobs = names.flatMap { file in
                numbers.flatMap { number in
                    wanted.map {
                        ConformanceJob(file: file, shards: number, declaration: $0, every: max(every ?? 1, 1))
                    }
                }
            }
        }
        if let sample {
            var random = SeededOrder(seed: UInt64(bitPattern: Int64(seed)))
            jobs = Array(jobs.shuffled(using: &random).prefix(sample))
        }
        return jobs
    }

    private func runPlain(_ names: [String], _ corpus: URL) throws {
        var passed: [String: Int] = [:]
        var failures = 0
        for name in names {
            let result = try PlainRun.run(try LogicFile(corpus: corpus, name: name))
            passed[String(name.prefix { $0 != "/" }), default: 0] += result.passed
            failures += result.failed.count
            for failure in result.failed { print("\(name):\(failure)") }
        }
        for (folder, count) in passed.sorted(by: { $0.key < $1.key }) { print("\(folder): \(count) pass") }
        if failures > 0 { throw ExitCode.failure }
    }

    private func tell(_ reports: [FileReport]) throws {
        let table = ConformanceTable(reports)
        if showRefused {
            for report in reports {
                for (code, first) in report.firstRefusals.sorted(by: { $0.key < $1.key }) {
                    print("\(report.file) (\(report.shards) shards, \(report.declaration.rawValue)) \(code): \(first)")
                }
            }
        }
        for report in reports {
            if let broken = report.broken {
                print("BROKEN \(report.file) (\(report.shards) shards, \(report.declaration.rawValue)): \(broken)")
            }
            guard showWrong else { continue }
            for wrong in report.wrongs {
                print("WRONG \(report.file):\(wrong.line) (\(report.shards) shards, \(report.declaration.rawValue))")
                for statement in wrong.setup ?? ["-- after many statements: see the file"] { print(statement + ";") }
                print(wrong.sql)
                print("-- expected\n\(wrong.expected)\n-- got\n\(wrong.got)\n")
            }
        }
        let together = table.together(in: "sqllogictest/random")
        for file in together { print("\(file): its rows stand on one shard") }
        if let report {
            let how =
                full
                ? "All files on 1, 2 and 5 shards, all queries."
                : "All files: on 5 shards by the primary key all queries, elsewhere every eighth."
            try table.markdown(how: how).write(toFile: report, atomically: true, encoding: .utf8)
        }
        print(table.summary)
        if !table.isRight || !together.isEmpty { throw ExitCode.failure }
    }
}
