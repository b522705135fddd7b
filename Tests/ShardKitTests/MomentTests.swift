import ShardBase
import ShardKit
import Testing

/// A statement over several shards sees all of another session's commit over several shards, or nothing of it.
@Suite("moments")
struct MomentTests {
    private static let accounts = 12

    @Test(
        "money that moves between shards is always all there",
        arguments: [
            // Merged streams, a short scatter, a private engine, two tables in one statement.
            "SELECT sum(balance) FROM accounts",
            "SELECT sum(balance) FROM (SELECT balance FROM accounts WHERE id IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12))",
            "SELECT DISTINCT sum(balance) OVER () FROM accounts",
            "SELECT (SELECT sum(balance) FROM accounts) + (SELECT sum(amount) FROM pockets)",
        ])
    func conserved(_ query: String) async throws {
        let seed = UInt64.random(in: .min ... .max)
        try await withTemporaryDatabase(shards: 4) { database in
            try await database.execute("CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL)")
            try await database.execute("CREATE TABLE pockets (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL)")
            for id in 1...Self.accounts {
                try await database.execute("INSERT INTO accounts VALUES (\(id), 1000)")
                try await database.execute("INSERT INTO pockets VALUES (\(id), 0)")
            }
            let usesPockets = query.contains("pockets")
            try await withThrowingTaskGroup(of: Int.self) { group in
                for writer in 0..<2 {
                    group.addTask {
                        var random = SeededGenerator(seed: seed &+ UInt64(writer))
                        for _ in 0..<60 {
                            let from = Int.random(in: 1...Self.accounts, using: &random)
                            let to = from % Self.accounts + 1
                            let amount = Int.random(in: 1...9, using: &random)
                            if usesPockets {
                                try await Self.move(amount, from: from, to: to, database)
                            } else {
                                try await database.execute(
                                    """
                                    UPDATE accounts SET balance = balance + CASE id WHEN \(to) THEN \(amount) ELSE -\(amount) END
                                    WHERE id IN (\(from), \(to))
                                    """)
                            }
                        }
                        return 0
                    }
                }
                for _ in 0..<2 {
                    group.addTask {
                        var wrong = 0
                        for _ in 0..<60 {
                            let total = try await database.query(SQLText(query, values: [])).decode(Int.self).first()
                            if total != 1000 * Self.accounts { wrong += 1 }
                        }
                        return wrong
                    }
                }
                var wrong = 0
                for try await count in group { wrong += count }
                #expect(wrong == 0, "seed \(seed)")
            }
        }
    }

    /// Two such transactions can wait for each other's shard: the one that is told so begins again.
    private static func move(_ amount: Int, from: Int, to: Int, _ database: ShardedDatabase) async throws {
        while true {
            do {
                return try await database.withTransaction { transaction in
                    try await transaction.execute(
                        "UPDATE accounts SET balance = balance - \(amount) WHERE id = \(from)")
                    try await transaction.execute(
                        "UPDATE pockets SET amount = amount + \(amount) WHERE id = \(to)")
                }
            } catch let error as ShardError where error.isRetryable {
                continue
            }
        }
    }
}
