public import ShardBase
public import ShardSQL
public import ShardTopology
import ShardValues

/// Turns a definition (DDL) into the physical statements of each shard and the logical schema afterwards. Pure.
///
/// The engine itself has validated the statement before, on a private database with the logical schema: `texts` is what
/// that database's `sqlite_master` says now. So this never judges SQL, only where things stand:
///
/// - Tables and indexes exist on every shard that holds a piece of the table, indexes of numbered partitions with the
///   partition's number (`by_date_3`). Views are logical: no shard knows them. Triggers exist where their table does.
/// - What no shard could enforce by itself is refused: see `UniqueRule` and `TriggerRule`. Foreign keys are accepted (the
///   engine does not enforce them until told to); see ``ForeignKey``.
///
/// Worked example, two shards, four partitions: `CREATE INDEX by_date ON orders (placed)` is
/// `CREATE INDEX by_date_0 ON orders_0 (placed)` and `CREATE INDEX by_date_2 ON orders_2 (placed)` on the first shard, `_1`
/// and `_3` on the second.
public struct DefinitionPlanner {
    public let topology: Topology
    public let objects: [SchemaObject]
    public let dialect: Dialect
    /// What a CREATE TABLE without a clause means, by the table's name.
    let defaultDeclaration: (String) -> ShardingDeclaration
    let defaultGenerators: (String) -> [String: String]

    /// - Parameters:
    ///   - topology: the topology before.
    ///   - objects: the logical schema before, in the order of the logical `sqlite_master`.
    ///   - defaultDeclaration: the configuration's say for tables whose statement says nothing.
    ///   - defaultGenerators: its say for columns without a generator of their own, by lower-case name: `snowflake`, `segment:orders`.
    public init(
        topology: Topology, objects: [SchemaObject], dialect: Dialect = .sqlite,
        defaultDeclaration: @escaping (String) -> ShardingDeclaration = { _ in .byDefault },
        defaultGenerators: @escaping (String) -> [String: String] = { _ in [:] }
    ) {
        self.topology = topology
        self.objects = objects
        self.dialect = dialect
        self.defaultDeclaration = defaultDeclaration
        self.defaultGenerators = defaultGenerators
    }

    /// - Parameter texts: the logical schema after the statement, in the order of `sqlite_master`.
    /// - Throws: `.uniqueWithoutShardKey`, `.triggerAcrossShards`, `.declarationRefused`, `.reservedName`,
    ///   `.alterNotModelled`, `.statementNotModelled`; `.notFound` for unknown shards and columns of a clause.
    public func steps(for kind: DefinitionPlan.Kind, after texts: [SchemaText]) throws(ShardError) -> DefinitionSteps {
        if texts == objects.map(\.text) { return DefinitionSteps(objects: objects, isNothing: true) }
        try checkReservedNames(texts)
        var steps: DefinitionSteps
        switch kind {
        case .createTable(let create): steps = try createTable(create, texts)
        case .createTableAs(let create, _): steps = try createTable(create, texts)
        case .createVirtualTable(let create): steps = try createVirtualTable(create, texts)
        case .createIndex(let create): steps = try createIndex(create, texts)
        case .createView: steps = DefinitionSteps(objects: try carried(texts))
        case .createTrigger(let create): steps = try createTrigger(create, texts)
        case .alterTable(let alter): steps = try alterTable(alter, texts)
        case .drop(let drop): steps = try self.drop(drop, texts)
        case .maintenance: steps = DefinitionSteps(objects: objects, isNothing: true)
        }
        let moved = try TriggerRule(dialect: dialect).changes(
            from: Self.triggerWorld(objects), to: Self.triggerWorld(steps.objects))
        for (shard, statement) in moved { steps.add(statement, on: shard) }
        try checkPhysicalNames(steps.objects)
        return steps
    }

