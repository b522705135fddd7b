import ArgumentParser
import ShardKit

/// Brings an existing database, dump or CSV file into the shards.
struct ImportCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring a database, an SQL dump or a CSV file into the shards.",
        discussion: """
            Brings over the schema, rows, indexes, views and triggers. What cannot be sharded is reported with its \
            reason, and the rest goes on; the exit status is 3 then. Tables are spread by the hash of their primary \
            key unless an option or the configuration says otherwise.
            """)

    @OptionGroup var configuration: ConfigurationOption
    @Option(
        name: .long, parsing: .singleValue,
        help: ArgumentHelp("How a table is spread: orders='HASH (user_id)'.", valueName: "table=clause"))
    var declare: [String] = []
    @Option(name: .long, help: ArgumentHelp("Tables that are whole on every shard.", valueName: "t1,t2"))
    var broadcast: String?
    @Option(name: .long, help: ArgumentHelp("Tables that are whole on one shard.", valueName: "t1,t2"))
    var single: String?
    @Option(name: .long, help: "For CSV: the table. Default: the file's name.")
    var table: String?
    @Argument(
        help: "The file. For PostgreSQL shards also a database: postgresql://host/name")
    var file: String

    func work() async throws {
        let options = try options()
        let file = file
        let report = try await interruptible {
            try await configuration.withDatabase { database in
                let bars = ProgressBars()
                let report = try await DatabaseImport(into: database, options: options) { bars.show($0) }.run(file)
                bars.finish()
                return report
            }
        }
        try Self.write(report)
        if report.objects.contains(where: { $0.outcome.error?.code == .cancelled }) { throw ExitStatus.interrupted }
        if !report.isComplete { throw ExitStatus.partial }
    }

    private func options() throws -> ImportOptions {
        var options = ImportOptions()
        options.csvTable = table
        for declaration in declare {
            guard let equals = declaration.firstIndex(of: "="), equals != declaration.startIndex else {
                throw ValidationError("--declare takes table=clause, for example orders='HASH (user_id)'")
            }
            options.declarations[String(declaration[..<equals])] = String(
                declaration[declaration.index(after: equals)...])
        }
        for name in (broadcast ?? "").split(separator: ",") { options.declarations[String(name)] = "BROADCAST" }
        for name in (single ?? "").split(separator: ",") { options.declarations[String(name)] = "SINGLE" }
        return options
    }

    private static func write(_ report: ImportReport) throws {
        let output = StandardOutput.output
        var counts: [String: Int] = [:]
        for object in report.objects {
            guard let found = object.outcome.error else {
                counts[object.kind.rawValue, default: 0] += 1
                continue
            }
            let error = CommandFailure.shardError(found)
            let rows = object.outcome.rows
            let what = rows > 0 ? "in part: \(NumberText.grouped(rows)) rows of" : "left out:"
            try output.line(CommandFailure.wrapped("\(what) \(object.kind.rawValue) \(object.name)", width: 80))
            try output.line(
                CommandFailure.wrapped("[\(error.code.rawValue)] \(error.message)", width: 80, indent: "  "))
            if let hint = error.hint {
                try output.line(CommandFailure.wrapped("hint: \(hint)", width: 80, indent: "  "))
            }
        }
        let parts = [
            ("table", "tables"), ("type", "types"), ("function", "functions"), ("foreign key", "foreign keys"),
            ("index", "indexes"), ("view", "views"), ("trigger", "triggers"),
        ].compactMap { one, many in counts[one].map { "\($0) \($0 == 1 ? one : many)" } }
        let rows = NumberText.grouped(report.rowCount)
        let text = "Imported \((parts.isEmpty ? ["nothing"] : parts).joined(separator: ", ")), \(rows) rows."
        try output.line(CommandFailure.wrapped(text, width: 80))
    }
}

/// A progress bar for each table in turn.
final class ProgressBars {
    private var bar: ProgressBar?
    private var table: String?
    private var rows: Int64 = 0

    func show(_ progress: ImportProgress) {
        if progress.table != table {
            finish()
            table = progress.table
            rows = 0
            bar = ProgressBar(title: progress.table, total: progress.total, unit: progress.unit.rawValue)
        }
        bar?.advance(by: progress.rows - rows, fraction: progress.fraction)
        rows = progress.rows
    }

    func finish() {
        bar?.finish()
        bar = nil
    }
}
