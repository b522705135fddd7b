import Foundation
import ShardKit

/// `bench run FILE …`: runs SQL scripts with optimised code, which the tests do not have, on one shard and on three.
/// Answers are the tests' business; here nothing may crash or be internally wrong.
enum LogicRun {
    static func main(_ files: [String], folder: URL) async throws {
        var statements = 0
        var rows = 0
        for file in files {
            let text = try String(contentsOfFile: file, encoding: .utf8)
            for shards in [1, 3] {
                let place = folder.appending(path: "\(URL(filePath: file).lastPathComponent)-\(shards)")
                try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
                var configuration = Configuration(directory: place.path, shardCount: shards)
                configuration.synchronous = .off
                let database = try await ShardedDatabase.create(configuration)
                try await database.withSession { session in
                    for statement in SQLScript(text).statements {
                        statements += 1
                        do {
                            let result = try await session.run(SQLText(String(statement), values: []))
                            while let batch = try await result.rows?.nextBatch() { rows += batch.rowCount }
                        } catch let error as ShardError where error.code != .internalError {
                            // Some statements are there to fail.
                        }
                    }
                }
                await database.close()
            }
        }
        print("optimised: \(statements) statements of \(files.count) files ran, \(rows) rows")
    }
}
