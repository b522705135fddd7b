import ShardKit

/// The bank's books: accounts whose balances always add up to the same, transfers that were made, a table without a key, and one
/// that is whole on every shard.
enum Bank {
    static let accounts = 60
    static let balance = 1000

    /// - Parameter urls: PostgreSQL databases; none: files.
    static func configuration(_ directory: String, shards: Int, urls: [String]) -> Configuration {
        guard urls.isEmpty else {
            return Configuration(
                cluster: "bank", directory: directory,
                shards: urls.enumerated().map { .init(name: "s\($0.offset)", path: $0.element) })
        }
        var configuration = Configuration(cluster: "bank", directory: directory, shardCount: shards)
        // Processes are killed here, not the machine.
        configuration.synchronous = .off
        // Two that lock two shards in opposite order wait for one another this long.
        configuration.busyTimeout = .milliseconds(30)
        return configuration
    }

    static func create(_ configuration: Configuration) async throws {
        let database = try await ShardedDatabase.create(configuration)
        for sql in [
            "CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INT NOT NULL) SHARD BY HASH (id) INTO 8 PARTITIONS",
            "CREATE TABLE transfers (id TEXT PRIMARY KEY, amount INT) SHARD BY HASH (id)",
            "CREATE TABLE journal (line TEXT) SHARD BY HASH (line)",
            "CREATE TABLE rates (id INTEGER PRIMARY KEY, value INT) BROADCAST",
            "INSERT INTO rates VALUES (1, 0), (2, 0)",
        ] { try await database.execute(SQLText(sql, values: [])) }
        for id in 1...accounts {
            try await database.execute("INSERT INTO accounts VALUES (\(id), \(balance))")
        }
        await database.close()
    }

    /// Looks at the books while others write them, until it is cancelled: each look sees every commit entirely or not at all.
    ///
    /// - Returns: how many looks.
    static func watch(_ configuration: Configuration) async throws -> Int {
        let database = try await ShardedDatabase.open(configuration)
        var looks = 0
        do {
            while !Task.isCancelled {
                try await look(database)
                looks += 1
                try? await Task.sleep(for: .milliseconds(3))
            }
        } catch let error as ShardError where error.code == .cancelled {
        } catch {
            await database.close()
            throw error
        }
        await database.close()
        return looks
    }

    private static func look(_ database: ShardedDatabase) async throws {
        do {
            let total = try await database.query("SELECT sum(balance), count(*) FROM accounts").first()
            guard total?[0] == .integer(Int64(accounts * balance)), total?[1] == .integer(Int64(accounts)) else {
                throw Tormentor.Failure(
                    description: "a look saw \(String(describing: total?.values)) in the middle of commits")
            }
            let both = try await database.query(
                "SELECT (SELECT count(*) FROM transfers), (SELECT count(*) FROM journal)"
            ).first()
            guard let both, both[0] == both[1] else {
                throw Tormentor.Failure(
                    description: "a look saw \(String(describing: both?.values)) transfers and lines")
            }
        } catch let error as ShardError where error.isRetryable {}
    }

    /// What is wrong with the books; empty: nothing. Opens the database as who comes next does.
    ///
    /// - Parameter acknowledged: the transfers that somebody was told of.
    static func audit(_ configuration: Configuration, acknowledged: Set<String>) async throws -> [String] {
        let database = try await ShardedDatabase.open(configuration)
        var wrong: [String] = []
        func number(_ sql: String) async throws -> Value? {
            try await database.query(SQLText(sql, values: [])).first()?[0]
        }
        let total = try await number("SELECT sum(balance) FROM accounts")
        if total != .integer(Int64(accounts * balance)) {
            wrong.append("the balances add up to \(String(describing: total))")
        }
        let count = try await number("SELECT count(*) FROM accounts")
        if count != .integer(Int64(accounts)) { wrong.append("there are \(String(describing: count)) accounts") }
        var known: Set<String> = []
        let rows = try await database.query("SELECT id FROM transfers")
        for row in try await rows.all() { if case .text(let id) = row[0] { known.insert(id) } }
        let lost = acknowledged.subtracting(known)
        if !lost.isEmpty { wrong.append("\(lost.count) acknowledged transfers are lost, such as \(lost.first ?? "")") }
        let lines = try await number("SELECT count(*) FROM journal")
        if lines != .integer(Int64(known.count)) {
            wrong.append("\(known.count) transfers have \(String(describing: lines)) lines in the journal")
        }
        if configuration.engine == .sqlite {
            let report = try await database.check()
            for finding in report.findings { wrong.append("\(finding.kind.rawValue): \(finding.message)") }
        }
        let left = try await database.commitsInDoubt()
        if !left.isEmpty { wrong.append("\(left.count) commits were not finished by opening") }
        await database.close()
        return wrong
    }
}
