import Foundation
import ShardBackend
import ShardBase
import ShardCatalog
import ShardTopology
import ShardValues
import Testing

@Suite struct CatalogTests {
    private func table(_ name: String, _ placement: Placement) -> CatalogObject {
        let schema = TableSchema(
            name: name,
            columns: [
                .init(name: "id", declaredType: "INTEGER", affinity: .integer, isNotNull: true, generator: "snowflake"),
                .init(name: "city", declaredType: "TEXT", affinity: .text, collation: .nocase, defaultSQL: "'x'"),
            ],
            primaryKey: [0], uniqueKeys: [[0, 1]], rowIDColumn: 0)
        let sql = "CREATE TABLE \(name) (id INTEGER PRIMARY KEY, city TEXT COLLATE NOCASE DEFAULT 'x')"
        return CatalogObject(
            kind: .table, name: name, tableName: name, sql: sql,
            table: LogicalTable(schema: schema, placement: placement, createSQL: sql))
    }

    private func directoryTable(_ name: String, _ entries: [Value: Int]) -> CatalogObject {
        let type = KeyType(affinity: .text, collation: .nocase)
        return table(
            name,
            .sharded(
                Sharding(
                    keyColumns: [1], keyTypes: [type],
                    algorithm: DirectoryAlgorithm(entries: entries, defaultPartition: 0, partitionCount: 2, type: type),
                    partitions: [Partition(shard: 0, physicalName: name), Partition(shard: 1, physicalName: name)],
                    group: name)))
    }