    private static func triggerWorld(
        _ objects: [SchemaObject]
    ) -> (triggers: [LogicalAttachment], tables: [String: LogicalTable], views: Set<String>) {
        (
            objects.filter { $0.text.kind == .trigger }.map(\.text.attachment), tables(objects),
            Set(objects.filter { $0.text.kind == .view }.map { $0.text.name.asciiLowercased() })
        )
    }

    /// The shard that runs a trigger of the objects by itself.
    func home(of trigger: SchemaText, among objects: [SchemaObject]) throws(ShardError) -> ShardIndex? {
        let world = Self.triggerWorld(objects)
        return try TriggerRule(dialect: dialect).home(of: trigger.attachment, tables: world.tables, views: world.views)
    }

    // MARK: The schema afterwards

    static func tables(_ objects: [SchemaObject]) -> [String: LogicalTable] {
        var tables: [String: LogicalTable] = [:]
        for object in objects { if let table = object.table { tables[table.schema.name.asciiLowercased()] = table } }
        return tables
    }

    /// The objects of the texts: tables that were there keep their placement, and are read anew where a text changed.
    ///
    /// - Parameters:
    ///   - renamed: folded new name to the old name, for a table that has another name now.
    ///   - column: the new ordinal of a column of the table `changed` (folded new name).
    func carried(
        _ texts: [SchemaText], renamed: [String: String] = [:], changed: String? = nil,
        column: (Int) -> Int? = { $0 }
    ) throws(ShardError) -> [SchemaObject] {
        let before = Self.tables(objects)
        let beforeTexts = Dictionary(
            objects.filter { $0.table != nil }.map { ($0.text.name, $0.text) }, uniquingKeysWith: { first, _ in first })
        let indexes = Self.indexes(texts)
        let indexesBefore = Self.indexes(objects.map(\.text))
        var result: [SchemaObject] = []
        for text in texts {
            var object = SchemaObject(text: text)
            let name = text.name.asciiLowercased()
            if text.kind == .table || text.kind == .virtual,
                let old = before[renamed[name]?.asciiLowercased() ?? name]
            {
                let own = indexes[name] ?? []
                let ownBefore = indexesBefore[name] ?? []
                if beforeTexts[text.name] == text, own == ownBefore {
                    object.table = old
                } else {
                    object.table = try reread(
                        text, indexes: own, old: old, column: changed == name ? column : { $0 })
                }
            }
            result.append(object)
        }
        return result
    }

    /// Indexes by the folded name of their table.
    private static func indexes(_ texts: [SchemaText]) -> [String: [SchemaText]] {
        Dictionary(grouping: texts.filter { $0.kind == .index }) { $0.tableName.asciiLowercased() }
    }

    private func reread(
        _ text: SchemaText, indexes: [SchemaText], old: LogicalTable, column: (Int) -> Int?
    ) throws(ShardError) -> LogicalTable {
        var schema: TableSchema
        switch text.kind {
        case .virtual: schema = virtualSchema(text)
        case .table, .index, .view, .trigger: schema = try reader(text, indexes: indexes).schema()
        }
        // Generators are not in the logical text.
        for (ordinal, oldColumn) in old.schema.columns.enumerated() {
            if let generator = oldColumn.generator, let new = column(ordinal), schema.columns.indices.contains(new) {
                schema.columns[new].generator = generator
            }
        }
        guard let placement = old.placement.renamed(from: old.schema.name, to: schema.name).remapped(schema, column)
        else {
            throw ShardError(.declarationRefused, "\(old.schema.name): the column is part of the shard key")
        }
        return LogicalTable(
            schema: schema, placement: placement, createSQL: text.sql,
            coldColumns: old.coldColumns.compactMap { column($0) })
    }

    func virtualSchema(_ text: SchemaText) -> TableSchema {
        TableSchema(
            name: text.name,
            columns: text.virtualColumns.map {
                TableSchema.Column(
                    name: $0.name, declaredType: $0.declaredType, affinity: Affinity(declaredType: $0.declaredType))
            })
    }

