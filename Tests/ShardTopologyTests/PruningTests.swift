import PlainEngine
import ShardBase
import ShardTopology
import ShardValues
import Testing

/// The law of pruning: a row that satisfies a condition, as SQLite itself judges it, lies in one of the partitions.
struct PruningTests {
    static let types: [(affinity: Affinity, name: String)] = [
        (.integer, "INTEGER"), (.numeric, "NUMERIC"), (.real, "REAL"), (.text, "TEXT"), (.blob, "BLOB"),
    ]
    static let collations = [Collation.binary, .nocase, .rtrim]

    enum Method: String, CaseIterable { case hash, mod, range, list, interval, directory, custom }

    /// A random sharding over a random key, and the same key's columns as SQL.
    struct Scene {
        var sharding: Sharding
        var columns: [String]
        var engine = PlainEngine()
        var random: RandomValues

        init(_ method: Method, seed: UInt64) {
            var random = RandomValues(seed: seed)
            let isComposite = [.hash, .range, .list].contains(method) && Bool.random(using: &random.generator)
            var types: [KeyType] = []
            columns = []
            for index in 0..<(isComposite ? 2 : 1) {
                let type = PruningTests.types.randomElement(using: &random.generator)!
                let collation = PruningTests.collations.randomElement(using: &random.generator)!
                types.append(KeyType(affinity: type.affinity, collation: collation))
                columns.append("k\(index) \(type.name) COLLATE \(collation.name)")
            }
            let count = Int.random(in: 1...9, using: &random.generator)
            let algorithm: any ShardingAlgorithm
            switch method {
            case .hash: algorithm = HashAlgorithm(partitionCount: count)
            case .mod: algorithm = ModAlgorithm(partitionCount: count)
            case .custom: algorithm = FirstByteAlgorithm(partitionCount: count)
            case .interval:
                let unit: [IntervalAlgorithm.Unit] = [.hour, .day, .week, .month, .year]
                var starts: [Value] = []
                if Bool.random(using: &random.generator) {
                    starts = (0..<count).map { .text("20\(20 + $0)-0\(1 + $0 % 9)-15") }
                }
                algorithm = IntervalAlgorithm(
                    unit: unit.randomElement(using: &random.generator)!,
                    count: Int.random(in: 1...3, using: &random.generator), partitionCount: count, starts: starts)
            case .range:
                var bounds = (0..<count - 1).map { _ in types.map { $0.affinity.apply(to: random.key(near: method)) } }
                bounds.removeAll { $0.contains(.null) }
                bounds.sort { PruningTests.compare($0, $1, types) < 0 }
                bounds = bounds.enumerated().filter {
                    $0.offset == 0 || PruningTests.compare(bounds[$0.offset - 1], $0.element, types) < 0
                }.map(\.element)
                algorithm = RangeAlgorithm(bounds: bounds + [types.map { _ in nil }])
            case .list, .directory:
                var lists: [[[Value]]] = (0..<count).map { _ in
                    (0..<4).map { _ in types.map { $0.affinity.apply(to: random.key(near: method)) } }
                }
                let fallback = Bool.random(using: &random.generator) ? 0 : nil
                if fallback != nil { lists[0] = [] }
                if method == .list {
                    algorithm = ListAlgorithm(lists: lists, defaultPartition: fallback, types: types)
                } else {
                    var entries: [Value: Int] = [:]
                    for (home, keys) in lists.enumerated() { for key in keys { entries[key[0]] = home } }
                    algorithm = DirectoryAlgorithm(
                        entries: entries, defaultPartition: fallback, partitionCount: count, type: types[0])
                }
            }
            let partitions = (0..<algorithm.partitionCount).map { Partition(shard: $0, physicalName: "t") }
            sharding = Sharding(
                keyColumns: Array(types.indices), keyTypes: types, algorithm: algorithm, partitions: partitions,
                group: "t")
            self.random = random
            engine.rows("CREATE TABLE t(\(columns.joined(separator: ", ")))")
        }

