import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues
import Testing

@testable import ShardExecutor

@Suite("Plan cache")
struct PlanCacheTests {
    private let key = PlanCacheKey(epoch: 1)

    private func compiled(parameterCount: Int, epoch: UInt64 = 1, note: String = "") -> CompiledPlan {
        CompiledPlan(
            plan: Plan(
                rung: .route, action: .catalogQuery(sql: "SELECT 1"), parameterCount: parameterCount, reasons: [note],
                topologyEpoch: epoch), topology: Topology(epoch: epoch, shards: ["s0"]))
    }

    /// Folds as the session does and keeps the plan.
    @discardableResult
    private func insert(_ sql: String, into cache: PlanCache, key: PlanCacheKey? = nil) throws -> CachedPlan? {
        let parsed = try Parser.parse(sql, dialect: .sqlite)
        let folded = LiteralFolding.fold(parsed)
        return cache.insert(
            compiled(parameterCount: (folded?.parsed ?? parsed).parameterNames.count, note: sql), for: sql,
            folded: folded?.folded ?? [], key: key ?? self.key)
    }

    private func find(_ sql: String, in cache: PlanCache, key: PlanCacheKey? = nil) -> CachedPlan? {
        var scratch = FingerprintScratch()
        return cache.find(sql, key: key ?? self.key, scratch: &scratch)
    }

    @Test("the same text finds its plan")
    func exactText() throws {
        let cache = PlanCache(byteLimit: 1 << 20)
        try insert("SELECT a FROM t WHERE id = ?", into: cache)
        let hit = try #require(find("SELECT a FROM t WHERE id = ?", in: cache))
        #expect(try hit.values([.integer(4)]) == [.integer(4)])
        #expect(find("SELECT a FROM t WHERE id = ?1", in: cache) == nil)
        #expect(find("SELECT b FROM t WHERE id = ?", in: cache) == nil)
    }

    @Test(
        "literals that were folded may differ, and their values come out of the text",
        arguments: [
            ("5", Value.integer(5)), ("0", .integer(0)), ("9223372036854775807", .integer(.max)),
            ("9223372036854775808", .real(9223372036854775808)), ("0x10", .integer(16)),
        ])
    func foldedInteger(literal: String, value: Value) throws {
        let cache = PlanCache(byteLimit: 1 << 20)
        let first = try #require(try insert("SELECT a, b FROM t WHERE id = 12345 AND s = 'x'", into: cache))
        #expect(try first.values([]) == [.integer(12345), .text("x")])
        let hit = try #require(find("SELECT a, b FROM t WHERE id = \(literal) AND s = 'it''s'", in: cache))
        #expect(hit.compiled === first.compiled)
        #expect(try hit.values([]) == [value, .text("it's")])
    }

    @Test("of each kind of literal the value is the engine's")
    func kinds() throws {
        let cache = PlanCache(byteLimit: 1 << 20)
        try insert("SELECT a FROM t WHERE x IN (1.5, x'00', 3) AND y = ?", into: cache)
        let hit = try #require(find("SELECT a FROM t WHERE x IN (.25e1, X'fFee', 7) AND y = ?", in: cache))
        #expect(try hit.values([.null]) == [.null, .real(2.5), .blob([0xFF, 0xEE]), .integer(7)])
    }

    @Test(
        "what is not folded must be the same, byte for byte",
        arguments: [
            "SELECT a+1 FROM t WHERE id = 5 LIMIT 10", "SELECT a + 1 FROM t WHERE id = 5 LIMIT 11",
            "SELECT a + 2 FROM t WHERE id = 5 LIMIT 10", "SELECT A + 1 FROM t WHERE id = 5 LIMIT 10",
            "SELECT a + 1 FROM t WHERE id = 5.0 LIMIT 10", "SELECT a + 1 FROM t WHERE id = '5' LIMIT 10",
            "SELECT a + 1 FROM t WHERE id = -5 LIMIT 10", "SELECT a + 1 FROM t WHERE id = ? LIMIT 10",
            "SELECT a + 1 FROM t WHERE id = 5 LIMIT 10 -- note", "SELECT a + 1 FROM t WHERE id = 5 /* 7 */ LIMIT 10",
            "SELECT a + 1 FROM t WHERE id = 5 AND 1 LIMIT 10",
        ])
    func strictness(other: String) throws {
        let cache = PlanCache(byteLimit: 1 << 20)
        try insert("SELECT a + 1 FROM t WHERE id = 5 LIMIT 10", into: cache)
        #expect(find("SELECT a + 1 FROM t WHERE id = 6 LIMIT 10", in: cache) != nil)
        #expect(find(other, in: cache) == nil)
    }

    @Test("a wrong number of the user's values is told by the user's count")
    func userCount() throws {
        let cache = PlanCache(byteLimit: 1 << 20)
        let plan = try #require(try insert("SELECT a FROM t WHERE x = 1 AND y = ?", into: cache))
        let error = #expect(throws: ShardError.self) { try plan.values([]) }
        #expect(error?.message == "the statement has 1 parameter, 0 values were given")
    }

