import ShardBase
import ShardTopology
import ShardValues
import Testing

struct AlgorithmTests {
    static let integer = KeyType(affinity: .integer, collation: .binary)
    static let text = KeyType(affinity: .text, collation: .binary)

    static func sharding(_ algorithm: any ShardingAlgorithm, _ types: [KeyType] = [integer]) -> Sharding {
        Sharding(
            keyColumns: Array(types.indices), keyTypes: types, algorithm: algorithm,
            partitions: (0..<algorithm.partitionCount).map { Partition(shard: $0, physicalName: "t") }, group: "t")
    }

    @Test("the short way of an integer key and the long way lead to one home")
    func shortWaysAgree() throws {
        var generator = SeededGenerator(seed: 5)
        for affinity in Affinity.allCases {
            for algorithm in [HashAlgorithm(partitionCount: 7), ModAlgorithm(partitionCount: 7)]
                as [any ShardingAlgorithm]
            {
                let type = KeyType(affinity: affinity, collation: .binary)
                if affinity == .text && algorithm.name == "mod" { continue }
                let sharding = Self.sharding(algorithm, [type])
                for _ in 0..<2000 {
                    let key = Int64.random(in: .min ... .max, using: &generator)
                    if affinity == .real && algorithm.name == "mod" && Double(key) >= 9.2e18 { continue }
                    let long = try algorithm.partition(of: [affinity.apply(to: .integer(key))], types: [type])
                    #expect(try sharding.partition(ofInteger: key) == long, "\(affinity) \(key)")
                    #expect(try sharding.partition(of: [.integer(key)]) == long)
                    let condition = KeyCondition.compare(column: 0, .equal, .parameter(0))
                    if affinity != .real {
                        #expect(sharding.partitions(for: condition, values: [.integer(key)]) == .one(long))
                    }
                }
            }
        }
    }

    @Test("slots are dealt out in turn, all partitions get some, and moved slots are kept")
    func slotsAreStored() throws {
        let first = HashAlgorithm(partitionCount: 3)
        #expect(first.slots.count == 1024)
        #expect(Set(first.slots) == [0, 1, 2])
        #expect(first.slots[1023] == 0)
        // Slot 432 is the home of the key 0 (PostgreSQL's remainder modulo 1024).
        #expect(first.slot(of: [0], types: [Self.integer]) == 432)
        var moved = first.slots
        moved[432] = 3
        let grown = HashAlgorithm(slots: moved, partitionCount: 4)
        #expect(try grown.partition(of: [0], types: [Self.integer]) == 3)
        #expect(try first.partition(of: [0], types: [Self.integer]) == 0)
        #expect(try grown.partition(of: [.null], types: [Self.integer]) == first.slots[0])
        #expect(HashAlgorithm(slots: [0, 1, 0, 1, 0], partitionCount: 2).slot(of: ["x"], types: [Self.text]) < 5)
    }

