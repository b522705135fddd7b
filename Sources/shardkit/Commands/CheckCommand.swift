import ArgumentParser
import ShardKit

/// Looks whether every shard is as the catalog says.
struct CheckCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Compare every shard with the catalog, and every row with its place.",
        discussion: """
            Opens everything, compares the schemas of all shards, counts rows, finds rows on the wrong shard and \
            broadcast copies that differ. Nothing is repaired. The exit status is 3 when something is not as it should be.
            """)

    @OptionGroup var configuration: ConfigurationOption

    func work() async throws {
        let (report, layout) = try await interruptible {
            try await configuration.withDatabase { (try await $0.check(), $0.ids.layout) }
        }
        let output = StandardOutput.output
        for count in report.tables {
            try output.line(Self.line(count, shards: report.shards))
        }
        for finding in report.findings {
            let text = "\(finding.kind.rawValue): \(finding.object) on \(finding.shard): \(finding.message)"
            try output.line(CommandFailure.wrapped(text, width: 80))
        }
        for limit in layout?.limits() ?? [] { try output.line(CommandFailure.wrapped(limit.sentence, width: 80)) }
        let tables = "\(report.tables.count) table\(report.tables.count == 1 ? "" : "s")"
        let shards = "\(report.shards.count) shard\(report.shards.count == 1 ? "" : "s")"
        if report.isClean {
            try output.line("All well: \(tables) on \(shards), schema epoch \(report.epoch).")
        } else {
            let count = report.findings.count
            try output.line("Found \(count) difference\(count == 1 ? "" : "s") in \(tables) on \(shards).")
            throw ExitStatus.partial
        }
    }

    private static func line(_ count: SchemaReport.TableCount, shards: [String]) -> String {
        let name = DisplayWidth.pad(DisplayWidth.cut(count.table, to: 24), to: 24)
        let rows = DisplayWidth.pad(NumberText.grouped(count.rows), to: 12, right: true)
        let perShard =
            shards.count > 4
            ? "" : "  (" + count.perShard.map { NumberText.grouped($0) }.joined(separator: ", ") + ")"
        return "\(name) \(rows) rows\(perShard)"
    }
}
