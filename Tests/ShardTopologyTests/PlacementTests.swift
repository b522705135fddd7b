import ShardBase
import ShardTopology
import ShardValues
import Testing

struct PlacementTests {
    static let empty = Topology(epoch: 1, shards: ["north", "south", "east", "west"])

    static func schema(
        _ name: String, _ columns: [TableSchema.Column]? = nil, primaryKey: [Int] = [0], uniqueKeys: [[Int]] = []
    ) -> TableSchema {
        TableSchema(
            name: name,
            columns: columns ?? [
                TableSchema.Column(name: "id", affinity: .integer),
                TableSchema.Column(name: "user_id", affinity: .integer),
                TableSchema.Column(name: "email", affinity: .text, collation: .nocase),
            ],
            primaryKey: primaryKey, uniqueKeys: uniqueKeys)
    }

    static func sharding(_ placement: Placement) throws -> Sharding {
        guard case .sharded(let sharding) = placement else { throw ShardError(.internalError, "not sharded") }
        return sharding
    }

    static func with(_ tables: [(TableSchema, ShardingDeclaration)], _ topology: Topology = empty) throws -> Topology {
        var topology = topology
        for (schema, declaration) in tables {
            topology.tables[Topology.key(for: schema.name)] = try topology.place(
                schema: schema, declaration: declaration, createSQL: "")
        }
        return topology
    }

    func expect(
        _ code: ErrorCode, _ words: String, _ schema: TableSchema, _ declaration: ShardingDeclaration,
        _ topology: Topology = empty, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(sourceLocation: sourceLocation) {
            try topology.place(schema, as: declaration)
        } throws: { error in
            let error = error as? ShardError
            return error?.code == code && error?.message.contains(words) == true
        }
    }

    @Test("a plain table is hashed by its primary key, one partition per shard under its own name")
    func defaultIsHashOfPrimaryKey() throws {
        let sharding = try Self.sharding(try Self.empty.place(Self.schema("orders"), as: .byDefault))
        #expect(sharding.keyColumns == [0])
        #expect(sharding.algorithm.name == "hash")
        #expect(sharding.partitions == (0..<4).map { Partition(shard: $0, physicalName: "orders") })
        #expect(sharding.group == "orders")
    }

    @Test("the default key is what every unique constraint contains; without any, the first column")
    func defaultKeyIsCommon() throws {
        func key(_ schema: TableSchema) throws -> [Int] {
            try Self.sharding(try Self.empty.place(schema, as: .byDefault)).keyColumns
        }
        #expect(try key(Self.schema("t", primaryKey: [1, 0])) == [1, 0])
        #expect(try key(Self.schema("t", primaryKey: [1, 0], uniqueKeys: [[0, 2]])) == [0])
        #expect(try key(Self.schema("t", primaryKey: [], uniqueKeys: [[2, 1]])) == [2, 1])
        #expect(try key(Self.schema("t", primaryKey: [])) == [0])
        let generated = [
            TableSchema.Column(name: "g", isGenerated: true), TableSchema.Column(name: "c", collation: .custom("x")),
            TableSchema.Column(name: "k"),
        ]
        #expect(try key(Self.schema("t", generated, primaryKey: [])) == [2])
        expect(.uniqueWithoutShardKey, "no column in common", Self.schema("t", uniqueKeys: [[2]]), .byDefault)
    }

    @Test("a unique constraint without the shard key is refused by name, unless there is one partition")
    func uniquesHoldTheKey() throws {
        let byUser = ShardingDeclaration.sharded(.init(method: .hash, columns: ["USER_ID"]))
        expect(
            .uniqueWithoutShardKey, "PRIMARY KEY (id) of orders does not contain the shard key (user_id)",
            Self.schema("orders"), byUser)
        expect(
            .uniqueWithoutShardKey, "UNIQUE (email)", Self.schema("orders", primaryKey: [1, 0], uniqueKeys: [[2]]),
            byUser)
        let one = Topology(epoch: 1, shards: ["only"])
        #expect(try Self.sharding(try one.place(Self.schema("orders"), as: byUser)).keyColumns == [1])
        #expect(try Self.sharding(try one.place(Self.schema("t", uniqueKeys: [[2]]), as: .byDefault)).keyColumns == [0])
        expect(.uniqueWithoutShardKey, "a hint", Self.schema("t"), .sharded(.init(method: .hint, columns: [])))
    }

