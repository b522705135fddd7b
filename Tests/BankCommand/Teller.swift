import Foundation
import ShardBase
import ShardKit
import Synchronization

/// One process that moves money until it is killed, and writes down each transfer that it was told is made.
struct Teller {
    let directory: String
    let shards: Int
    let urls: [String]
    let writers: Int
    let seed: UInt64
    let acknowledgements: String

    func run() async throws {
        let database = try await ShardedDatabase.open(Bank.configuration(directory, shards: shards, urls: urls))
        let paper = try Paper(acknowledgements)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    var random = SeededGenerator(seed: seed &* 1000 &+ UInt64(writer))
                    var number = 0
                    while true {
                        number += 1
                        let id = "\(seed)-\(writer)-\(number)"
                        guard try await step(id, database, &random) else { continue }
                        paper.write(id)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// - Returns: whether a transfer of that name was made.
    private func step(
        _ id: String, _ database: ShardedDatabase, _ random: inout SeededGenerator
    ) async throws -> Bool {
        let from = Int.random(in: 1...Bank.accounts, using: &random)
        let to = Int.random(in: 1...Bank.accounts, using: &random)
        let amount = Int.random(in: 1...9, using: &random)
        let kind = Int.random(in: 0..<100, using: &random)
        do {
            switch kind {
            case 0..<85:
                return try await transfer(id, amount, from: from, to: to, isOrderly: kind > 0, database)
            // A condition over all shards is not asked in a write to servers, so far.
            case 85..<92 where urls.isEmpty:
                try await database.execute(
                    """
                    UPDATE accounts SET balance = balance + CASE id WHEN \(from) THEN \(amount) ELSE 0 - \(amount) END
                    WHERE id IN (\(from), \(to)) AND (SELECT count(*) FROM accounts WHERE id IN (\(from), \(to))) = 2
                    """)
            case 85..<96:
                try await database.execute("UPDATE rates SET value = value + 1")
            default:
                // An account moves to another number, and mostly to another shard, and one moves back.
                let far = from + 1000
                try await database.execute(
                    "UPDATE accounts SET id = CASE WHEN id > 1000 THEN id - 1000 ELSE id + 1000 END WHERE id IN (\(from), \(far))"
                )
            }
            return false
        } catch let error as ShardError where error.isRetryable {
            return false
        }
    }

    private func transfer(
        _ id: String, _ amount: Int, from: Int, to: Int, isOrderly: Bool, _ database: ShardedDatabase
    ) async throws -> Bool {
        try await database.withSession { session in
            try await session.execute(urls.isEmpty ? "BEGIN IMMEDIATE" : "BEGIN")
            do {
                // Locks every shard in order; who takes them as they come may wait for one another in a ring.
                if isOrderly { try await session.execute("UPDATE rates SET value = value WHERE id = 1") }
                let paid = try await session.execute(
                    "UPDATE accounts SET balance = balance - \(amount) WHERE id = \(from)")
                let got = try await session.execute(
                    "UPDATE accounts SET balance = balance + \(amount) WHERE id = \(to)")
                // One of them may be at another number just now.
                guard paid.changes == 1, got.changes == 1 else {
                    try await session.execute("ROLLBACK")
                    return false
                }
                try await session.execute("INSERT INTO transfers VALUES (\(id), \(amount))")
                try await session.execute("INSERT INTO journal VALUES (\("paid " + id))")
                try await session.execute("COMMIT")
                return true
            } catch {
                _ = try? await session.execute("ROLLBACK")
                throw error
            }
        }
    }
}

/// What the teller was told, line by line; a line that is whole was told before the teller died.
final class Paper: Sendable {
    private let file: Mutex<FileHandle>

    init(_ path: String) throws {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        file = Mutex(try FileHandle(forWritingTo: URL(filePath: path)))
    }

    func write(_ line: String) { file.withLock { $0.write(Data((line + "\n").utf8)) } }
}
