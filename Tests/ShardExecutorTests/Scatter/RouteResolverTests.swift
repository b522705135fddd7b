import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues
import Testing

@testable import ShardExecutor

@Suite("Routes become places")
struct RouteResolverTests {
    private func sharding(_ affinity: Affinity, partitions: Int = 4, shards: Int = 2) -> Sharding {
        Sharding(
            keyColumns: [0], keyTypes: [KeyType(affinity: affinity, collation: .binary)],
            algorithm: HashAlgorithm(partitionCount: partitions),
            partitions: (0..<partitions).map { Partition(shard: ($0 + 1) % shards, physicalName: "t_\($0)") },
            group: "g")
    }

    @Test("the point read's short way agrees with the general one, for every affinity", arguments: Affinity.allCases)
    func point(affinity: Affinity) {
        let sharding = sharding(affinity)
        let resolver = RouteResolver(.partitions(sharding, .and([.compare(column: 0, .equal, .parameter(0))])))
        let point = PointRoute(resolver)
        var maker = ValueMaker(seed: 3)
        for _ in 0..<2000 {
            let value = maker.value()
            let general = PartitionSet([], count: 4).union(
                sharding.partitions(for: .compare(column: 0, .equal, .parameter(0)), values: [value]), count: 4)
            if let place = point?.place([value]) {
                #expect(general == .one(place.partition), "\(affinity), \(value)")
                #expect(place.shard == sharding.partitions[place.partition].shard)
            }
            switch resolver.places([value]) {
            case .none: #expect(general == .none)
            case .partition(let partition, let shard):
                #expect(general == .one(partition))
                #expect(shard == sharding.partitions[partition].shard)
            case .partitions(let partitions): #expect(general.indices(count: 4) == partitions)
            case .shard, .anyShard, .everyShard: Issue.record("\(value) left the partitions")
            }
        }
        // Stored as another kind, an integer has no short way.
        #expect((point == nil) == (affinity == .real || affinity == .text))
        #expect(point?.place([]) == nil)
    }

    @Test("fragments stand in order of shards, and within one in order of partitions")
    func fragments() throws {
        let sharding = sharding(.integer)
        let template = FragmentTemplate(
            sql: SQLTemplate(pieces: [.text("SELECT * FROM "), .table(0)]), tables: [.partitioned(sharding)])
        let compiled = CompiledPlan(
            plan: Plan(
                rung: .merge,
                action: .write(
                    WritePlan(
                        route: .partitions(sharding, .all), statement: template, table: "t", returnsRows: false,
                        isSinglePlace: false)), parameterCount: 0, topologyEpoch: 1),
            topology: Topology(epoch: 1, shards: ["s0", "s1"]))
        let first = try compiled.fragments(for: .partitions(sharding, .all), statement: template, values: [])
        #expect(first.map(\.shard) == [0, 0, 1, 1])
        #expect(first.map(\.statement.sql) == [1, 3, 0, 2].map { "SELECT * FROM t_\($0)" })
        // The same statements again: connections find what they have prepared.
        let again = try compiled.fragments(for: .partitions(sharding, .all), statement: template, values: [])
        #expect(again.map(\.statement.id) == first.map(\.statement.id))
    }

    @Test("a statement over partitions is never sent to a whole shard")
    func brokenInvariant() throws {
        let template = RenderedTemplate(
            FragmentTemplate(sql: SQLTemplate(pieces: [.table(0)]), tables: [.partitioned(sharding(.integer))]))
        let error = #expect(throws: ShardError.self) { try template.statement(nil) }
        #expect(error?.code == .internalError)
        #expect(throws: ShardError.self) { try template.statement(4) }
        #expect(try template.statement(3).sql == "t_3")
    }
}
