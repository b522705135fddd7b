import Foundation
import Fuzzing
import PlainEngine
import ShardKit
import ShardSQL
import Testing

/// `fixtures/logic/*.sql`: each statement runs on shards and on one plain SQLite; rows, changes and errors are compared, and
/// nothing may be refused.
@Suite("logic files")
struct LogicFileTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "fixtures/logic")

    static func files() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter { $0.hasSuffix(".sql") }
            .sorted()
    }

    @Test(
        "every statement answers as in one database", arguments: files(),
        ["HASH(primary key)", "HASH(primary key) INTO 7 PARTITIONS", "BROADCAST"])
    func answers(_ file: String, _ declaration: String) async throws {
        let text = try String(contentsOf: Self.folder.appending(path: file), encoding: .utf8)
        let plain = try PlainDatabase()
        var tally = Tally()
        try await withTemporaryDatabase(shards: 3, byDefault: declaration) { database in
            try await database.withSession { session in
                for piece in Parser.split(text, dialect: .sqlite) {
                    let sql = String(text[piece])
                    guard (try? Parser.parse(sql, dialect: .sqlite)) != nil else { continue }
                    let outcome = await Comparison.run(sql, sharded: session, plain: plain)
                    tally.add(outcome, sql)
                    switch outcome {
                    case .right, .bothFail: break
                    case .refused(let code): Issue.record("\(file), \(declaration): refused [\(code.rawValue)]: \(sql)")
                    case .wrong(let why): Issue.record("\(file), \(declaration): \(sql): \(why)")
                    }
                }
            }
        }
        #expect(tally.right > 40)
        #expect(tally.several > tally.right / 4 || declaration == "BROADCAST")
    }
}
