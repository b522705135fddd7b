import ArgumentParser
import Conformance
import Foundation
import PostgresPair
import PostgresServer

/// Runs the corpora meant for PostgreSQL on sharded databases over PostgreSQL.
struct PostgresCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "postgresql", abstract: "Run the corpora for PostgreSQL on databases over PostgreSQL shards.",
        discussion: "Exit status: 0 nothing is wrong; 1 something is; 64 the command line is wrong.")

    @Option(help: "The folder of the corpora (default: SHARDKIT_CORPUS, else beside the checkout).")
    var corpus: String?
    @Option(help: "Write the table to this file.")
    var report: String?
    @Option(help: "Numbers of shards.")
    var shards = "2,4"
    @Option(help: "Declarations: primary-key (ShardKit's own choice), other-column, half-broadcast.")
    var declarations: String?
    @Option(help: "Run only files whose name contains this.")
    var filter: String?
    @Option(help: "Files at a time.")
    var workers = 2
    @Flag(help: "Print what is wrong.")
    var showWrong = false
    @Flag(help: "Print why statements were refused, by frequency.")
    var showRefused = false

    static let usual: [Declaration] = [.primaryKey, .otherColumn, .halfBroadcast]

    func run() async throws {
        guard let folder = corpus.map({ URL(filePath: $0) }) ?? Corpora.folder else {
            guard ProcessInfo.processInfo.environment["CI"] != "true" else {
                throw ValidationError("the corpora are not beside the checkout, and SHARDKIT_CORPUS names none")
            }
            print("skipped: the corpora are not beside the checkout, and SHARDKIT_CORPUS names none")
            return
        }
        guard PostgresInstallation.shouldTest else { return }
        let names = LogicFile.names(in: folder).filter { name in
            (name.hasPrefix("postgresql-tests") || name.hasPrefix("duckdb-tests"))
                && (filter.map { name.contains($0) } ?? true)
        }
        let wanted =
            try declarations.map { text in
                try text.split(separator: ",").map { word in
                    guard let declaration = Declaration(rawValue: String(word)), Self.usual.contains(declaration) else {
                        throw ValidationError("\(word) is no declaration of PostgreSQL shards")
                    }
                    return declaration
                }
            } ?? Self.usual
        let server = try PostgresServer.start(settings: ["max_connections": "200"])
        defer { server.stop() }
        var jobs: [(name: String, shards: Int, declaration: Declaration)] = []
        for count in shards.split(separator: ",").compactMap({ Int($0) }) {
            for declaration in wanted { for name in names { jobs.append((name, count, declaration)) } }
        }
        var reports: [FileReport] = []
        try await withThrowingTaskGroup(of: FileReport.self) { group in
            var next = jobs.makeIterator()
            for _ in 0..<max(1, workers) {
                if let job = next.next() { group.addTask { try await Self.work(job, folder, server) } }
            }
            while let report = try await group.next() {
                reports.append(report)
                if reports.count % 50 == 0 { print("\(reports.count) of \(jobs.count)") }
                if let job = next.next() { group.addTask { try await Self.work(job, folder, server) } }
            }
        }
        reports.sort { ($0.file, $1.shards, $0.declaration.rawValue) < ($1.file, $0.shards, $1.declaration.rawValue) }
        if showWrong {
            for report in reports {
                for wrong in report.wrongs {
                    print("\(report.file):\(wrong.line) (\(report.shards) shards, \(report.declaration.rawValue))")
                    print(
                        "  \(wrong.sql.prefix(600))\n  expected: \(wrong.expected.prefix(500))\n  got: \(wrong.got.prefix(500))"
                    )
                }
            }
        }
        if showRefused {
            var reasons: [String: Int] = [:]
            for report in reports { reasons.merge(report.reasons, uniquingKeysWith: +) }
            for (reason, count) in reasons.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
                print("\(count)  \(reason)")
            }
        }
        let table = ConformanceTable(reports)
        if let report {
            try table.markdown(
                how:
                    "Databases over PostgreSQL servers; a plain PostgreSQL database runs beside each, \(names.count) files.",
                plain: "plain PostgreSQL"
            ).write(
                toFile: report, atomically: true, encoding: .utf8)
        }
        print(table.summary)
        if !table.isRight { throw ExitCode.failure }
    }

    private static func work(
        _ job: (name: String, shards: Int, declaration: Declaration), _ corpus: URL, _ server: PostgresServer
    ) async throws -> FileReport {
        let pair = try await PostgresPair.make(shards: job.shards, on: server)
        let file = try LogicFile(corpus: corpus, name: job.name, engine: "postgresql")
        do {
            let report = try await PostgresLogicRun.run(
                file, on: pair, shards: job.shards, declaration: job.declaration)
            await pair.remove()
            return report
        } catch {
            await pair.remove()
            throw error
        }
    }
}
