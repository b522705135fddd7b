import Foundation
import ShardSQL
import Testing

/// The statements under `fixtures/statements`.
struct Fixture: CustomTestStringConvertible {
    var dialect: Dialect
    var file: String
    var line: Int
    var sql: String
    /// Whether the text is the printer's own form.
    var isCanonical: Bool

    var testDescription: String { "\(dialect.name)/\(file):\(line)" }
}

enum Fixtures {
    enum Failure: Error { case noStatements(String) }

    /// All statements of both dialects. Throws where a dialect has none: an empty suite proves nothing.
    static func statements() throws -> [Fixture] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("fixtures/statements")
        var result: [Fixture] = []
        for dialect in [Dialect.sqlite, .postgresql] {
            let folder = root.appendingPathComponent(dialect.name)
            let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            let before = result.count
            for file in files.sorted() where file.hasSuffix(".sql") {
                let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
                result += statements(of: text, dialect, file)
            }
            if result.count - before < 100 { throw Failure.noStatements(dialect.name) }
        }
        return result
    }

    private static func statements(of text: String, _ dialect: Dialect, _ file: String) -> [Fixture] {
        if file == "loose.sql" {
            return pieces(of: text, dialect).map {
                Fixture(dialect: dialect, file: file, line: $0.line, sql: $0.sql, isCanonical: false)
            }
        }
        return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, line in
            guard !line.isEmpty, !line.hasPrefix("--") else { return nil }
            let sql = line.hasSuffix(";") ? String(line.dropLast()) : String(line)
            return Fixture(dialect: dialect, file: file, line: index + 1, sql: sql, isCanonical: true)
        }
    }

    private static func pieces(of text: String, _ dialect: Dialect) -> [(line: Int, sql: String)] {
        Parser.split(text, dialect: dialect).map { range in
            (text[..<range.lowerBound].filter { $0 == "\n" }.count + 1, String(text[range]))
        }
    }
}
