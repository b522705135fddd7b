import PlainEngine
import ShardBase
import ShardValues
import Testing

struct OrderTests {
    static let terms: [(key: SortKey, sql: String)] = {
        var terms: [(SortKey, String)] = []
        for collation in [Collation.binary, .nocase, .rtrim] {
            for descending in [false, true] {
                for nullsFirst in [nil, true, false] as [Bool?] {
                    let sql =
                        " COLLATE \(collation.name)\(descending ? " DESC" : "")"
                        + (nullsFirst.map { $0 ? " NULLS FIRST" : " NULLS LAST" } ?? "")
                    terms.append(
                        (SortKey(column: 0, descending: descending, nullsFirst: nullsFirst, collation: collation), sql))
                }
            }
        }
        return terms
    }()

    @Test(
        "rows sort as SQLite's ORDER BY sorts them, under every collation, direction and place of NULLs",
        arguments: 0..<18)
    func sortsAsTheEngine(number: Int) throws {
        let (key, sql) = Self.terms[number]
        let seed = UInt64(100 + number)
        let engine = PlainEngine()
        engine.rows("CREATE TABLE t(v BLOB, n INTEGER)")
        var random = RandomValues(seed: seed)
        var batch = RowBatch(columnCount: 2)
        engine.rows("BEGIN")
        for row in 0..<3_000 {
            let value = random.value()
            batch.append(value)
            batch.append(integer: Int64(row))
            batch.endRow()
            engine.rows("INSERT INTO t VALUES (?1, ?2)", [value, .integer(Int64(row))])
        }
        engine.rows("COMMIT")
        let comparator = try RowComparator(keys: [key, SortKey(column: 1)])
        let one = try RowComparator(keys: [key])
        let rows = batch
        let ours = (0..<rows.rowCount).sorted { comparator.compare(rows, $0, rows, $1) < 0 }
        let theirs = engine.rows("SELECT n FROM t ORDER BY v\(sql), n").map { $0[0] }
        #expect(ours.map { Value.integer(Int64($0)) } == theirs, "seed \(seed), ORDER BY v\(sql)")
        // Neighbours in the order are where equality and prefixes are hard.
        for (left, right) in zip(ours, ours.dropFirst()) {
            let order = one.compare(rows, left, rows, right)
            let a = one.sortPrefix(rows, left)
            let b = one.sortPrefix(rows, right)
            #expect(order <= 0 && a <= b, "seed \(seed): prefixes of \(rows.row(left)) and \(rows.row(right))")
            if order == 0 {
                #expect(a == b, "seed \(seed): equal rows, other prefixes: \(rows.row(left)) \(rows.row(right))")
            }
            #expect(one.equal(rows, left, rows, right) == (order == 0))
            let values = (rows.value(row: left, column: 0), rows.value(row: right, column: 0))
            let isSame = values.0.canonical(under: key.collation) == values.1.canonical(under: key.collation)
            #expect(isSame == (order == 0), "seed \(seed): canonical values of \(values)")
            let direct = SQLiteOrder.compare(values.0, values.1, collation: key.collation)
            if values.0 != .null && values.1 != .null {
                #expect((key.descending ? -direct : direct).signum() == order.signum())
            }
        }
    }

    @Test("whenever two prefixes differ, the rows' order is the prefixes' order", arguments: 0..<18)
    func prefixesAgree(number: Int) throws {
        let (key, _) = Self.terms[number]
        let seed = UInt64(500 + number)
        var random = RandomValues(seed: seed)
        var batch = RowBatch(columnCount: 1)
        for _ in 0..<200 {
            batch.append(random.value())
            batch.endRow()
        }
        let comparator = try RowComparator(keys: [key])
        var decided = 0
        for left in 0..<batch.rowCount {
            for right in 0..<batch.rowCount {
                let a = comparator.sortPrefix(batch, left)
                let b = comparator.sortPrefix(batch, right)
                guard a != b else { continue }
                decided += 1
                #expect(
                    (comparator.compare(batch, left, batch, right) < 0) == (a < b),
                    "seed \(seed): \(batch.row(left)) and \(batch.row(right))")
            }
        }
        #expect(decided > 20_000, "most pairs should be decided by their prefixes")
    }

    @Test("keys are compared from left to right, each in its own direction")
    func comparesByAllKeys() throws {
        var batch = RowBatch(columnCount: 2)
        for (a, b) in [(1, 2), (1, 3), (0, 9)] as [(Int64, Int64)] {
            batch.append(integer: a)
            batch.append(integer: b)
            batch.endRow()
        }
        let comparator = try RowComparator(keys: [SortKey(column: 0, descending: true), SortKey(column: 1)])
        let rows = batch
        #expect((0..<3).sorted { comparator.compare(rows, $0, rows, $1) < 0 } == [0, 1, 2])
        #expect(comparator.compare(rows, 1, rows, 0) > 0)
        #expect(try RowComparator(keys: []).compare(rows, 0, rows, 1) == 0)
    }

    @Test("an application's own collation is refused")
    func refusesCustomCollations() {
        #expect {
            try RowComparator(keys: [SortKey(column: 0, collation: .custom("german"))])
        } throws: { ($0 as? ShardError)?.code == .collationAcrossShards }
    }
}
