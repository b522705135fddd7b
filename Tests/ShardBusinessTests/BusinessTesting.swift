import Foundation
import PostgresPair
import PostgresServer
import ShardKit
import Synchronization
import Testing

/// Which databases a test runs over.
enum Kind: String, CaseIterable, CustomTestStringConvertible {
    case sqlite, postgresql

    var testDescription: String { rawValue }
    /// Those that can be had here.
    static let all: [Kind] = PostgresInstallation.shouldTest ? [.sqlite, .postgresql] : [.sqlite]
}

/// A database on fresh shards for as long as `body` runs.
func withDatabase<Result>(
    _ kind: Kind, shards: Int = 2, _ body: (ShardedDatabase) async throws -> Result
) async throws -> Result {
    switch kind {
    case .sqlite:
        var configuration = try Configuration.temporary(shardCount: shards)
        configuration.busyTimeout = .seconds(5)
        defer { configuration.removeFiles() }
        let database = try await ShardedDatabase.create(configuration)
        do {
            let result = try await body(database)
            await database.close()
            return result
        } catch {
            await database.close()
            throw error
        }
    case .postgresql:
        let pair = try await PostgresPair.make(shards: shards)
        do {
            let result = try await body(pair.sharded)
            await pair.remove()
            return result
        } catch {
            await pair.remove()
            throw error
        }
    }
}

/// Lines that tasks write, in the order in which they do.
final class Log: Sendable {
    private let state = Mutex<[String]>([])
    func write(_ line: String) { state.withLock { $0.append(line) } }
    var lines: [String] { state.withLock { $0 } }
}