        /// A condition and its text over parameters.
        mutating func condition(_ method: Method, depth: Int, _ values: inout [Value]) -> (KeyCondition, String) {
            let column = Int.random(in: 0..<columns.count, using: &random.generator)
            func operand(_ value: Value) -> (KeyOperand, String) {
                values.append(value)
                return (
                    values.count.isMultiple(of: 2) ? .constant(value) : .parameter(values.count - 1), "?\(values.count)"
                )
            }
            switch Int.random(in: 0..<(depth > 0 ? 12 : 7), using: &random.generator) {
            case 0, 1:
                let (value, text) = operand(random.key(near: method))
                return (.compare(column: column, .equal, value), "k\(column) = \(text)")
            case 2:
                let (value, text) = operand(random.key(near: method))
                return (.compare(column: column, .is, value), "k\(column) IS \(text)")
            case 3, 4:
                let comparisons: [(KeyComparison, String)] = [
                    (.less, "<"), (.lessOrEqual, "<="), (.greater, ">"), (.greaterOrEqual, ">="),
                ]
                let (comparison, sign) = comparisons.randomElement(using: &random.generator)!
                let (value, text) = operand(random.key(near: method))
                return (.compare(column: column, comparison, value), "k\(column) \(sign) \(text)")
            case 5:
                let listed = (0..<Int.random(in: 1...4, using: &random.generator)).map { _ in
                    operand(random.key(near: method))
                }
                return (
                    .inList(column: column, listed.map(\.0)),
                    "k\(column) IN (\(listed.map(\.1).joined(separator: ", ")))"
                )
            case 6: return (.isNull(column: column), "k\(column) IS NULL")
            case 7:
                // A row value in a list compares each pair by the column's own affinity and collation.
                let rows = (0..<3).map { _ in columns.map { _ in operand(random.key(near: method)) } }
                let text = rows.map { row in
                    "(" + row.enumerated().map { "k\($0.offset) = \($0.element.1)" }.joined(separator: " AND ") + ")"
                }
                return (
                    .rowInList(columns: Array(columns.indices), rows.map { $0.map(\.0) }),
                    "(" + text.joined(separator: " OR ") + ")"
                )
            case 8, 9:
                let parts = (0..<2).map { _ in condition(method, depth: depth - 1, &values) }
                return (.or(parts.map(\.0)), "(" + parts.map(\.1).joined(separator: " OR ") + ")")
            default:
                let parts = (0..<2).map { _ in condition(method, depth: depth - 1, &values) }
                return (.and(parts.map(\.0)), "(" + parts.map(\.1).joined(separator: " AND ") + ")")
            }
        }
    }

    static func compare(_ a: [Value], _ b: [Value], _ types: [KeyType]) -> Int {
        for index in types.indices {
            let order = SQLiteOrder.compare(a[index], b[index], collation: types[index].collation)
            if order != 0 { return order }
        }
        return 0
    }