    @Test("a table can stand on some of the shards")
    func shardGroup() throws {
        let two = ShardingDeclaration.sharded(.init(method: .hash, columns: ["id"], shards: ["east", "WEST"]))
        #expect(try Self.sharding(try Self.empty.place(Self.schema("a"), as: two)).partitions.map(\.shard) == [2, 3])
        let five = ShardingDeclaration.sharded(
            .init(method: .hash, columns: ["id"], partitionCount: 5, shards: ["west", "south"]))
        let sharding = try Self.sharding(try Self.empty.place(Self.schema("a"), as: five))
        #expect(sharding.partitions.map(\.shard) == [3, 1, 3, 1, 3])
        expect(
            .declarationRefused, "stands twice", Self.schema("t"),
            .sharded(.init(method: .hash, columns: ["id"], shards: ["south", "south"])))
    }

    @Test("several partitions on a shard are numbered, and names of other tables are not taken")
    func partitionsAreNamed() throws {
        let eight = ShardingDeclaration.sharded(.init(method: .hash, columns: ["id"], partitionCount: 8))
        let sharding = try Self.sharding(try Self.empty.place(Self.schema("orders"), as: eight))
        #expect(sharding.partitions.map(\.physicalName) == (0..<8).map { "orders_\($0)" })
        #expect(sharding.partitions.map(\.shard) == [0, 1, 2, 3, 0, 1, 2, 3])
        let crowded = try Self.with([(Self.schema("Orders_3"), .broadcast)])
        let other = try Self.sharding(try crowded.place(Self.schema("orders"), as: eight))
        #expect(other.partitions[3].physicalName == "orders__3")
        let taken = try Self.with([(Self.schema("orders"), eight)])
        expect(.declarationRefused, "orders_3 is taken", Self.schema("orders_3"), .single(on: nil), taken)
        let late = try Self.sharding(try taken.place(Self.schema("orders_3"), as: .byDefault))
        #expect(late.partitions[0].physicalName == "orders_3_0")
        #expect(Set(late.partitions.map(\.physicalName)).isDisjoint(with: (0..<8).map { "orders_\($0)" }))
    }