    func reader(_ text: SchemaText, indexes: [SchemaText]) throws(ShardError) -> SchemaReader {
        var parsed: [CreateIndexStatement] = []
        for index in indexes { parsed.append(try parsedIndex(index)) }
        return SchemaReader(create: try parsedTable(text), indexes: parsed, dialect: dialect)
    }

    func parsedTable(_ text: SchemaText) throws(ShardError) -> CreateTableStatement {
        guard let parsed = try? Parser.parse(text.sql, dialect: dialect),
            case .createTable(let create) = parsed.statement,
            case .columns = create.content
        else { throw notUnderstood(text) }
        return create
    }

    func parsedIndex(_ text: SchemaText) throws(ShardError) -> CreateIndexStatement {
        guard let parsed = try? Parser.parse(text.sql, dialect: dialect),
            case .createIndex(let create) = parsed.statement
        else { throw notUnderstood(text) }
        return create
    }

    func notUnderstood(_ text: SchemaText) -> ShardError {
        ShardError(
            .statementNotModelled, "the definition of \(text.name) uses syntax that ShardKit does not model over shards"
        )
    }

    // MARK: Names

    private func checkReservedNames(_ texts: [SchemaText]) throws(ShardError) {
        for text in texts where text.name.asciiLowercased().hasPrefix("_shardkit") {
            throw ShardError(
                .reservedName, "the name \(text.name) is reserved: names that begin with _shardkit are ShardKit's own",
                hint: "Choose another name.")
        }
    }

    /// On no shard do two objects have one name: a table `orders_3` beside a partition of `orders` of that name.
    private func checkPhysicalNames(_ objects: [SchemaObject]) throws(ShardError) {
        let tables = Self.tables(objects)
        guard tables.values.contains(where: { $0.hasOwnNames || $0.isSplit }) else { return }
        var taken: [ShardIndex: [String: String]] = [:]
        func take(_ shard: ShardIndex, _ physical: String, _ logical: String) throws(ShardError) {
            let old = taken[shard, default: [:]].updateValue(logical, forKey: physical.asciiLowercased())
            if let old, old != logical {
                throw ShardError(
                    .reservedName,
                    "the name \(physical) is taken on a shard by both \(old) and \(logical): "
                        + "partitions are numbered tables there, and cold parts end with __cold",
                    hint: "Choose another name.")
            }
        }
        for object in objects {
            switch object.text.kind {
            case .table, .virtual:
                guard let table = object.table else { continue }
                for piece in table.physicalPieces(shardCount: topology.shards.count) {
                    try take(piece.shard, piece.name, object.text.name)
                    if table.isSplit { try take(piece.shard, piece.cold.name, object.text.name) }
                }
            case .index:
                guard let table = tables[object.text.tableName.asciiLowercased()] else { continue }
                for piece in table.physicalPieces(shardCount: topology.shards.count) {
                    try take(piece.shard, table.physicalIndexName(object.text.name, on: piece), object.text.name)
                }
            case .view, .trigger: break
            }
        }
    }

    // MARK: Shards

    /// The statements of pieces, gathered by shard.
    func perShard(
        _ pieces: [LogicalTable.PhysicalPiece], _ statements: (LogicalTable.PhysicalPiece) -> [String]
    ) -> [(shard: ShardIndex, statements: [String])] {
        var byShard: [ShardIndex: [String]] = [:]
        for piece in pieces { byShard[piece.shard, default: []] += statements(piece) }
        return byShard.keys.sorted().map { (shard: $0, statements: byShard[$0] ?? []) }
    }

    var shardCount: Int { topology.shards.count }
}

extension LogicalTable {
    /// Whether pieces have physical names of their own.
    var hasOwnNames: Bool {
        guard case .sharded(let sharding) = placement else { return false }
        return sharding.hasOwnNames(schema.name)
    }
}
