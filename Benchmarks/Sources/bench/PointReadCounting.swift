import CMallocCounter
import Foundation
import ShardKit

/// One way of reading one row by its key, run a number of times on a small database: what does not depend on the machine,
/// allocations and instructions, is counted from outside as the difference of two runs of different length.
///
/// `bench count <way> <times>` prints the allocations per read; run under callgrind it gives the instructions.
enum PointReadWay: String, CaseIterable {
    /// Direct C calls: a prepared statement; a text with the key in it.
    case directPrepared = "direct-prepared"
    case directLiteral = "direct-literal"
    /// The library: a prepared statement whose rows are read as a batch, or decoded as tuples; the batch alone; a text with
    /// the key in it.
    case prepared, decoded, batch, literal

    static let userCount = 1000

    /// Runs it `times` times and gives the allocations meanwhile.
    func run(_ times: Int, plain: DirectSQLite, database: ShardedDatabase) async throws -> UInt64 {
        let sql = "SELECT id, name FROM users WHERE id = ?1"
        let direct = plain.prepare(sql)
        let statement = try await database.prepare(sql)
        var sum = 0
        // The first reads open connections and fill caches.
        var before: UInt64 = 0
        for index in -2 * Self.userCount..<times {
            if index == 0 { before = malloc_counter_value() }
            let key = (index + 2 * Self.userCount) % Self.userCount
            switch self {
            case .directPrepared: sum &+= plain.pointRead(direct, key: Int64(key))
            case .directLiteral: sum &+= plain.literalRead("SELECT id, name FROM users WHERE id = \(key)")
            case .prepared:
                let rows = try await statement.query([.integer(Int64(key))])
                while let batch = try await rows.nextBatch() { sum &+= Int(batch[0, 0].integerValue) }
            case .decoded:
                let rows = try await statement.query([.integer(Int64(key))])
                for try await (id, name) in rows.decode((Int64, String).self) { sum &+= Int(id) + name.utf8.count }
            case .batch:
                let batch = try await statement.batch([.integer(Int64(key))])
                sum &+= Int(batch[0, 0].integerValue)
            case .literal:
                let rows = try await database.query(
                    SQLText("SELECT id, name FROM users WHERE id = \(key)", values: []))
                while let batch = try await rows.nextBatch() { sum &+= Int(batch[0, 0].integerValue) }
            }
        }
        if sum == 0 { print("nothing was read") }
        return malloc_counter_value() - before
    }

    /// The command: `count <way> <times>`.
    static func main(_ arguments: [String], folder: URL) async throws {
        guard arguments.count == 2, let way = PointReadWay(rawValue: arguments[0]), let times = Int(arguments[1]) else {
            print("usage: bench count \(allCases.map(\.rawValue).joined(separator: "|")) <times>")
            exit(2)
        }
        let plain = DirectSQLite(path: folder.appending(path: "plain.sqlite").path)
        plain.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF")
        var configuration = Configuration(directory: folder.path, shardCount: 4)
        configuration.synchronous = .off
        let database = try await ShardedDatabase.create(configuration)
        let table = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, city TEXT)"
        let rows = (0..<userCount).map { "(\($0), 'user \($0)', 'city \($0 % 97)')" }
        let insert = "INSERT INTO users VALUES " + rows.joined(separator: ", ")
        plain.execute(table + "; " + insert)
        _ = try await database.withSession {
            try await $0.execute(SQLText(table + " SHARD BY HASH (id)", values: []))
            try await $0.execute(SQLText(insert, values: []))
        }
        let allocations = try await way.run(times, plain: plain, database: database)
        let tenths = Int((Double(allocations) / Double(max(1, times)) * 10).rounded())
        print("\(way.rawValue): \(tenths / 10).\(tenths % 10) allocations per read")
        await database.close()
    }
}