    private func code(_ body: () async throws -> Void) async -> ErrorCode? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? ShardError)?.code
        }
    }

    @Test("What was committed is there again when the catalog is opened, in order")
    func roundTrip() async throws {
        let folder = try TemporaryCatalog()
        let catalog = try await folder.create()
        let hash = Placement.sharded(
            Sharding(
                keyColumns: [0], keyTypes: [KeyType(affinity: .integer, collation: .binary)],
                algorithm: HashAlgorithm(partitionCount: 3),
                partitions: [
                    Partition(shard: 0, physicalName: "a_0"), Partition(shard: 1, physicalName: "a_1"),
                    Partition(shard: 0, physicalName: "a_2"),
                ], group: "a"))
        let objects = [
            table("a", hash), table("b", .broadcast), table("c", .single(1)),
            CatalogObject(kind: .view, name: "V", tableName: "V", sql: "CREATE VIEW V AS SELECT 1"),
            CatalogObject(kind: .index, name: "i", tableName: "b", sql: "CREATE INDEX i ON b (city)"),
        ]
        let topology = try await catalog.commit(CatalogChange(baseEpoch: 1, objects: objects))
        #expect(topology.epoch == 2)
        await catalog.close()

        let again = try await folder.open()
        let snapshot = try await again.snapshot()
        #expect(snapshot.epoch == 2)
        #expect(snapshot.shards == TemporaryCatalog.shards)
        #expect(snapshot.schemaTexts == objects.map(\.sql))
        #expect(snapshot.indexes.map(\.name) == ["i"])
        #expect(snapshot.topology.view(named: "v")?.createSQL == "CREATE VIEW V AS SELECT 1")
        for object in objects where object.table != nil {
            let read = try #require(snapshot.topology.table(named: object.name))
            #expect(read.schema == object.table?.schema)
            #expect(read.createSQL == object.sql)
        }
        guard case .sharded(let sharding) = snapshot.topology.table(named: "A")?.placement else {
            Issue.record("a is not sharded")
            return
        }
        #expect(sharding.partitions.map(\.physicalName) == ["a_0", "a_1", "a_2"])
        #expect((sharding.algorithm as? HashAlgorithm)?.partitionCount == 3)
        guard case .single(1) = snapshot.topology.table(named: "c")?.placement else {
            Issue.record("c is not on s1")
            return
        }
        // Objects go and keep the others' order.
        _ = try await again.commit(
            CatalogChange(baseEpoch: 2, objects: [objects[1], objects[3], objects[4]], droppedTables: ["a", "c"]))
        #expect(try await again.snapshot().objects.map(\.name) == ["b", "V", "i"])
        await again.close()
    }

    @Test("A change for an epoch that is over is refused and changes nothing")
    func staleChange() async throws {
        let folder = try TemporaryCatalog()
        let catalog = try await folder.create()
        _ = try await catalog.commit(CatalogChange(baseEpoch: 1, objects: [table("a", .broadcast)]))
        let refused = await code { try await catalog.commit(CatalogChange(baseEpoch: 1, objects: [])) }
        #expect(refused == .catalogStale)
        #expect(try await catalog.load().tables.count == 1)
        #expect(try await catalog.storedEpoch() == 2)
        await catalog.close()
    }

    @Test("Another opening sees a change by one look at the page")
    func twoOpenings() async throws {
        let folder = try TemporaryCatalog()
        let first = try await folder.create()
        let second = try await folder.open()
        #expect(second.isCurrent(1))
        _ = try await first.commit(CatalogChange(baseEpoch: 1, objects: [table("a", .broadcast)]))
        #expect(!second.isCurrent(1))
        #expect(try await second.load().epoch == 2)
        #expect(second.isCurrent(2))
        #expect(first.processID != second.processID)
        await first.close()
        await second.close()
    }

    @Test("A catalog of a later format is refused")
    func laterFormat() async throws {
        let folder = try TemporaryCatalog()
        await (try await folder.create()).close()
        let database = try await folder.database()
        let connection = try await database.acquire(.write, settings: .engineDefaults)
        try await connection.executeScript("UPDATE cluster SET format = 2")
        database.release(connection)
        #expect(await code { _ = try await folder.open() } == .catalogVersion)
        await database.close()
    }

    @Test("Making a catalog twice, or opening none, is an error")
    func presence() async throws {
        let folder = try TemporaryCatalog()
        await (try await folder.create()).close()
        #expect(await code { _ = try await folder.create() } == .alreadyExists)
        let empty = try TemporaryCatalog()
        let database = try await empty.database(creating: true)
        #expect(await code { _ = try await Catalog.open(on: database, directory: nil) } == .notFound)
        await database.close()
    }

    @Test("One owner's numbers follow on and may go back; another owner starts behind all of them")
    func sequences() async throws {
        let folder = try TemporaryCatalog()
        let catalog = try await folder.create()
        #expect(try await catalog.reserve(sequence: "t", atLeast: 1, count: 64) == 1..<65)
        #expect(try await catalog.reserve(sequence: "t", atLeast: 10, count: 5) == 10..<15)
        #expect(try await catalog.reserve(sequence: "t", atLeast: 3, count: 5, owner: "other") == 15..<20)
        #expect(try await catalog.reserve(sequence: "t", atLeast: 3, count: 5) == 20..<25)
        #expect(try await catalog.reserve(sequence: "t", atLeast: .max - 2, count: 100) == (.max - 2)..<Int64.max)
        #expect(
            await code { _ = try await catalog.reserve(sequence: "t", atLeast: 1, count: 1, owner: "other") }
                == .diskFull)
        // A sequence goes with its table, and follows its new name.
        _ = try await catalog.reserve(sequence: "u", atLeast: 100, count: 1)
        _ = try await catalog.commit(CatalogChange(baseEpoch: 1, renamedTables: [("U", "V")], droppedTables: ["T"]))
        #expect(try await catalog.reserve(sequence: "t", atLeast: 1, count: 1, owner: "other") == 1..<2)
        #expect(try await catalog.reserve(sequence: "v", atLeast: 1, count: 1, owner: "other") == 101..<102)
        await catalog.close()
    }

    @Test("Many at once never get the same number")
    func concurrentReservations() async throws {
        let folder = try TemporaryCatalog()
        let first = try await folder.create()
        let second = try await folder.open()
        let ranges = try await withThrowingTaskGroup(of: Range<Int64>.self) { group in
            for turn in 0..<40 {
                let catalog = turn.isMultiple(of: 2) ? first : second
                group.addTask { try await catalog.reserve(sequence: "t", atLeast: 1, count: 7, owner: "task \(turn)") }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(ranges.flatMap { Array($0) }).count == 280)
        await first.close()
        await second.close()
    }

    @Test("A directory's entries are rows of their own")
    func directory() async throws {
        let folder = try TemporaryCatalog()
        let catalog = try await folder.create()
        _ = try await catalog.commit(CatalogChange(baseEpoch: 1, objects: [directoryTable("d", [.text("Rome"): 1])]))
        let topology = try await catalog.commit(
            CatalogChange(
                baseEpoch: 2,
                directory: [
                    .init(table: "D", key: .text("OSLO"), partition: 1),
                    .init(table: "d", key: .text("rome"), partition: nil),
                ]))
        guard case .sharded(let sharding) = topology.table(named: "d")?.placement else {
            Issue.record("d is not sharded")
            return
        }
        #expect(try sharding.algorithm.partition(of: [.text("oslo")], types: sharding.keyTypes) == 1)
        #expect(try sharding.algorithm.partition(of: [.text("Rome")], types: sharding.keyTypes) == 0)
        _ = try await catalog.commit(CatalogChange(baseEpoch: 3, renamedTables: [("d", "e")]))
        let refused = await code {
            try await catalog.commit(
                CatalogChange(baseEpoch: 4, directory: [.init(table: "x", key: .null, partition: 0)]))
        }
        #expect(refused == .declarationRefused)
        await catalog.close()
    }

    @Test("The journal gives back what was written, decided only with its change")
    func journal() async throws {
        let folder = try TemporaryCatalog()
        let catalog = try await folder.create()
        let entry = DefinitionJournalEntry(
            id: Catalog.newJournalID(), statement: "CREATE TABLE t (x)",
            steps: [.init(shard: "s1", statements: ["CREATE TABLE t (x)"])])
        try await catalog.beginJournal(entry)
        #expect(try await catalog.journal().map(\.state) == [.running])
        let refused = await code {
            _ = try await catalog.commitSnapshot(CatalogChange(baseEpoch: 9), deciding: entry.id)
        }
        #expect(refused == .catalogStale)
        #expect(try await catalog.journal().map(\.state) == [.running])
        _ = try await catalog.commitSnapshot(CatalogChange(baseEpoch: 1), deciding: entry.id)
        #expect(try await catalog.journal().map(\.state) == [.decided])
        #expect(try await catalog.journal().first?.steps == entry.steps)
        try await catalog.endJournal(entry.id)
        #expect(try await catalog.journal().isEmpty)
        await catalog.close()
    }
}