    @Test("mod takes integers of either sign and NULL, and refuses the rest")
    func modIsEuclidean() throws {
        let sharding = Self.sharding(ModAlgorithm(partitionCount: 4))
        #expect(
            try [-5, -4, -1, 0, 3, 4, .max, .min].map { try sharding.partition(ofInteger: $0) } == [
                3, 0, 3, 0, 3, 0, 3, 0,
            ])
        #expect(try sharding.partition(of: ["6"]) == 2)
        #expect(try sharding.partition(of: [6.0]) == 2)
        #expect(try sharding.partition(of: [.null]) == 0)
        for value in [1.5, "x", .blob([1])] as [Value] {
            #expect { try sharding.partition(of: [value]) } throws: { ($0 as? ShardError)?.code == .valueRange }
        }
        let short = KeyCondition.and([
            .compare(column: 0, .greater, .constant(4.5)), .compare(column: 0, .lessOrEqual, .constant(6)),
        ])
        #expect(sharding.partitions(for: short, values: []) == .some([0, 1, 2]))
    }

    @Test("range bounds are exclusive, NULL comes first, and beyond the last bound there is nothing")
    func rangesAreHalfOpen() throws {
        let sharding = Self.sharding(RangeAlgorithm(bounds: [[10], [20], [30]]))
        #expect(try [.null, 9, 10, 19, 29.5].map { try sharding.partition(of: [$0]) } == [0, 0, 1, 1, 2])
        #expect { try sharding.partition(of: [30]) } throws: { ($0 as? ShardError)?.code == .valueRange }
        #expect { try sharding.partition(of: ["abc"]) } throws: { ($0 as? ShardError)?.code == .valueRange }
        func set(_ comparison: KeyComparison, _ value: Value) -> PartitionSet {
            sharding.partitions(for: .compare(column: 0, comparison, .constant(value)), values: [])
        }
        #expect(set(.less, 10) == .one(0))
        #expect(set(.lessOrEqual, 10) == .some([0, 1]))
        #expect(set(.greaterOrEqual, 20) == .one(2))
        #expect(set(.greater, 9) == .all)
        #expect(set(.greaterOrEqual, 30) == .none)
        #expect(set(.equal, "15") == .one(1))
        #expect(set(.less, "abc") == .all)
        // Of two bounds at one value the exclusive one is the tighter, whichever comes first.
        let both: [KeyCondition] = [
            .compare(column: 0, .less, .constant(10)), .compare(column: 0, .lessOrEqual, .constant(10)),
        ]
        #expect(sharding.partitions(for: .and(both), values: []) == .one(0))
        #expect(sharding.partitions(for: .and(both.reversed()), values: []) == .one(0))
        #expect(set(.equal, 30) == .none)
    }

    @Test("composite ranges are pruned by leading columns")
    func compositeRangesArePruned() throws {
        let types = [Self.text, Self.integer]
        let sharding = Self.sharding(RangeAlgorithm(bounds: [["b", 5], ["b", 10], ["c", nil], [nil, nil]]), types)
        #expect(try sharding.partition(of: ["b", 4]) == 0)
        #expect(try sharding.partition(of: ["b", "7"]) == 1)
        #expect(try sharding.partition(of: ["c", 99]) == 2)
        #expect(try sharding.partition(of: ["d", .null]) == 3)
        func set(_ parts: [KeyCondition]) -> PartitionSet { sharding.partitions(for: .and(parts), values: []) }
        let b = KeyCondition.compare(column: 0, .equal, .constant("b"))
        #expect(set([b]) == .some([0, 1, 2]))
        #expect(set([b, .compare(column: 1, .greaterOrEqual, .constant(10))]) == .one(2))
        #expect(set([b, .compare(column: 1, .less, .constant(5))]) == .one(0))
        #expect(set([b, .compare(column: 1, .equal, .constant(5))]) == .one(1))
        #expect(set([.compare(column: 0, .greater, .constant("c"))]) == .one(3))
        #expect(set([.compare(column: 1, .equal, .constant(5))]) == .all)
    }

    @Test("lists know keys under the column's collation, a default takes the rest")
    func listsFollowCollation() throws {
        let type = KeyType(affinity: .text, collation: .nocase)
        let strict = Self.sharding(
            ListAlgorithm(lists: [[["DE"], ["AT"]], [["FR"], [.null]]], defaultPartition: nil, types: [type]), [type])
        #expect(try strict.partition(of: ["de"]) == 0)
        #expect(try strict.partition(of: [.null]) == 1)
        #expect { try strict.partition(of: ["IT"]) } throws: { ($0 as? ShardError)?.code == .valueRange }
        #expect(strict.partitions(for: .compare(column: 0, .equal, .constant("IT")), values: []) == .none)
        #expect(strict.partitions(for: .compare(column: 0, .greater, .constant("E")), values: []) == .one(1))
        let open = Self.sharding(
            ListAlgorithm(lists: [[["DE"]], [["FR"]], []], defaultPartition: 2, types: [type]), [type])
        #expect(try open.partition(of: ["IT"]) == 2)
        #expect(open.partitions(for: .compare(column: 0, .less, .constant("E")), values: []) == .some([0, 2]))
    }

    @Test("a directory is changed by making another")
    func directoriesAreValues() throws {
        let before = DirectoryAlgorithm(entries: [1: 0], defaultPartition: nil, partitionCount: 3, type: Self.integer)
        let after = before.assigning("2", to: 2, type: Self.integer)
        #expect(try Self.sharding(after).partition(of: [2]) == 2)
        #expect(try Self.sharding(after).partition(of: [1.0]) == 0)
        #expect { try Self.sharding(before).partition(of: [2]) } throws: { ($0 as? ShardError)?.code == .valueRange }
    }

    @Test("intervals step by civil time, texts and Unix seconds alike")
    func intervalsStepByTime() throws {
        let months = Self.sharding(IntervalAlgorithm(unit: .month, partitionCount: 12), [Self.text])
        #expect(try months.partition(of: ["1970-01-31"]) == 0)
        #expect(try months.partition(of: ["2024-12-01T10:00:00"]) == 11)
        #expect(try months.partition(of: ["2024-02-30"]) == 0, "a day that does not exist is no time")
        #expect(try months.partition(of: ["soon"]) == 0)
        let days = Self.sharding(IntervalAlgorithm(unit: .day, count: 2, partitionCount: 1000))
        #expect(try days.partition(of: [.integer(86_400 * 5)]) == 2)
        #expect(try days.partition(of: ["1970-01-06 12:00"]) == 2)
        #expect(try days.partition(of: [.integer(-1)]) == 999)
        let hours = Self.sharding(IntervalAlgorithm(unit: .hour, partitionCount: 1000), [Self.text])
        #expect(try hours.partition(of: ["1970-01-02T03:59:59"]) == 27)
        // '1970-01-02 07' sorts before '1970-01-02T05': a blank comes before a T.
        let morning = KeyCondition.and([
            .compare(column: 0, .greaterOrEqual, .constant("1970-01-02")),
            .compare(column: 0, .less, .constant("1970-01-02T05")),
        ])
        #expect(
            hours.partitions(for: morning, values: []).contains(try hours.partition(of: ["1970-01-02 07:00"])))
        let weeks = Self.sharding(IntervalAlgorithm(unit: .week, partitionCount: 1000), [Self.text])
        #expect(try weeks.partition(of: ["1970-01-04"]) == 0)
        #expect(try weeks.partition(of: ["1970-01-05"]) == 1)
        let starts = Self.sharding(
            IntervalAlgorithm(unit: .year, partitionCount: 3, starts: ["2024-01-01", "2025-01-01", "2026-01-01"]),
            [Self.text])
        #expect(
            try ["2019-05-05", "2024-12-31 23:59:59", "2025-01-01", "2030-01-01"].map { try starts.partition(of: [$0]) }
                == [0, 0, 1, 2])
        func set(_ sharding: Sharding, _ low: Value, _ high: Value) -> PartitionSet {
            sharding.partitions(
                for: .and([
                    .compare(column: 0, .greaterOrEqual, .constant(low)), .compare(column: 0, .less, .constant(high)),
                ]),
                values: [])
        }
        #expect(set(months, "2024-05-01", "2024-06-30") == .some([0, 4, 5]))
        #expect(set(starts, "2026-05-01", "2026-06-30") == .some([0, 2]))
        #expect(set(months, 5, "2024-06-30") == .all)
    }

    @Test("a hinted table has no home for a row, and a hint names partitions")
    func hintsName() {
        let sharding = Self.sharding(HintAlgorithm(partitionCount: 3), [])
        #expect { try sharding.partition(of: []) } throws: { ($0 as? ShardError)?.code == .shardKeyMissing }
        #expect(sharding.partitions(for: .partitions([1]), values: []) == .one(1))
        #expect(sharding.partitions(for: .all, values: []) == .all)
    }

    @Test("sets of partitions join and meet")
    func setsObeyTheirLaws() {
        let sets: [PartitionSet] = [.none, .one(0), .one(2), .some([0, 2]), .some([1, 2]), .some([0, 1, 3]), .all]
        for a in sets {
            for b in sets {
                let left = Set(a.indices(count: 4))
                let right = Set(b.indices(count: 4))
                #expect(a.union(b, count: 4) == PartitionSet(left.union(right), count: 4))
                #expect(a.intersection(b, count: 4) == PartitionSet(left.intersection(right), count: 4))
            }
        }
        #expect(PartitionSet([0, 1, 1, 2, 3], count: 4) == .all)
        #expect(PartitionSet([0], count: 1) == .one(0))
        #expect(PartitionSet([], count: 0) == .none)
    }
}
