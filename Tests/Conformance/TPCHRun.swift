public import Foundation
import PlainEngine
import ShardBase
import ShardKit
import ShardValues

/// TPC-H on sharded SQLite: `orders` and `lineitem` by the order's key, the rest broadcast.
///
/// TPC Benchmark H, revision 3.0.1; its tables, queries and answers come from a folder that `Scripts/make-tpch.sh` makes.
public struct TPCHRun {
    /// What came of one query.
    public struct Outcome: Sendable {
        public var number: Int
        public var rung = ""
        /// The code of a refusal or the difference; nil: the published answer.
        public var refusal: String?
        public var difference: String?
        public var rows = 0
        public var shards = 0
        public var milliseconds = 0.0
        public var plainMilliseconds = 0.0
        /// Plain SQLite does not give the published answer either: the translation is at fault.
        public var plainDifference: String?
    }

    private let folder: URL
    private let plain: PlainDatabase

    private static let tables: [(definition: String, clause: String)] = [
        ("CREATE TABLE region (r_regionkey INTEGER PRIMARY KEY, r_name TEXT, r_comment TEXT)", "BROADCAST"),
        (
            "CREATE TABLE nation (n_nationkey INTEGER PRIMARY KEY, n_name TEXT, n_regionkey INTEGER, n_comment TEXT)",
            "BROADCAST"
        ),
        (
            """
            CREATE TABLE part (p_partkey INTEGER PRIMARY KEY, p_name TEXT, p_mfgr TEXT, p_brand TEXT, p_type TEXT, \
            p_size INTEGER, p_container TEXT, p_retailprice REAL, p_comment TEXT)
            """, "BROADCAST"
        ),
        (
            """
            CREATE TABLE supplier (s_suppkey INTEGER PRIMARY KEY, s_name TEXT, s_address TEXT, s_nationkey INTEGER, \
            s_phone TEXT, s_acctbal REAL, s_comment TEXT)
            """, "BROADCAST"
        ),
        (
            """
            CREATE TABLE partsupp (ps_partkey INTEGER, ps_suppkey INTEGER, ps_availqty INTEGER, ps_supplycost REAL, \
            ps_comment TEXT, PRIMARY KEY (ps_partkey, ps_suppkey))
            """, "BROADCAST"
        ),
        (
            """
            CREATE TABLE customer (c_custkey INTEGER PRIMARY KEY, c_name TEXT, c_address TEXT, c_nationkey INTEGER, \
            c_phone TEXT, c_acctbal REAL, c_mktsegment TEXT, c_comment TEXT)
            """, "BROADCAST"
        ),
        (
            """
            CREATE TABLE orders (o_orderkey INTEGER PRIMARY KEY, o_custkey INTEGER, o_orderstatus TEXT, \
            o_totalprice REAL, o_orderdate TEXT, o_orderpriority TEXT, o_clerk TEXT, o_shippriority INTEGER, \
            o_comment TEXT)
            """, "SHARD BY HASH (o_orderkey)"
        ),
        (
            """
            CREATE TABLE lineitem (l_orderkey INTEGER, l_partkey INTEGER, l_suppkey INTEGER, l_linenumber INTEGER, \
            l_quantity REAL, l_extendedprice REAL, l_discount REAL, l_tax REAL, l_returnflag TEXT, l_linestatus TEXT, \
            l_shipdate TEXT, l_commitdate TEXT, l_receiptdate TEXT, l_shipinstruct TEXT, l_shipmode TEXT, \
            l_comment TEXT, PRIMARY KEY (l_orderkey, l_linenumber))
            """, "SHARD BY HASH (l_orderkey) COLOCATE WITH orders"
        ),
        ("CREATE INDEX lineitem_part ON lineitem (l_partkey, l_suppkey)", ""),
        ("CREATE INDEX orders_customer ON orders (o_custkey)", ""),
    ]

    /// Loads both databases and runs all 22 queries on both.
    ///
    /// - Parameter tell: called with each outcome as it comes.
    public static func run(
        folder: URL, shards: Int, repeats: Int, tell: (Outcome) -> Void
    ) async throws -> [Outcome] {
        let configuration = try Configuration.temporary(shardCount: shards)
        defer { configuration.removeFiles() }
        let database = try await ShardedDatabase.create(configuration)
        let run = TPCHRun(folder: folder, plain: try PlainDatabase())
        do {
            let outcomes = try await database.withSession { session in
                try await run.load(session)
                var outcomes: [Outcome] = []
                for number in 1...22 {
                    let outcome = try await run.query(number, session, repeats)
                    tell(outcome)
                    outcomes.append(outcome)
                }
                return outcomes
            }
            await database.close()
            return outcomes
        } catch {
            await database.close()
            throw error
        }
    }