    @Test("epochs and sessions' states do not mix, and a newer epoch drops the older")
    func keys() throws {
        let cache = PlanCache(byteLimit: 1 << 20)
        let sql = "SELECT a FROM t"
        try insert(sql, into: cache)
        #expect(find(sql, in: cache, key: PlanCacheKey(epoch: 2)) == nil)
        #expect(find(sql, in: cache, key: PlanCacheKey(epoch: 1, session: 9)) == nil)
        for epoch in 2...40 as ClosedRange<UInt64> {
            for number in 0..<20 {
                try insert("SELECT a\(number) FROM t", into: cache, key: PlanCacheKey(epoch: epoch))
            }
        }
        // A part of the cache that got none of the newest epoch's plans still holds those of the one before.
        #expect(cache.usage.entries < 60)
        #expect(find("SELECT a3 FROM t", in: cache, key: PlanCacheKey(epoch: 40)) != nil)
    }

    @Test("the bytes stay within the limit, and what is used stays longer")
    func bounded() throws {
        let limit = 200_000
        let cache = PlanCache(byteLimit: limit)
        try insert("SELECT hot FROM t", into: cache)
        var misses = 0
        for number in 0..<3000 {
            try insert("SELECT a\(number) FROM t WHERE x = 1", into: cache)
            #expect(cache.usage.bytes <= limit)
            if find("SELECT hot FROM t", in: cache) == nil { misses += 1 }
        }
        #expect(misses == 0)
        #expect(cache.usage.entries > 20)
        cache.removeAll()
        #expect(cache.usage == (0, 0))
    }

    @Test("inserting a text again replaces its entry")
    func replaces() throws {
        let cache = PlanCache(byteLimit: 1 << 20)
        for _ in 0..<10 { try insert("SELECT a FROM t WHERE x = 1", into: cache) }
        #expect(cache.usage.entries == 1)
    }

    @Test("long texts are run and not kept")
    func longTexts() throws {
        let cache = PlanCache(byteLimit: 1 << 20)
        let sql = "SELECT a FROM t WHERE x = 1 AND y = '\(String(repeating: "z", count: 20_000))'"
        let plan = try #require(try insert(sql, into: cache))
        #expect(try plan.values([]).count == 2)
        #expect(cache.usage.entries == 0)
    }

    @Test("texts whose hashes fall together are told apart by their bytes", arguments: 0..<30)
    func manyTexts(seed: UInt64) throws {
        let cache = PlanCache(byteLimit: 4 << 20)
        var maker = ValueMaker(seed: seed)
        var texts: [String] = []
        for number in 0..<60 {
            texts.append(
                "SELECT \(String(repeating: "c", count: maker.number(1...20))) AS n\(number) FROM t WHERE k = ?")
        }
        for text in texts { try insert(text, into: cache) }
        for text in texts { #expect(find(text, in: cache)?.compiled.plan.reasons == [text], "seed \(seed)") }
    }

    @Test("an entry that is found by accident is told from the right one by every byte and kind")
    func collisions() throws {
        func literals(_ sql: String) -> [FoldedLiteral] {
            var scratch = FingerprintScratch()
            _ = Fingerprint.of(sql, dialect: .sqlite, into: &scratch)
            return scratch.literals
        }
        func found(_ other: String, in entry: PlanCacheEntry) -> [Value]? {
            var other = other
            let folded = literals(other)
            return other.withUTF8 { entry.literals(in: $0, folded, dialect: .sqlite) }
        }
        let text = "SELECT a FROM t WHERE x = 10 AND y = 'b' LIMIT 3"
        let marks = literals(text)
        let holes = [
            PlanCacheEntry.Hole(
                start: Int(marks[0].start), end: Int(marks[0].end), kind: marks[0].kind, literal: 0, value: 1),
            PlanCacheEntry.Hole(
                start: Int(marks[1].start), end: Int(marks[1].end), kind: marks[1].kind, literal: 1, value: 0),
        ]
        let entry = PlanCacheEntry(
            key: key, text: Array(text.utf8), holes: holes, literalCount: 3, compiled: compiled(parameterCount: 2))
        #expect(found(text, in: entry) == [.text("b"), .integer(10)])
        #expect(found("SELECT a FROM t WHERE x = 7 AND y = '' LIMIT 3", in: entry) == [.text(""), .integer(7)])
        for other in [
            "SELECT b FROM t WHERE x = 10 AND y = 'b' LIMIT 3", "SELECT a FROM t WHERE x = 10 AND z = 'b' LIMIT 3",
            "SELECT a FROM t WHERE x = 10 AND y = 'b' LIMIT 4", "SELECT a FROM t WHERE x = 1.0 AND y = 'b' LIMIT 3",
            "SELECT a FROM t WHERE x = 10 AND y = 10 LIMIT 3", "SELECT a FROM t WHERE x = 10 AND y = 'b' LIMIT 33",
            "SELECT a FROM t WHERE x = 10 AND y = 'b'", "SELECT aa FROM t WHERE x = 1 AND y = 'b' LIMIT 3",
        ] { #expect(found(other, in: entry) == nil, "\(other)") }
        var same = text
        #expect(same.withUTF8 { entry.isSame($0) })
        for other in ["SELECT b" + text.dropFirst(8), text + " ", String(text.dropLast()), ""] {
            var other = other
            #expect(!other.withUTF8 { entry.isSame($0) }, "\(other)")
        }
    }
}
