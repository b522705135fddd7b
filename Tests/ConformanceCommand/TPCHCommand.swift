import ArgumentParser
import Conformance
import Foundation

/// The 22 queries of TPC-H at scale factor 0.01: rung, time, time of plain SQLite.
struct TPCHCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tpch", abstract: "Run TPC-H's queries on sharded and on plain SQLite.",
        discussion: "Exit status: 0 all published answers; 1 a wrong answer or a refusal.")

    @Option(help: "The folder that Scripts/make-tpch.sh has made.")
    var folder = ".build/tpch"
    @Option(help: "The number of shards.")
    var shards = 4
    @Option(help: "Runs of each query; the fastest counts.")
    var repeats = 3

    mutating func run() async throws {
        print("query rung        shards   rows   sharded ms     plain ms  answer")
        let outcomes = try await TPCHRun.run(
            folder: URL(filePath: folder), shards: shards, repeats: repeats
        ) { outcome in
            let answer =
                outcome.difference.map { "WRONG: \($0)" } ?? outcome.refusal.map { "refused, \($0)" }
                ?? outcome.plainDifference.map { "right, but plain SQLite: \($0)" } ?? "right"
            let numbers = [
                pad("\(outcome.shards)", 8), pad("\(outcome.rows)", 6),
                pad(String(format: "%.1f", outcome.milliseconds), 12),
                pad(String(format: "%.1f", outcome.plainMilliseconds), 12),
            ]
            let rung = outcome.rung.padding(toLength: 10, withPad: " ", startingAt: 0)
            print("\(pad("\(outcome.number)", 5)) \(rung)\(numbers.joined(separator: " "))  \(answer)")
        }
        let right = outcomes.count { $0.difference == nil && $0.refusal == nil }
        print("\(right) of \(outcomes.count) answered as published, \(shards) shards")
        if right < outcomes.count { throw ExitCode.failure }
    }

    private func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
