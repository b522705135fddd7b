import Foundation
import ShardValues
import Testing

@testable import Conformance

/// A sample of what `make conformance` runs: some files of every folder, some queries of each, all declarations.
@Suite("conformance", .serialized)
struct ConformanceTests {
    /// What is known to be wrong, as `file:line` (line 0: `shardkit check` at the end). It must be empty before anything is
    /// called done.
    static let known: Set<String> = []

    @Test("the runner reads and shows answers as the corpus does")
    func plain() throws {
        try #require(!Corpora.isMissingUnderCI)
        guard let corpus = Corpora.require("conformance, plain") else { return }
        var passed = 0
        for name in Self.sample(LogicFile.names(in: corpus), every: 40) {
            let result = try PlainRun.run(try LogicFile(corpus: corpus, name: name))
            #expect(result.failed.isEmpty, "\(name): \(result.failed.prefix(3))")
            passed += result.passed
        }
        #expect(passed > 100)
    }

    @Test("a difference is found: the runner cannot call everything right")
    func findsDifferences() throws {
        let text = """
            statement ok
            CREATE TABLE t(a)

            query I nosort
            SELECT 3 UNION ALL SELECT 1 ORDER BY 1
            ----
            1
            3

            onlyif postgresql
            query I nosort
            no SQL at all
            ----
            1
            """
        let file = LogicFile(name: "made/up", text: text)
        #expect(file.records.count == 2)
        let record = try #require(file.records.last)
        guard case .query(let query) = record.kind else {
            Issue.record("no query")
            return
        }
        func verdict(_ rows: [Int64], hasDiverged: Bool = false) -> Judge.Verdict {
            var judge = Judge(record, query, PlainTwin(), writes: false)
            let answer = EngineAnswer(columns: ["column1"], rows: rows.map { [.integer($0)] })
            judge.answered(answer, hasDiverged: hasDiverged, isStrict: false)
            return judge.verdict
        }
        #expect(verdict([1, 3]) == .right)
        #expect(verdict([1, 2]) == .wrong(expected: "1\n3", got: "1\n2"))
        #expect(verdict([1]) == .wrong(expected: "1\n3", got: "1"))
        #expect(verdict([3, 1]) == .wrong(expected: "1\n3", got: "3\n1"), "ORDER BY decides the order")
        #expect(verdict([3, 1], hasDiverged: true) == .wrong(expected: "1\n3", got: "3\n1"))
    }

    @Test("a file is run on shards: statements, errors, substitutions and where the rows stand")
    func runsAFile() async throws {
        let text = """
            statement ok
            CREATE TABLE t(a, b)

            statement ok
            CREATE TABLE u(id INTEGER PRIMARY KEY, v)

            statement ok
            INSERT INTO t VALUES (1, 2), (3, 4), (5, NULL), (6, 7)

            query II nosort
            SELECT * FROM t ORDER BY 1
            ----
            8 values hashing to 9a8e078ef1991eb85601f160090d6b20

            statement ok
            CREATE UNIQUE INDEX ub ON u(v)

            statement error
            SELECT a FROM t

            query I nosort
            SELECT nothing FROM t
            ----
            1
            """
        var options = LogicRun.Options()
        options.declaration = .otherColumn
        let report = try await LogicRun.run(LogicFile(name: "made/up", text: text), options)
        #expect(report.tables == 2)
        #expect(report.substitutions == 1, "no column is in both keys of u")
        #expect(report.spread >= 2)
        #expect(report.statements.right == 4)
        #expect(report.statements.wrong == 1, "an error was expected")
        #expect(report.queries.total == 2)
        #expect(report.queries.wrong == 0, "where the file is at odds with plain SQLite itself, plain SQLite decides")
    }

    @Test("nothing of a sample of the corpus is wrong")
    func sample() async throws {
        try #require(!Corpora.isMissingUnderCI)
        guard let corpus = Corpora.require("conformance, sample") else { return }
        let names = LogicFile.names(in: corpus)
        var reports: [FileReport] = []
        for (index, name) in Self.sample(names, every: 3).enumerated() {
            var options = LogicRun.Options()
            options.declaration = Declaration.allCases[index % Declaration.allCases.count]
            options.shards = [5, 2, 5, 1][index / 4 % 4]
            options.every = 16
            options.isStrict = true
            reports.append(try await LogicRun.run(try LogicFile(corpus: corpus, name: name), options))
        }
        let table = ConformanceTable(reports)
        print("conformance sample, \(reports.count) files: \(table.summary)")
        for report in reports {
            for wrong in report.wrongs where !Self.known.contains("\(report.file):\(wrong.line)") {
                Issue.record(
                    """
                    \(report.file):\(wrong.line) on \(report.shards) shards, \(report.declaration.title)
                    \(wrong.sql)
                    expected: \(wrong.expected)
                    got: \(wrong.got)
                    """)
            }
        }
    }

    /// Of so many files one, beginning in the middle; the large ones of `sqllogictest/index` are left to `make conformance`.
    private static func sample(_ names: [String], every: Int) -> [String] {
        let small = names.filter { !$0.hasPrefix("sqllogictest/index") || $0.contains("/10/") }
        return small.enumerated().filter { $0.offset % every == every / 2 }.map(\.element)
    }
}
