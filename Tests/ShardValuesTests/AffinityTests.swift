import PlainEngine
import ShardBase
import ShardValues
import Testing

struct AffinityTests {
    static let declared: [(Affinity, String)] = [
        (.integer, "INTEGER"), (.numeric, "NUMERIC"), (.real, "REAL"), (.text, "TEXT"), (.blob, "BLOB"),
    ]

    @Test("a column stores a value exactly as SQLite stores it", arguments: [1 as UInt64, 2, 3])
    func storesAsTheEngine(seed: UInt64) {
        let engine = PlainEngine()
        engine.rows("CREATE TABLE t(i INTEGER, n NUMERIC, r REAL, t TEXT, b BLOB)")
        var random = RandomValues(seed: seed)
        for _ in 0..<12_000 {
            let value = random.value()
            let stored = engine.rows("INSERT INTO t VALUES (?1, ?1, ?1, ?1, ?1) RETURNING i, n, r, t, b", [value])[0]
            let read = engine.rows("SELECT i, n, r, t, b FROM t")[0]
            engine.rows("DELETE FROM t")
            for (index, (affinity, name)) in Self.declared.enumerated() {
                let applied = affinity.apply(to: value)
                #expect(
                    same(applied, read[index]),
                    "seed \(seed): \(name) of \(value): \(applied), not \(read[index]); returned \(stored[index])")
            }
        }
    }

    /// A file keeps no -0.0: it reads back as 0.0, and both are equal to every comparison.
    private func same(_ a: Value, _ b: Value) -> Bool {
        if case .real(let left) = a, case .real(let right) = b, left == 0, right == 0 { return true }
        return a == b
    }

    @Test("a comparison with a column converts its operand as SQLite does", arguments: [4 as UInt64, 5])
    func comparesAsTheEngine(seed: UInt64) {
        let engine = PlainEngine()
        engine.rows("CREATE TABLE t(i INTEGER, n NUMERIC, r REAL, t TEXT, b BLOB)")
        var random = RandomValues(seed: seed)
        for _ in 0..<6_000 {
            let stored = random.value()
            // Half of the operands are near to what is stored.
            let operand = Bool.random(using: &random.generator) ? random.value() : Affinity.text.apply(to: stored)
            engine.rows("DELETE FROM t")
            engine.rows("INSERT INTO t VALUES (?1, ?1, ?1, ?1, ?1)", [stored])
            let equal = engine.rows("SELECT i = ?1, n = ?1, r = ?1, t = ?1, b = ?1 FROM t", [operand])[0]
            let less = engine.rows("SELECT i < ?1, n < ?1, r < ?1, t < ?1, b < ?1 FROM t", [operand])[0]
            for (index, (affinity, name)) in Self.declared.enumerated() {
                if case .null = stored { continue }
                if case .null = operand { continue }
                let order = SQLiteOrder.compare(affinity.apply(to: stored), affinity.converted(forComparison: operand))
                #expect((order == 0) == (equal[index] == 1), "seed \(seed): \(name) \(stored) = \(operand)")
                #expect((order < 0) == (less[index] == 1), "seed \(seed): \(name) \(stored) < \(operand)")
            }
        }
    }

    @Test("the affinity follows from the declared type as SQLite derives it")
    func derivesFromTypes() {
        let types: [(String?, Affinity)] = [
            (nil, .blob), ("", .blob), ("INT", .integer), ("bigint unsigned", .integer), ("POINT", .integer),
            ("CHARINT", .integer), ("VARCHAR(20)", .text), ("nchar", .text), ("CLOB", .text), ("TEXT", .text),
            ("BLOB", .blob), ("REAL", .real), ("DOUBLE PRECISION", .real), ("FLOAT", .real), ("NUMERIC", .numeric),
            ("DECIMAL(10,2)", .numeric), ("DATE", .numeric), ("BOOLEAN", .numeric), ("STRING", .numeric),
            ("BLOBTEXT", .text), ("TEXTBLOB", .text), ("REALBLOB", .blob), ("BLOBREAL", .blob), ("ANY", .numeric),
            ("DÖUBLE", .numeric),
        ]
        for (type, affinity) in types { #expect(Affinity(declaredType: type) == affinity, "\(type ?? "none")") }
    }

    @Test("an integer beyond 2^53 and a neighbouring real are told apart")
    func comparesExactly() {
        #expect(SQLiteOrder.compare(9_007_199_254_740_993, 9_007_199_254_740_992.0) == 1)
        #expect(SQLiteOrder.compare(Int64.max, 9_223_372_036_854_775_808.0) == -1)
        #expect(SQLiteOrder.compare(Int64.min, -9_223_372_036_854_775_808.0) == 0)
        #expect(SQLiteOrder.compare(-1, -1.5) == 1)
        #expect(SQLiteOrder.compare(0, -0.0) == 0)
        #expect(SQLiteOrder.compare(0, -.infinity) == 1)
    }
}
