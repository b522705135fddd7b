import Foundation
import ShardBase
import ShardTopology
import ShardValues
import Testing

struct RecordTests {
    static let declarations: [(String, ShardingDeclaration)] = [
        ("default", .byDefault), ("broadcast", .broadcast), ("single", .single(on: "south")),
        ("eight", .sharded(.init(method: .hash, columns: ["id"], partitionCount: 8))),
        ("mod", .sharded(.init(method: .mod, columns: ["id"]))),
        (
            "range",
            .sharded(
                .init(method: .range([.init(name: "a", bound: [5]), .init(name: "b", bound: [nil])]), columns: []))
        ),
        (
            "list",
            .sharded(
                .init(
                    method: .list([.init(name: "a", keys: [[1], [2]]), .init(name: "b", keys: nil)]), columns: ["id"]))
        ),
        (
            "directory",
            .sharded(
                .init(
                    method: .directory([.init(name: "a", keys: [[1]]), .init(name: "b", keys: [[2]], shard: "west")]),
                    columns: ["id"]))
        ),
        ("interval", .sharded(.init(method: .interval(unit: .month, count: 3), columns: ["id"]))),
        (
            "starts",
            .sharded(
                .init(
                    method: .interval(
                        unit: .month, count: 1, starts: [.init(name: "a", start: 0), .init(name: "b", start: 86_400)]),
                    columns: ["id"]))
        ),
        ("custom", .sharded(.init(method: .custom("record-test"), columns: ["id"]))),
    ]

    init() {
        CustomAlgorithms.shared.register("record-test") { FirstByteNamed(partitionCount: $0, name: "record-test") }
    }

    @Test("a table survives the catalog's JSON with every home it gives", arguments: 0..<declarations.count)
    func survivesJSON(number: Int) throws {
        let (name, declaration) = Self.declarations[number]
        let topology = PlacementTests.empty
        var schema = PlacementTests.schema(name)
        schema.columns[2].defaultSQL = "'x'"
        schema.columns[2].generator = "uuidv7"
        let table = try topology.place(schema: schema, declaration: declaration, createSQL: "CREATE TABLE \(name)(…)")
        let record = TableRecord(table, shards: topology.shards)
        let data = try JSONEncoder().encode(record)
        let read = try JSONDecoder().decode(TableRecord.self, from: data)
        #expect(read == record)
        let again = try read.table(shards: topology.shards)
        #expect(again.schema == table.schema && again.createSQL == table.createSQL)
        #expect(TableRecord(again, shards: topology.shards) == record)
        guard case .sharded(let before) = table.placement, case .sharded(let after) = again.placement else { return }
        #expect(
            before.partitions == after.partitions && before.group == after.group && before.keyTypes == after.keyTypes)
        for key in -50..<50 as Range<Int64> {
            #expect((try? before.partition(ofInteger: key)) == (try? after.partition(ofInteger: key)))
        }
        // Shards by name: another order gives the same placement.
        let reversed = Array(topology.shards.reversed())
        guard case .sharded(let elsewhere) = try read.table(shards: reversed).placement else { return }
        #expect(elsewhere.partitions.map { reversed[$0.shard] } == before.partitions.map { topology.shards[$0.shard] })
    }

    @Test("the format of version 1 does not change")
    func formatIsStable() throws {
        let table = try PlacementTests.empty.place(
            schema: TableSchema(
                name: "t", columns: [.init(name: "k", declaredType: "TEXT", affinity: .text, collation: .nocase)],
                primaryKey: [0]),
            declaration: .byDefault, createSQL: "CREATE TABLE t(k TEXT PRIMARY KEY)")
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = String(
            decoding: try encoder.encode(TableRecord(table, shards: PlacementTests.empty.shards)), as: UTF8.self)
        #expect(
            text
                == #"{"createSQL":"CREATE TABLE t(k TEXT PRIMARY KEY)","placement":{"algorithm":{"name":"hash","slotCount":1024},"#
                + #""group":"t","keyColumns":["k"],"kind":"sharded","partitions":[{"shard":"north"},{"shard":"south"},"#
                + #"{"shard":"east"},{"shard":"west"}],"version":1},"schema":{"columns":[{"affinity":"text","#
                + #""collation":"nocase","declaredType":"TEXT","isGenerated":false,"isNotNull":false,"name":"k"}],"#
                + #""isAutoIncrement":false,"isStrict":false,"isWithoutRowID":false,"name":"t","primaryKey":[0],"#
                + #""uniqueKeys":[]},"version":1}"#)
    }

    @Test("moved slots are kept slot by slot")
    func movedSlotsSurvive() throws {
        var slots = HashAlgorithm(partitionCount: 2).slots
        slots[7] = 0
        let record = HashAlgorithm(slots: slots, partitionCount: 2).record
        #expect(record.slots == slots && record.slotCount == nil)
        let type = KeyType(affinity: .integer, collation: .binary)
        let again = try record.algorithm(partitionCount: 2, types: [type])
        #expect((again as? HashAlgorithm)?.slots == slots)
    }

    @Test("a record that this version cannot read is an error, never a guess")
    func refusesWhatItCannotRead() throws {
        let table = try PlacementTests.empty.place(
            schema: PlacementTests.schema("t"), declaration: .byDefault, createSQL: "")
        let good = TableRecord(table, shards: PlacementTests.empty.shards)
        func code(_ change: (inout TableRecord) -> Void) -> ErrorCode? {
            var record = good
            change(&record)
            do {
                _ = try record.table(shards: PlacementTests.empty.shards)
                return nil
            } catch { return error.code }
        }
        #expect(code { _ in } == nil)
        #expect(code { $0.version = 2 } == .catalogVersion)
        #expect(code { $0.placement.version = 2 } == .catalogVersion)
        #expect(code { $0.placement.group = nil } == .corrupt)
        #expect(code { $0.placement.keyColumns = ["gone"] } == .corrupt)
        #expect(code { $0.placement.partitions?[0].shard = "up" } == .corrupt)
        #expect(code { $0.placement.algorithm?.slotCount = nil } == .corrupt)
        #expect(code { $0.placement.algorithm?.name = "range" } == .corrupt)
        #expect(code { $0.placement.algorithm?.name = "unheard-of" } == .configuration)
    }
}

struct FirstByteNamed: ShardingAlgorithm {
    let partitionCount: Int
    let name: String
    func partition(of key: [Value], types: [KeyType]) throws(ShardError) -> Int {
        try FirstByteAlgorithm(partitionCount: partitionCount).partition(of: key, types: types)
    }
}
