import ArgumentParser
import Foundation
import Fuzzing

/// Random schemas, rows, sharding declarations and statements: sharded beside plain SQLite, and rung 4 beside the others.
@main
struct FuzzCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shardkit-fuzz", abstract: "Compare random statements on sharded databases with plain SQLite.",
        discussion: "Exit status: 0 nothing is wrong; 1 something is; 64 the command line is wrong.")

    @Option(help: "Decides everything; a case names the seed that makes it as the first round. Default: a new one.")
    var seed: UInt64?
    @Option(help: "How many statements.")
    var statements = 10_000
    @Option(help: "How many shards; 0: one to five, by the seed.")
    var shards = 0
    @Option(help: "Stop after so many seconds.")
    var seconds: Int?
    @Option(help: "Statements of one schema.")
    var round = 200
    @Option(help: "Stop after so many wrong answers.")
    var wrong = 5
    @Option(help: "Rounds at a time.")
    var workers = 2
    @Option(
        help:
            "Put a fault into the plans, to see it caught: \(PlanFault.allCases.map(\.rawValue).joined(separator: ", "))."
    )
    var fault: String?
    @Flag(help: "Do not make cases small.")
    var raw = false
    @Flag(help: "Write each statement to standard error before it runs: the last one is what a crash came from.")
    var trace = false
    @Option(help: "Run this script of a case on both sides instead, values as literals; --shards as the case says.")
    var replay: String?
    @Flag(help: "Show some errors that have other words than plain SQLite's.")
    var showWords = false

    func run() async throws {
        if let replay {
            let text = try String(contentsOfFile: replay, encoding: .utf8)
            let lines = try await Replay.run(text, shards: max(1, shards))
            print(lines.joined(separator: "\n"))
            if !lines.isEmpty { throw ExitCode(1) }
            return
        }
        let first = seed ?? UInt64.random(in: 0..<1_000_000_000)
        var fuzzer = Fuzzer(seed: first, shards: shards)
        fuzzer.roundLength = round
        fuzzer.shrinks = !raw
        if trace { fuzzer.trace = { FileHandle.standardError.write(Data(($0 + "\n").utf8)) } }
        if let fault {
            guard let known = PlanFault(rawValue: fault) else { throw ValidationError("\(fault) is not a fault") }
            fuzzer.fault = known
        }
        print("seed \(first)")
        let start = Date()
        var report = FuzzReport()
        var shown = start
        var next = 0
        try await withThrowingTaskGroup(of: FuzzReport.self) { group in
            func add() {
                let (number, left) = (next, max(1, statements - report.statements))
                next += 1
                group.addTask { [fuzzer] in try await fuzzer.round(number, limit: left) }
            }
            for _ in 0..<max(1, workers) { add() }
            while let part = try await group.next() {
                report.merge(part)
                for wrong in part.wrong { print("\nWRONG\n\(wrong.script)\n") }
                let elapsed = Date().timeIntervalSince(start)
                if Date().timeIntervalSince(shown) > 10 {
                    shown = Date()
                    FileHandle.standardError.write(
                        Data("\(report.statements) statements, \(report.wrong.count) wrong, \(Int(elapsed)) s\n".utf8))
                }
                let isLate = seconds.map { elapsed > Double($0) } ?? false
                if report.statements < statements, report.wrong.count < wrong, !isLate { add() }
            }
        }
        if showWords { for words in report.otherWordsShown { print(words) } }
        print(report.coverage.lines.joined(separator: "\n"))
        print("\(report.summary) (seed \(first), \(Int(Date().timeIntervalSince(start))) s)")
        if !report.wrong.isEmpty { throw ExitCode(1) }
    }
}
