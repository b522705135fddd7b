import Foundation
import PlainEngine
import ShardBase
import ShardValues
import Testing

struct ValueTests {
    @Test("values are equal by their bytes and bits, not by Unicode's equivalence")
    func equalityIsExact() {
        #expect(Value.text("\u{E9}") != Value.text("e\u{301}"))
        #expect(Value.text("a") == Value.text("a"))
        #expect(Value.real(0.0) != Value.real(-0.0))
        #expect(Value.integer(1) != Value.real(1))
        #expect(Value.text("a") != Value.blob([97]))
        #expect(Set([Value.text("\u{E9}"), .text("e\u{301}"), .text("\u{E9}")]).count == 2)
    }

    @Test("a value survives the catalog's JSON unchanged", arguments: [21 as UInt64])
    func survivesJSON(seed: UInt64) throws {
        var random = RandomValues(seed: seed)
        var values = (0..<3_000).map { _ in random.value() }
        values += [
            .integer(.max), .integer(.min), .real(.infinity), .real(-0.0), .real(0.1 + 0.2), .text(""), .blob([]),
        ]
        let data = try JSONEncoder().encode(values)
        #expect(try JSONDecoder().decode([Value].self, from: data) == values, "seed \(seed)")
        #expect(
            String(decoding: try JSONEncoder().encode([Value.null, 5, "a", .blob([0, 255])]), as: UTF8.self)
                == #"[null,{"integer":5},{"text":"a"},{"blob":"00ff"}]"#)
    }

    @Test("a real's text is SQLite's own", arguments: [31 as UInt64])
    func printsReals(seed: UInt64) {
        let engine = PlainEngine()
        var random = RandomValues(seed: seed)
        for _ in 0..<30_000 {
            let real = random.real()
            let theirs = engine.rows("SELECT CAST(?1 AS TEXT)", [.real(real)])[0][0]
            #expect(Value.text(SQLiteNumber.text(real)) == theirs, "seed \(seed): \(real)")
        }
    }

    @Test("a literal's number is SQLite's own, bit for bit", arguments: [41 as UInt64])
    func readsReals(seed: UInt64) {
        let engine = PlainEngine()
        var random = RandomValues(seed: seed)
        engine.rows("CREATE TABLE t(r REAL)")
        var converted = 0
        for _ in 0..<30_000 {
            var text = random.numericText()
            let scanned = text.withUTF8 { SQLiteNumber.scan($0) }
            engine.rows("DELETE FROM t")
            engine.rows("INSERT INTO t VALUES (?1)", [.text(text)])
            let theirs = engine.rows("SELECT r FROM t")[0][0]
            if case .real(let real) = theirs {
                converted += 1
                let ours = scanned.map { scanned -> Double in
                    let integer = text.withUTF8 { SQLiteNumber.integer($0) }
                    return scanned.isWhole ? integer.map(Double.init) ?? scanned.real : scanned.real
                }
                #expect(ours == real, "seed \(seed): \(text)")
            } else {
                #expect(scanned == nil, "seed \(seed): \(text) is no number to SQLite")
            }
        }
        #expect(converted > 10_000)
    }
}