    private func load(_ session: DatabaseSession) async throws {
        for (definition, clause) in Self.tables {
            try await session.execute(SQLText("\(definition) \(clause)", values: []))
            _ = try plain.run(definition)
        }
        let rows = try String(contentsOf: folder.appending(path: "rows.sql"), encoding: .utf8)
        _ = try plain.run("BEGIN")
        try await session.execute("BEGIN")
        for line in rows.utf8.split(separator: 10) {
            let sql = String(Substring(line))
            try await session.execute(SQLText(sql, values: []))
            _ = try plain.run(sql)
        }
        try await session.execute("COMMIT")
        _ = try plain.run("COMMIT")
    }

    private func query(_ number: Int, _ session: DatabaseSession, _ repeats: Int) async throws -> Outcome {
        let name = number < 10 ? "0\(number)" : "\(number)"
        let text = try String(contentsOf: folder.appending(path: "q\(name).sql"), encoding: .utf8)
        let published = try String(contentsOf: folder.appending(path: "a\(name).txt"), encoding: .utf8)
        var sql = TPCHTranslation.sqlite(text).trimmingCharacters(in: .whitespacesAndNewlines)
        if sql.hasSuffix(";") { sql.removeLast() }
        var outcome = Outcome(number: number)
        do {
            for repetition in 0..<max(repeats, 1) {
                let started = ContinuousClock.now
                let answer = try await session.answer(sql)
                let taken = Self.milliseconds(since: started)
                outcome.milliseconds = repetition == 0 ? taken : min(outcome.milliseconds, taken)
                outcome.rung = answer.rung
                outcome.shards = answer.shards
                outcome.rows = answer.rows.count
                outcome.difference = Self.difference(answer.rows, published)
            }
        } catch let error as ShardError {
            if error.isRefusal {
                outcome.refusal = "\(error.code.rawValue): \(error.message)"
            } else {
                outcome.difference = "\(error)"
            }
        }
        for repetition in 0..<max(repeats, 1) {
            let started = ContinuousClock.now
            let answer = try plain.run(sql)
            let taken = Self.milliseconds(since: started)
            outcome.plainMilliseconds = repetition == 0 ? taken : min(outcome.plainMilliseconds, taken)
            outcome.plainDifference = Self.difference(answer.rows, published)
        }
        return outcome
    }

    private static func milliseconds(since start: ContinuousClock.Instant) -> Double {
        let taken = (ContinuousClock.now - start).components
        return Double(taken.seconds) * 1e3 + Double(taken.attoseconds) / 1e15
    }

    /// Where rows differ from the published answer, a text of `|` between values with a line of names above. Numbers may
    /// differ by 1e-9 of their size: the answers are exact decimals, SQLite's sums are binary.
    private static func difference(_ rows: [[Value]], _ published: String) -> String? {
        var lines = published.split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
        // The text ends with a line end; a line that is empty before it is a row of one NULL.
        if lines.last?.isEmpty == true { lines.removeLast() }
        if rows.count != lines.count { return "\(rows.count) rows instead of \(lines.count)" }
        for (index, (row, line)) in zip(rows, lines).enumerated() {
            let fields = line.split(separator: "|", omittingEmptySubsequences: false)
            guard row.count == fields.count else { return "\(row.count) columns instead of \(fields.count)" }
            for (value, field) in zip(row, fields) where !isPublished(value, String(field)) {
                return "row \(index + 1): \(value) instead of \(field)"
            }
        }
        return nil
    }

    private static func isPublished(_ value: Value, _ field: String) -> Bool {
        switch value {
        case .null: return field == "NULL" || field.isEmpty
        case .integer(let integer): return Double(field) == Double(integer)
        case .real(let real):
            guard let expected = Double(field) else { return false }
            return abs(real - expected) <= 1e-9 * max(abs(expected), 1e-3)
        case .text(let text): return text == field
        case .malformedText, .blob: return false
        }
    }
}
