import Foundation
import ShardKit
import Testing

@testable import ShardKit

/// Files that are read in pieces give the same whatever the pieces' size.
struct StreamTests {
    private func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
        let file = FileManager.default.temporaryDirectory.appending(path: "shardkit-stream-\(UUID().uuidString)")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try body(file.path)
    }

    static let script = """
        -- a dump; with a semicolon in its comment
        CREATE TABLE t (a TEXT, "b;c" TEXT);
        INSERT INTO t VALUES ('it''s; fine', 'über – 日本 😀'); INSERT INTO t VALUES (x'3b', /* ; */ 'two
        lines;');
        CREATE TRIGGER g AFTER INSERT ON t BEGIN
            UPDATE t SET a = CASE WHEN 1 THEN 'x;' END; DELETE FROM t WHERE 0;
        END;
        ;; SELECT 1
        """

    @Test("a script's statements and their lines do not depend on where it was cut", arguments: 1...40)
    func statements(size: Int) throws {
        try withFile(Array(Self.script.utf8)) { path in
            var stream = StatementStream(try FileChunks(path, size: size), name: "script")
            var statements: [String] = []
            var lines: [Int] = []
            while let statement = try stream.next() {
                statements.append(String(statement.text))
                lines.append(statement.line)
            }
            #expect(statements == SQLScript(Self.script).statements.map(String.init), "size \(size)")
            #expect(statements.count == 5)
            #expect(lines == [1, 3, 3, 5, 8])
        }
    }

    @Test("bytes that are no UTF-8 are an error, not a guess")
    func malformed() throws {
        try withFile(Array("SELECT '".utf8) + [0xFF] + Array("';".utf8)) { path in
            var stream = StatementStream(try FileChunks(path, size: 3), name: "script")
            #expect(throws: ShardError.self) { while try stream.next() != nil {} }
        }
    }

    @Test("a CSV file's records do not depend on where it was cut", arguments: 1...20)
    func records(size: Int) throws {
        let text = "\u{FEFF}id,name\r\n1,\"a \"\"b\"\", c\"\r\n\n2,\"two\nlines\"\n3,\n4,\"\"\n日,é"
        try withFile(Array(text.utf8)) { path in
            let chunks = try FileChunks(path, size: size)
            var reader = try CSVReader { () throws(ShardError) in try chunks.next() }
            var records: [[String?]] = []
            var lines: [Int] = []
            while let record = try reader.next() {
                records.append(
                    record.map { $0.isQuoted || !$0.text.isEmpty ? String(decoding: $0.text, as: UTF8.self) : nil })
                lines.append(reader.line)
            }
            #expect(
                records == [
                    ["id", "name"], ["1", "a \"b\", c"], ["2", "two\nlines"], ["3", nil], ["4", ""], ["日", "é"],
                ])
            #expect(lines == [2, 3, 6, 7, 8, 9])
        }
    }
}
