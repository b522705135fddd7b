import PlainEngine
import ShardKit

/// A file on plain SQLite alone: shows that the reader and the way answers are shown agree with the corpus.
public enum PlainRun {
    /// - Returns: the records that pass, and those that do not as `line: what`.
    public static func run(_ file: LogicFile) throws -> (passed: Int, failed: [String]) {
        let plain = try PlainDatabase()
        var passed = 0
        var failed: [String] = []
        for record in file.records {
            let pieces =
                record.sql.utf8.contains(UInt8(ascii: ";"))
                ? SQLScript(record.sql).statements.map(String.init) : [record.sql]
            do {
                var last: PlainDatabase.Result?
                for piece in pieces { last = try plain.run(piece) }
                switch record.kind {
                case .statement(fails: false): passed += 1
                case .statement(fails: true): failed.append("\(record.line): no error")
                case .query(let query):
                    let answer = EngineAnswer(columns: last?.columns ?? [], rows: last?.rows ?? [])
                    let shown = ShownAnswer(answer, types: query.types, sort: query.sort)
                    if query.expected.map({ shown.isExpected($0) }) ?? true {
                        passed += 1
                    } else {
                        failed.append("\(record.line): \(shown)")
                    }
                }
            } catch {
                switch record.kind {
                case .statement(fails: true): passed += 1
                case .query(let query) where query.expected?.isEmpty == true: passed += 1
                case .statement, .query: failed.append("\(record.line): \(error)")
                }
            }
        }
        return (passed, failed)
    }
}
