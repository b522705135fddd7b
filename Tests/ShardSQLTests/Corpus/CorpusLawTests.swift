import ShardSQL
import Testing

/// Laws over statements that others wrote.
@Suite(.serialized) struct CorpusLawTests {
    static let lists: [(name: String, dialect: Dialect)] = [("sqlite", .sqlite), ("postgresql", .postgresql)]

    /// A handful of the failures, to read, and how many there are.
    private func report(_ failures: [String]) -> Comment {
        "\(failures.count) failures, the first:\n\(failures.prefix(12).joined(separator: "\n"))"
    }

    @Test(arguments: [0, 1])
    func `what was printed parses to what prints the same`(_ list: Int) throws {
        guard let corpus = try Corpus.find() else { return }
        let (name, dialect) = Self.lists[list]
        let options = SQLPrinter.Options(dialect: dialect)
        var failures: [String] = []
        var parsed = 0
        let entries = try corpus.entries(name).filter { $0.error == nil }
        for entry in entries {
            guard let first = try? Parser.parse(entry.sql, dialect: dialect).statement else { continue }
            parsed += 1
            let printed = SQLPrinter.print(first, options: options)
            do {
                let second = try Parser.parse(printed, dialect: dialect).statement
                let again = SQLPrinter.print(second, options: options)
                if again != printed { failures.append("\(printed)\n  again: \(again)") }
                if second.classification != first.classification { failures.append("class of \(printed)") }
                let copy = first.mapped(includingSubqueries: true) { _ in nil }
                if SQLPrinter.print(copy, options: options) != printed { failures.append("rewriting \(printed)") }
            } catch {
                failures.append("\(error.message) at \(error.offset) in \(printed)\n  from: \(entry.sql)")
            }
        }
        #expect(failures.isEmpty, report(failures))
        #expect(parsed * 100 > entries.count * 97, "only \(parsed) of \(entries.count) parse")
    }

    @Test(arguments: [0, 1])
    func `a fingerprint finds the lexer's literals and nothing else`(_ list: Int) throws {
        guard let corpus = try Corpus.find() else { return }
        let (name, dialect) = Self.lists[list]
        var failures: [String] = []
        for entry in try corpus.entries(name) {
            if let failure = ScannerLaw.failure(Array(entry.sql.utf8), dialect) { failures.append(failure) }
        }
        #expect(failures.isEmpty, report(failures))
    }

    @Test func `SQLite understands the printed text as it does the original`() throws {
        guard let corpus = try Corpus.find() else { return }
        var failures: [String] = []
        var differing: [String] = []
        var compared = 0
        var explained = 0
        var engine = try PlainEngine()
        var file: String?
        for entry in try corpus.entries("sqlite") where entry.error == nil {
            if entry.file != file {
                engine = try PlainEngine()
                file = entry.file
            }
            guard let statement = try? Parser.parse(entry.sql, dialect: .sqlite).statement else { continue }
            if case .pragma = statement { continue }
            compared += 1
            let printed = SQLPrinter.print(statement)
            engine.provideTables(for: entry.sql)
            let before = engine.understanding(of: entry.sql, statement)
            let after = engine.understanding(of: printed, statement)
            // Columns without alias are named by their text; another text may mean them.
            let named = SQLPrinter.print(statement, options: SQLPrinter.Options(source: entry.sql))
            let afterNamed = engine.understanding(of: named, statement)
            if before != afterNamed {
                failures.append("\(entry.sql)\n  named: \(named)\n  \(before.difference(from: afterNamed))")
            } else if before.program != after.program {
                differing.append("\(entry.sql)\n  printed: \(printed)\n  \(before.difference(from: after))")
            }
            if !before.program.isEmpty { explained += 1 }
            engine.define(entry.sql, statement)
        }
        #expect(failures.isEmpty, report(failures))
        // A name that is an expression's text, as in SELECT b."min(x)+y" FROM (SELECT min(x)+y …) AS b.
        #expect(differing.count <= 1, report(differing))
        #expect(compared > 15_000)
        #expect(explained > 8_000, "only \(explained) programs were compared")
    }

    @Test(arguments: [0, 1])
    func `no prefix of a statement crashes the parser or the printer`(_ list: Int) throws {
        guard let corpus = try Corpus.find() else { return }
        let (name, dialect) = Self.lists[list]
        var generator = SeededGenerator(seed: 500)
        let sample = try corpus.entries(name).filter { $0.sql.utf8.count < 400 }.shuffled(using: &generator).prefix(500)
        var failures: [String] = []
        for entry in sample {
            let bytes = Array(entry.sql.utf8)
            for length in 0...bytes.count {
                if let failure = ParserLaw.failure(Array(bytes.prefix(length)), dialect) { failures.append(failure) }
            }
        }
        #expect(failures.isEmpty, report(failures))
    }

    @Test(arguments: [0, 1])
    func `no mutation of a statement crashes the parser or the printer`(_ list: Int) throws {
        guard let corpus = try Corpus.find() else { return }
        let (name, dialect) = Self.lists[list]
        let seed: UInt64 = 20_000
        var generator = SeededGenerator(seed: seed)
        let entries = try corpus.entries(name).filter { $0.sql.utf8.count < 600 }
        var failures: [String] = []
        for _ in 0..<10_000 {
            guard let entry = entries.randomElement(using: &generator) else { break }
            let mutated = Mutation.mutated(Array(entry.sql.utf8), &generator)
            if let failure = ParserLaw.failure(mutated, dialect) { failures.append(failure) }
            if let failure = ScannerLaw.failure(mutated, dialect) { failures.append(failure) }
        }
        #expect(failures.isEmpty, "seed \(seed): \(report(failures))")
    }
}
