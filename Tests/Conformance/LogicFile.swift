public import Foundation

/// A file of the sqllogictest format, read for the engine `sqlite`.
///
/// The format is that of SQLite's sqllogictest (sqlite.org/sqllogictest, "Test Script Format"): records ended by an empty
/// line, `statement ok|error`, `query TYPES [SORT [LABEL]]`, conditions `skipif`/`onlyif`, `halt`, `hash-threshold`.
public struct LogicFile: Sendable {
    /// The path below the corpus, without `.test.gz`.
    public var name: String
    public var records: [LogicRecord]

    /// Reads a text. Records for other engines and everything after an effective `halt` are left out.
    public init(name: String, text: String, engine: String = "sqlite") {
        self.name = name
        var reader = LogicReader(text, engine: engine)
        records = reader.read()
    }

    /// Reads a gzipped file of the corpus.
    public init(corpus: URL, name: String, engine: String = "sqlite") throws {
        self.init(
            name: name, text: try Corpora.unzipped(corpus.appending(path: name + ".test.gz")), engine: engine)
    }

    /// The folders of the corpus that hold such files.
    public static let folders = ["sqllogictest", "sqlite-tests", "postgresql-tests", "duckdb-tests"]

    /// The names of all files below those folders, sorted.
    public static func names(in corpus: URL) -> [String] {
        var names: [String] = []
        for folder in folders {
            let files = FileManager.default.enumerator(atPath: corpus.appending(path: folder).path)
            while let file = files?.nextObject() as? String {
                if file.hasSuffix(".test.gz") { names.append(folder + "/" + file.dropLast(8)) }
            }
        }
        return names.sorted()
    }
}

/// One record: SQL and what must come of it.
public struct LogicRecord: Sendable {
    public enum Sort: String, Sendable { case nosort, rowsort, valuesort }

    public struct Query: Sendable {
        /// `I`, `R` or `T` per column.
        public var types: [UInt8]
        public var sort: Sort
        /// The answer as written, one value or one hash sentence; nil where the file has none.
        public var expected: [String]?
    }

    public enum Kind: Sendable {
        case statement(fails: Bool)
        case query(Query)
    }

    /// The line of `statement` or `query`, from 1.
    public var line: Int
    public var sql: String
    public var kind: Kind
}

private struct LogicReader {
    private let lines: [Substring]
    private let engine: String
    private var at = 0

    init(_ text: String, engine: String) {
        lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false).map { line in
            Substring(line.last == 13 ? line.dropLast() : line)
        }
        self.engine = engine
    }

    mutating func read() -> [LogicRecord] {
        var records: [LogicRecord] = []
        var isForUs = true
        while at < lines.count {
            let line = lines[at]
            at += 1
            guard let first = line.utf8.first, first != UInt8(ascii: "#") else { continue }
            let words = line.split(separator: " ")
            guard let word = words.first else { continue }
            let argument = words.count > 1 ? String(words[1]) : ""
            switch word {
            case "skipif":
                if argument == engine { isForUs = false }
            case "onlyif":
                if argument != engine { isForUs = false }
            case "halt":
                if isForUs { return records }
                isForUs = true
            case "statement":
                let number = at
                let sql = self.sql().text
                if isForUs {
                    records.append(
                        LogicRecord(line: number, sql: sql, kind: .statement(fails: argument == "error")))
                }
                isForUs = true
            case "query":
                let number = at
                let (sql, hasAnswer) = self.sql()
                let expected = hasAnswer ? answer() : nil
                if isForUs {
                    let sort = words.count > 2 ? LogicRecord.Sort(rawValue: String(words[2])) : nil
                    let query = LogicRecord.Query(
                        types: Array(argument.utf8), sort: sort ?? .nosort, expected: expected)
                    records.append(LogicRecord(line: number, sql: sql, kind: .query(query)))
                }
                isForUs = true
            default:
                // `hash-threshold` says how the file was written; answers tell by their form whether they are hashes.
                isForUs = true
            }
        }
        return records
    }

    /// The lines up to an empty one or `----`.
    private mutating func sql() -> (text: String, hasAnswer: Bool) {
        let start = at
        while at < lines.count, !lines[at].isEmpty, lines[at] != "----" { at += 1 }
        let text = lines[start..<at].joined(separator: "\n")
        let hasAnswer = at < lines.count && lines[at] == "----"
        at += 1
        return (text, hasAnswer)
    }

    private mutating func answer() -> [String] {
        let start = at
        while at < lines.count, !lines[at].isEmpty { at += 1 }
        defer { at += 1 }
        return lines[start..<at].map(String.init)
    }
}
