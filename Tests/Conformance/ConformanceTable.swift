/// The reports of many runs as the Markdown of `docs/conformance.md`: by folder, shards and declaration.
public struct ConformanceTable: Sendable {
    private struct Key: Hashable {
        var folder: String
        var shards: Int
        var declaration: Declaration
    }

    private struct Sum {
        var files = 0
        var statements = FileReport.Counts()
        var queries = FileReport.Counts()
        var several = 0
        var rungs: [String: Int] = [:]
        var substitutions = 0
        var tables = 0
        var broken = 0
        /// Files whose hashed rows stand on one shard only.
        var together = 0

        mutating func add(_ report: FileReport) {
            files += 1
            statements.add(report.statements)
            queries.add(report.queries)
            several += report.several
            rungs.merge(report.rungs, uniquingKeysWith: +)
            substitutions += report.substitutions
            tables += report.tables
            if report.broken != nil { broken += 1 }
            if report.spread < min(2, report.shards) { together += 1 }
        }
    }

    private var sums: [Key: Sum] = [:]
    private var folders: [String: Sum] = [:]
    private var all = Sum()
    private let reports: [FileReport]

    public init(_ reports: [FileReport]) {
        self.reports = reports
        for report in reports {
            let key = Key(folder: report.folder, shards: report.shards, declaration: report.declaration)
            sums[key, default: Sum()].add(report)
            folders[report.folder, default: Sum()].add(report)
            all.add(report)
        }
    }

    /// Whether nothing is wrong and every run came to its end.
    public var isRight: Bool { all.queries.wrong == 0 && all.statements.wrong == 0 && all.broken == 0 }

    /// One line for the end of a run.
    public var summary: String {
        "\(all.queries.total) queries: \(all.queries.right) right, \(all.queries.otherOrder) in another order, "
            + "\(all.queries.refusedTotal) refused, \(all.queries.afterRefusal) after a refusal, "
            + "\(all.queries.wrong) wrong (\(all.several) on two shards or more); \(all.statements.total) statements: "
            + "\(all.statements.right) right, \(all.statements.refusedTotal) refused, "
            + "\(all.statements.afterRefusal) after a refusal, \(all.statements.wrong) wrong; \(all.broken) runs broken"
    }

    /// Runs of `folder` whose hashed rows stand on one shard although there are more.
    public func together(in folder: String) -> [String] {
        reports.filter { $0.folder == folder && $0.spread < min(2, $0.shards) }.map(\.file)
    }

    public func markdown(how: String, plain: String = "plain SQLite") -> String {
        var lines = [
            "# Conformance", "",
            "Made by `make conformance`; do not edit. \(how)", "",
            "Each file is run on a fresh database. *Refused* counts every refusal, also where the file expects an error or",
            "nothing; *after refusal* is what differs from the file because a statement before it was refused, and is what",
            "\(plain) answers without that statement. *Other order*: right for SQL, which leaves the order open, but not",
            "the order the file shows. *≥ 2 shards* counts answered queries that asked two shards or more. *Substituted*:",
            "tables whose constraints forbid the declaration; they are hashed by the constraints' columns or stand on one shard.",
            "", "## Queries", "",
            "| folder | shards | declaration | files | queries | right | other order | refused | after refusal | wrong "
                + "| ≥ 2 shards | fast / route / merge / combine |",
            "|---|---|---|---|---|---|---|---|---|---|---|---|",
        ]
        for (key, sum) in ordered {
            let queries = sum.queries
            lines.append(
                "| `\(key.folder)` | \(key.shards) | \(key.declaration.title) | \(sum.files) | \(queries.total) "
                    + "| \(queries.right) | \(queries.otherOrder) | \(Self.share(queries.refusedTotal, queries.total)) "
                    + "| \(queries.afterRefusal) | \(queries.wrong) | \(sum.several) | \(Self.rungs(sum.rungs)) |")
        }
        lines += [
            "", "## Statements", "",
            "| folder | shards | declaration | statements | right | refused | after refusal | wrong | tables | substituted "
                + "| runs broken |", "|---|---|---|---|---|---|---|---|---|---|---|",
        ]
        for (key, sum) in ordered {
            let statements = sum.statements
            lines.append(
                "| `\(key.folder)` | \(key.shards) | \(key.declaration.title) | \(statements.total) | \(statements.right) "
                    + "| \(Self.share(statements.refusedTotal, statements.total)) | \(statements.afterRefusal) "
                    + "| \(statements.wrong) | \(sum.tables) | \(sum.substitutions) | \(sum.broken) |")
        }
        lines += ["", "## Refusals by code", "", "| folder | queries | statements |", "|---|---|---|"]
        for (folder, sum) in folders.sorted(by: { $0.key < $1.key }) {
            lines.append("| `\(folder)` | \(Self.codes(sum.queries)) | \(Self.codes(sum.statements)) |")
        }
        lines += ["", "All together: \(summary)."]
        return lines.joined(separator: "\n") + "\n"
    }

    private var ordered: [(key: Key, value: Sum)] {
        let declarations = Declaration.allCases
        return sums.sorted { a, b in
            (a.key.folder, -a.key.shards, declarations.firstIndex(of: a.key.declaration) ?? 0)
                < (b.key.folder, -b.key.shards, declarations.firstIndex(of: b.key.declaration) ?? 0)
        }
    }

    private static func share(_ count: Int, _ total: Int) -> String {
        guard count > 0, total > 0 else { return "0" }
        let hundredths = (count * 10_000 + total / 2) / total
        return "\(count) (\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) %)"
    }

    private static func rungs(_ rungs: [String: Int]) -> String {
        ["fast-path", "route", "merge", "combine"].map { "\(rungs[$0] ?? 0)" }.joined(separator: " / ")
    }

    private static func codes(_ counts: FileReport.Counts) -> String {
        counts.refused.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
            .joined(separator: ", ")
    }
}

extension FileReport.Counts {
    mutating func add(_ other: Self) {
        right += other.right
        otherOrder += other.otherOrder
        refused.merge(other.refused, uniquingKeysWith: +)
        afterRefusal += other.afterRefusal
        wrong += other.wrong
    }
}