    @Test("every matching row is in a partition of the set", arguments: Method.allCases)
    func isASuperset(method: Method) {
        var pruned = 0
        var matched = 0
        for seed in 1...60 as ClosedRange<UInt64> {
            var scene = Scene(method, seed: seed * 7)
            let places = scene.columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
            let names = scene.columns.indices.map { "k\($0)" }.joined(separator: ", ")
            var homes: [Value: Int] = [:]
            for row in 0..<60 {
                let key = scene.columns.map { _ in scene.random.key(near: method) }
                guard let home = try? scene.sharding.partition(of: key) else { continue }
                #expect(home >= 0 && home < scene.sharding.partitions.count)
                scene.engine.rows("INSERT INTO t(rowid, \(names)) VALUES (\(row), \(places))", key)
                homes[.integer(Int64(row))] = home
                // What the engine has stored has the home that the given values had.
                let stored = scene.engine.rows("SELECT \(names) FROM t WHERE rowid = \(row)")[0]
                #expect(
                    (try? scene.sharding.partition(of: stored)) == home,
                    "\(method) seed \(seed): \(key) is stored as \(stored)")
            }
            for _ in 0..<60 {
                var values: [Value] = []
                let (condition, text) = scene.condition(method, depth: 2, &values)
                let set = scene.sharding.partitions(for: condition, values: values)
                let unknown = scene.sharding.partitions(for: condition, values: [])
                if set != .all { pruned += 1 }
                for row in scene.engine.rows("SELECT rowid FROM t WHERE \(text)", values) {
                    matched += 1
                    guard let home = homes[row[0]] else { continue }
                    #expect(
                        set.contains(home),
                        """
                        \(method) seed \(seed): \(scene.columns) WHERE \(text) with \(values) matches a row of partition \
                        \(home), not in \(set)
                        """)
                    #expect(unknown.contains(home), "\(method) seed \(seed): without values, WHERE \(text)")
                }
            }
        }
        #expect(matched > 1000, "the conditions should match rows")
        #expect(pruned > 500 || method == .custom, "\(method) should prune")
    }

    @Test("a table in one partition is never sent elsewhere, and an unknown operand restricts nothing")
    func edgesAreSafe() {
        let sharding = Sharding(
            keyColumns: [0], keyTypes: [KeyType(affinity: .integer, collation: .binary)],
            algorithm: HashAlgorithm(partitionCount: 4),
            partitions: (0..<4).map { Partition(shard: $0, physicalName: "t") },
            group: "t")
        #expect(sharding.partitions(for: .compare(column: 0, .equal, .parameter(3)), values: [1]) == .all)
        #expect(sharding.partitions(for: .compare(column: 0, .equal, .constant(.null)), values: []) == .none)
        #expect(sharding.partitions(for: .inList(column: 0, [.constant(.null)]), values: []) == .none)
        #expect(sharding.partitions(for: .and([.all, .none]), values: []) == .none)
        #expect(sharding.partitions(for: .partitions([2, 9, 2]), values: []) == .one(2))
        #expect(sharding.partitions(for: .or([]), values: []) == .none)
        #expect(sharding.partitions(for: .and([]), values: []) == .all)
    }
}

/// An application's algorithm: it knows homes and nothing of order.
struct FirstByteAlgorithm: ShardingAlgorithm {
    let partitionCount: Int
    var name: String { "first-byte" }

    func partition(of key: [Value], types: [KeyType]) throws(ShardError) -> Int {
        switch key[0].canonical(under: types[0].collation) {
        case .null: 0
        case .integer(let integer): Int(integer.magnitude % UInt64(partitionCount))
        case .real(let real): Int(real.bitPattern % UInt64(partitionCount))
        case .text(let text): Int(text.utf8.first ?? 0) % partitionCount
        case .malformedText(let bytes), .blob(let bytes): Int(bytes.first ?? 0) % partitionCount
        }
    }
}

extension RandomValues {
    /// A key from a small set of values that meet one another often.
    mutating func key(near method: PruningTests.Method) -> Value {
        switch method {
        case .interval:
            let month = Int.random(in: 1...13, using: &generator)
            let day = Int.random(in: 1...32, using: &generator)
            let date =
                "20\(Int.random(in: 20...29, using: &generator))-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
            let tail = ["", "", " 05:30:00", "T05", "t23:59:59", "T23:59:59+02:00", " ", "\u{0}05"].randomElement(
                using: &generator)!
            let seconds = Int64.random(in: 1_577_836_800...1_900_000_000, using: &generator)
            return [
                Value.text(date + tail), .text(date + tail), .text(date), .integer(seconds),
                .real(Double(seconds) + 0.5),
                .text(String(date.prefix(7))), .text(String(seconds)), .null, value(),
            ].randomElement(using: &generator)!
        case .mod, .hash, .range, .list, .directory, .custom:
            let small = Int64.random(in: -20...20, using: &generator)
            let letter = ["a", "A", "b", "b ", "B", "", " ", "a\u{0}x", "A\u{0}y", "é", "abc", "ABC"].randomElement(
                using: &generator)!
            return [
                .integer(small), .integer(small), .real(Double(small)), .real(Double(small) + 0.5),
                .text(String(small)),
                .text("\(small).0"), .text(letter), .text(letter), .blob(Array(letter.utf8)), .null, value(),
                .integer(9_007_199_254_740_993 + small), .real(9_007_199_254_740_992),
            ].randomElement(using: &generator)!
        }
    }
}
