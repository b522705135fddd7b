import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

/// The schema that plan fixtures are written against: four shards; `users`, `orders` and `items` colocated by user,
/// `log` in sixteen partitions, `bag` sharded by HINT, `countries` broadcast, `settings` single on s2.
enum ShopTopology {
    static func make() throws -> Topology {
        var topology = Topology(epoch: 1, shards: ["s0", "s1", "s2", "s3"])
        func column(_ name: String, _ type: String, notNull: Bool = false, collation: Collation = .binary)
            -> TableSchema.Column
        {
            TableSchema.Column(
                name: name, declaredType: type, affinity: Affinity(declaredType: type), collation: collation,
                isNotNull: notNull)
        }
        func add(_ schema: TableSchema, _ declaration: ShardingDeclaration) throws {
            var schema = schema
            schema.indexes = []
            topology.tables[schema.name] = LogicalTable(
                schema: schema, placement: try topology.place(schema, as: declaration), createSQL: "")
        }
        try add(
            TableSchema(
                name: "users",
                columns: [
                    column("id", "INTEGER"), column("name", "TEXT"), column("email", "TEXT", collation: .nocase),
                    column("age", "INTEGER"), column("country", "TEXT"),
                ], primaryKey: [0], rowIDColumn: 0),
            .sharded(.init(method: .hash, columns: ["id"])))
        try add(
            TableSchema(
                name: "orders",
                columns: [
                    column("user_id", "INTEGER", notNull: true), column("id", "INTEGER", notNull: true),
                    column("total", "REAL"), column("status", "TEXT"), column("day", "TEXT"),
                ], primaryKey: [0, 1]),
            .sharded(.init(method: .hash, columns: ["user_id"], colocateWith: "users")))
        try add(
            TableSchema(
                name: "items",
                columns: [
                    column("user_id", "INTEGER", notNull: true), column("order_id", "INTEGER", notNull: true),
                    column("line", "INTEGER", notNull: true), column("product", "TEXT"), column("price", "REAL"),
                ], primaryKey: [0, 1, 2]),
            .sharded(.init(method: .hash, columns: ["user_id"], colocateWith: "users")))
        try add(
            TableSchema(
                name: "log", columns: [column("source", "TEXT", notNull: true), column("line", "TEXT")]),
            .sharded(.init(method: .hash, columns: ["source"], partitionCount: 16)))
        try add(
            TableSchema(
                name: "countries", columns: [column("code", "TEXT"), column("title", "TEXT")], primaryKey: [0]),
            .broadcast)
        try add(
            TableSchema(
                name: "settings", columns: [column("key", "TEXT"), column("value", "")], primaryKey: [0]),
            .single(on: "s2"))
        try add(
            TableSchema(name: "bag", columns: [column("x", "INTEGER"), column("y", "TEXT")]),
            .sharded(.init(method: .hint, columns: [])))
        topology.views["rich"] = LogicalView(
            name: "rich", createSQL: "CREATE VIEW rich AS SELECT id, name FROM users WHERE age > 50")
        topology.views["spend"] = LogicalView(
            name: "spend",
            createSQL: "CREATE VIEW spend(who, total) AS SELECT user_id, sum(total) FROM orders GROUP BY user_id")
        return topology
    }
}