    @Test("colocated tables share group, algorithm and shards, whatever their own names")
    func colocates() throws {
        let topology = try Self.with([
            (Self.schema("users"), .sharded(.init(method: .hash, columns: ["id"], partitionCount: 6)))
        ])
        let schema = Self.schema("orders", primaryKey: [1, 0])
        let orders = try Self.sharding(
            try topology.place(schema, as: .sharded(.init(method: .hash, columns: ["user_id"], colocateWith: "USERS"))))
        let users = try Self.sharding(try #require(topology.table(named: "users")).placement)
        #expect(orders.group == users.group)
        #expect(orders.partitions.map(\.shard) == users.partitions.map(\.shard))
        #expect(orders.partitions.map(\.physicalName) == (0..<6).map { "orders_\($0)" })
        for key in 0..<500 as Range<Int64> {
            #expect(try orders.partition(ofInteger: key) == users.partition(ofInteger: key))
        }
        func colocated(_ column: String, _ method: ShardingDeclaration.Method = .hash, count: Int? = nil)
            -> ShardingDeclaration
        {
            .sharded(.init(method: method, columns: [column], colocateWith: "users", partitionCount: count))
        }
        expect(
            .declarationRefused, "type or collation", Self.schema("o", primaryKey: [2]), colocated("email"), topology)
        expect(.declarationRefused, "has 6 partitions, not 4", schema, colocated("user_id", count: 4), topology)
        expect(.declarationRefused, "sharded by hash, not by mod", schema, colocated("user_id", .mod), topology)
        expect(.notFound, "no table users", schema, colocated("user_id"))
        let whole = try Self.with([(Self.schema("users"), .broadcast)])
        expect(.declarationRefused, "not sharded", schema, colocated("user_id"), whole)
    }

    @Test("tables hashed alike share a group of themselves, unlike ones do not")
    func groupsForm() throws {
        let topology = try Self.with([
            (Self.schema("users"), .byDefault), (Self.schema("orders", primaryKey: [1]), .byDefault),
            (Self.schema("mails", primaryKey: [2]), .byDefault),
            (Self.schema("many"), .sharded(.init(method: .hash, columns: ["id"], partitionCount: 8))),
            (Self.schema("modulo"), .sharded(.init(method: .mod, columns: ["id"]))),
        ])
        func group(_ name: String) throws -> String {
            try Self.sharding(try #require(topology.table(named: name)).placement).group
        }
        #expect(try group("users") == "users" && group("orders") == "users")
        #expect(try group("mails") == "mails" && group("many") == "many" && group("modulo") == "modulo")
        // A new table of an old name must not fall into the group that still bears it.
        var later = topology
        later.tables["users"] = nil
        let again = try Self.sharding(
            try later.place(Self.schema("users"), as: .sharded(.init(method: .mod, columns: ["id"]))))
        #expect(again.group == "users#2")
    }

    @Test("listed partitions stand where the declaration says")
    func listsPartitions() throws {
        let declaration = ShardingDeclaration.sharded(
            .init(
                method: .range([
                    .init(name: "p0", bound: ["100"], shard: "WEST"), .init(name: "p1", bound: [200]),
                    .init(name: "p2", bound: [nil], shard: "west"),
                ]), columns: ["id"]))
        let sharding = try Self.sharding(try Self.empty.place(Self.schema("t"), as: declaration))
        #expect(sharding.partitions.map(\.shard) == [3, 1, 3])
        #expect(sharding.partitions.map(\.name) == ["p0", "p1", "p2"])
        #expect(sharding.partitions.map(\.physicalName) == ["t_0", "t_1", "t_2"])
        #expect(try sharding.partition(of: [100]) == 1)
    }

    @Test("declarations that cannot be are refused with their reason")
    func refusesContradictions() {
        let t = Self.schema("t")
        func sharded(_ method: ShardingDeclaration.Method, _ columns: [String] = ["id"], count: Int? = nil)
            -> ShardingDeclaration
        {
            .sharded(.init(method: method, columns: columns, partitionCount: count))
        }
        expect(.notFound, "no column nothing", t, sharded(.hash, ["nothing"]))
        expect(.notFound, "no shard up", t, .single(on: "up"))
        expect(.declarationRefused, "twice", t, sharded(.hash, ["id", "ID"]))
        expect(.declarationRefused, "exactly one column", t, sharded(.mod, ["id", "user_id"]))
        expect(.declarationRefused, "integer column", Self.schema("t", primaryKey: [2]), sharded(.mod, ["email"]))
        expect(.declarationRefused, "1 to 4096", t, sharded(.hash, count: 5000))
        expect(
            .declarationRefused, "not above", t,
            sharded(.range([.init(name: "a", bound: [5]), .init(name: "b", bound: ["5"])])))
        expect(.declarationRefused, "NULL", t, sharded(.range([.init(name: "a", bound: [.null])])))
        expect(.declarationRefused, "2 values for 1", t, sharded(.range([.init(name: "a", bound: [5, 6])])))
        expect(.declarationRefused, "lists its partitions", t, sharded(.range([])))
        expect(
            .declarationRefused, "declared twice", t,
            sharded(.range([.init(name: "a", bound: [5]), .init(name: "A", bound: [6])])))
        expect(.declarationRefused, "INTO says 3", t, sharded(.range([.init(name: "a", bound: [5])]), count: 3))
        expect(
            .declarationRefused, "listed twice", t,
            sharded(.list([.init(name: "a", keys: [[1]]), .init(name: "b", keys: [[1.0]])])))
        expect(
            .declarationRefused, "two partitions are DEFAULT", t,
            sharded(.list([.init(name: "a", keys: nil), .init(name: "b", keys: nil)])))
        expect(
            .declarationRefused, "is no time", t,
            sharded(.interval(unit: .day, count: 1, starts: [.init(name: "a", start: "soon")])))
        expect(.declarationRefused, "takes no columns", t, sharded(.hint))
        expect(.configuration, "not registered", t, sharded(.custom("unheard-of")))
        let custom = Self.schema("t", [TableSchema.Column(name: "id", affinity: .text, collation: .custom("german"))])
        expect(.declarationRefused, "german", custom, sharded(.hash))
        let generated = Self.schema("t", [TableSchema.Column(name: "id", isGenerated: true)])
        expect(.declarationRefused, "generated", generated, sharded(.hash))
    }

    @Test("names are compared as SQLite compares them: ASCII letters alone are folded")
    func foldsASCIIOnly() {
        #expect(Topology.key(for: "OrdersÄ") == "ordersÄ")
        let schema = Self.schema("t", [TableSchema.Column(name: "Äx")])
        #expect(schema.column(named: "ÄX") == 0)
        #expect(schema.column(named: "äx") == nil)
    }
}
