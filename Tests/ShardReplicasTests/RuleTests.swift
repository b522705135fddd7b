import ShardBase
import ShardReplicas
import ShardValues
import Testing

struct RuleTests {
    static func facts(_ change: (inout StatementFacts) -> Void = { _ in }) -> StatementFacts {
        var facts = StatementFacts(kind: .select, needsPrimary: false, tables: ["orders"], fingerprint: 1, hash: 1)
        change(&facts)
        return facts
    }

    static func match(_ change: (inout RuleMatch) -> Void = { _ in }) -> RuleMatch {
        var match = RuleMatch()
        change(&match)
        return match
    }

    static let eu = EndpointTag("zone", "eu")

    @Test("the first rule that matches decides")
    func firstMatch() throws {
        let rules = try RuleSet([
            RoutingRule("reports", Self.match { $0.labels = ["report"] }, .replicas(Self.eu)),
            RoutingRule("no deletes", Self.match { $0.kinds = [.delete] }, .refuse("Nothing is deleted here.")),
            RoutingRule("archive", Self.match { $0.tables = ["archive"] }, .shard("s9")),
            RoutingRule("narrow", Self.match { $0.kinds = [.select] }, .budget(FanOutBudget(maxShards: 2))),
        ])
        #expect(
            try rules.verdict(Self.facts { $0.label = "report" })
                == RoutingVerdict(rule: "reports", hint: .tag(Self.eu)))
        #expect(
            try rules.verdict(Self.facts { $0.tables = ["archive"] }) == RoutingVerdict(rule: "archive", shard: "s9"))
        #expect(try rules.verdict(Self.facts()).budget == FanOutBudget(maxShards: 2))
        let error = #expect(throws: ShardError.self) { try rules.verdict(Self.facts { $0.kind = .delete }) }
        #expect(
            error?.code == .deniedByRule && error?.message == "Nothing is deleted here." && error?.isRefusal == true)
        #expect(try rules.verdict(Self.facts { $0.kind = .insert }) == RoutingVerdict(hint: .primary))
    }

    @Test("what needs the primary goes there, whatever rules say of replicas")
    func primaryWins() throws {
        let rules = try RuleSet([RoutingRule("all", Self.match(), .replicas(Self.eu))])
        #expect(try rules.verdict(Self.facts { $0.needsPrimary = true }).hint == .primary)
        for kind in StatementFacts.Kind.allCases where kind != .select {
            #expect(try rules.verdict(Self.facts { $0.kind = kind }).hint == .primary)
        }
        #expect(try rules.verdict(Self.facts()).hint == .tag(Self.eu))
    }

    @Test("a condition opens only where it surely holds, and limits where it may hold")
    func conditions() throws {
        let tenant = Self.match {
            $0.conditions = [ColumnCondition(table: "orders", column: "tenant", .isOne(of: [5, 6]))]
        }
        let opening = try RuleSet([RoutingRule("own shard", tenant, .shard("s5"))])
        let limiting = try RuleSet([RoutingRule("protected", tenant, .refuse("no"))])
        func restricted(_ values: [Value]?) -> StatementFacts {
            Self.facts {
                if let values { $0.restrictions = [.init(table: "orders", column: "tenant", values: values)] }
            }
        }
        for (values, opens, limits) in [
            ([5], true, true), ([5, 6], true, true), ([.real(5)], true, true), ([5, 7], false, true),
            ([7], false, false), ([.text("5")], false, false), (nil, false, true),
        ] as [([Value]?, Bool, Bool)] {
            #expect((opening.first(restricted(values)) != nil) == opens, "\(values ?? [])")
            #expect((limiting.first(restricted(values)) != nil) == limits, "\(values ?? [])")
        }
        #expect(limiting.first(Self.facts { $0.tables = ["other"] }) == nil)
        let range = ColumnCondition(table: "orders", column: "tenant", .within(lower: 10, upper: nil))
        #expect(range.certainty(restricted([10, 11])) == .surely)
        #expect(range.certainty(restricted([9, 11])) == .possibly)
        #expect(range.certainty(restricted([.null])) == .no)
    }

    @Test("a rule that can never apply is refused, and overlaps are told")
    func checks() throws {
        let wide = RoutingRule("wide", Self.match { $0.kinds = [.select] }, .primary)
        let narrow = RoutingRule(
            "narrow",
            Self.match {
                $0.kinds = [.select]; $0.labels = ["x"]
            }, .replicas(Self.eu))
        #expect(throws: ShardError.self) { try RuleSet([wide, narrow]) }
        let good = try RuleSet([narrow, wide])
        #expect(good.overlaps.map(\.upper) == ["narrow"] && good.overlaps.map(\.lower) == ["wide"])
        #expect(throws: ShardError.self) { try RuleSet([wide, wide]) }
        // A closure or a percentage above leaves something for those below.
        var closed = wide
        closed.condition = { $0.fingerprint == 5 }
        #expect(try RuleSet([closed, narrow]).first(Self.facts { $0.label = "x" })?.name == "narrow")
        var some = wide
        some.match.percentage = Percentage(50)
        _ = try RuleSet([some, narrow])
        // What opens only where it is sure leaves the unsure to what limits.
        let condition = ColumnCondition(table: "orders", column: "tenant", .isOne(of: [5]))
        let opens = RoutingRule("opens", Self.match { $0.conditions = [condition] }, .shard("s5"))
        let limits = RoutingRule("limits", Self.match { $0.conditions = [condition] }, .refuse("no"))
        #expect(try RuleSet([opens, limits]).first(Self.facts())?.name == "limits")
        #expect(throws: ShardError.self) { try RuleSet([limits, opens]) }
    }

    @Test("a rule that is refused as never applying would never have applied")
    func coveringIsRight() throws {
        var covered = 0
        try forAll(3000) { generator in
            func some<Element: Hashable>(_ all: [Element]) -> Set<Element>? {
                Bool.random(using: &generator) ? nil : Set(all.filter { _ in Bool.random(using: &generator) })
            }
            func rule(_ name: String) -> RoutingRule {
                RoutingRule(
                    name,
                    Self.match {
                        $0.kinds = some([.select, .insert])
                        $0.tables = some(["a", "b"])
                        $0.labels = some(["x", "y"])
                        if Bool.random(using: &generator) {
                            $0.conditions = [ColumnCondition(table: "a", column: "c", .isOne(of: [1]))]
                        }
                    },
                    [RuleAction.primary, .shard("s"), .refuse("no"), .allow].randomElement(using: &generator) ?? .allow)
            }
            let (upper, lower) = (rule("upper"), rule("lower"))
            let isCovered = (try? RuleSet([upper, lower])) == nil
            if isCovered { covered += 1 }
            let alone = try RuleSet([lower])
            let above = try RuleSet([upper])
            for kind in [StatementFacts.Kind.select, .insert] {
                for tables in [[], ["a"], ["b"], ["a", "b"]] as [Set<String>] {
                    for label in ["x", "y", nil] {
                        for values in [[1], [2], [1, 2], nil] as [[Value]?] {
                            let facts = Self.facts {
                                $0.kind = kind
                                $0.tables = tables
                                $0.label = label
                                if let values { $0.restrictions = [.init(table: "a", column: "c", values: values)] }
                            }
                            try require(
                                !isCovered || alone.first(facts) == nil || above.first(facts) != nil, "\(facts)")
                        }
                    }
                }
            }
        }
        #expect(covered > 50)
    }

    @Test("a percentage takes about its share of keys, the same ones every time, and more of them when it is raised")
    func percentages() throws {
        #expect(Percentage(-1) == nil && Percentage(100.1) == nil && Percentage(.nan) == nil)
        try forAll(20) { generator in
            let percent = Double.random(in: 0...100, using: &generator)
            let some = try must(Percentage(percent))
            let more = try must(Percentage(min(100, percent + 10)))
            var count = 0
            for _ in 0..<10_000 {
                let hash = generator.next()
                let isIn = some.includes(hash, salt: "rule")
                if isIn {
                    count += 1
                    try require(more.includes(hash, salt: "rule"))
                }
                try require(isIn == some.includes(hash, salt: "rule"))
            }
            try require(abs(Double(count) / 100 - percent) < 2.5, "\(count) of 10,000 at \(percent) %")
        }
        let all = try must(Percentage(100))
        let none = try must(Percentage(0))
        #expect((0..<1000).allSatisfy { all.includes($0, salt: "x") && !none.includes($0, salt: "x") })
        // Two rules choose different keys.
        let ten = try must(Percentage(10))
        #expect((0..<10_000).filter { ten.includes($0, salt: "a") && ten.includes($0, salt: "b") }.count < 200)
    }

    @Test("blue and green split the keys, and rules are replaced while they are used")
    func blueGreen() throws {
        let green = EndpointTag("colour", "green")
        let blue = EndpointTag("colour", "blue")
        func rules(_ percent: Double) throws -> RuleSet {
            try RuleSet([
                RoutingRule(
                    "roll out", Self.match(), .blueGreen(blue: blue, green: green, share: try must(Percentage(percent)))
                )
            ])
        }
        let book = RuleBook(try rules(0))
        func greens() throws -> Int {
            try (0..<1000).filter { key in
                try book.rules.verdict(Self.facts { $0.hash = key }).hint == .tag(green)
            }.count
        }
        #expect(try greens() == 0)
        book.replace(try rules(30))
        #expect(try abs(greens() - 300) < 60)
        book.replace(try rules(100))
        #expect(try greens() == 1000)
    }
}
