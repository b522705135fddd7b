import ShardBase
import ShardSQL
import ShardTopology

extension DefinitionPlanner {
    // MARK: Tables

    func createTable(_ create: CreateTableStatement, _ texts: [SchemaText]) throws(ShardError) -> DefinitionSteps {
        var after = try carried(texts)
        guard let position = newObject(texts, .table, create.name.name) else { throw unexpectedChange(create.name) }
        let text = texts[position]
        let reader = try reader(text, indexes: [])
        var schema = reader.schema()
        // What the logical text does not say: the generators.
        if case .columns(let definitions, _) = create.content {
            for (index, definition) in definitions.enumerated() where schema.columns.indices.contains(index) {
                for case .generator(let clause) in definition.constraints.map(\.kind) {
                    schema.columns[index].generator = clause.name
                }
            }
        }
        schema.generate(by: defaultGenerators(schema.name))
        let declaration = try create.sharding.map { clause throws(ShardError) in
            try DeclarationReader(dialect: dialect).declaration(clause, table: schema.name)
        }
        let table = try topology.place(
            schema: schema, declaration: resolved(declaration, schema.name), createSQL: text.sql)
        try UniqueRule().check(reader, table)
        try checkLaterParent(table)
        after[position].table = table
        let definition = try parsedTable(text)
        let parts = table.isSplit ? try SplitDefinition(table).tables(of: definition) : nil
        var topology = topology
        topology.tables[schema.name.asciiLowercased()] = table
        return DefinitionSteps(
            perShard: perShard(table.physicalPieces(shardCount: shardCount)) { piece in
                physicalTables(definition, parts, table, piece, topology)
            },
            objects: after)
    }

    /// What the statement does not say, the configuration does.
    private func resolved(_ declaration: ShardingDeclaration?, _ table: String) -> ShardingDeclaration {
        guard let declaration else { return defaultDeclaration(table) }
        guard case .split(.byDefault, let cold) = declaration else { return declaration }
        if case .split(let rows, _) = defaultDeclaration(table) { return .split(rows, cold: cold) }
        return .split(defaultDeclaration(table), cold: cold)
    }

    private func physicalTables(
        _ create: CreateTableStatement, _ parts: (hot: CreateTableStatement, cold: CreateTableStatement)?,
        _ table: LogicalTable, _ piece: LogicalTable.PhysicalPiece, _ topology: Topology
    ) -> [String] {
        guard let parts else { return [physicalTable(create, table, piece, topology)] }
        return [
            physicalTable(parts.hot, table, piece, topology), physicalTable(parts.cold, table, piece.cold, topology),
        ] + SplitDefinition(table).triggers(on: piece.name).map(\.sql)
    }

    /// A child made before its parent says the parent's logical name on its shards. If the parent's partitions have names of
    /// their own, the shards would look for a parent that is not there.
    private func checkLaterParent(_ parent: LogicalTable) throws(ShardError) {
        guard parent.hasOwnNames else { return }
        let name = parent.schema.name.asciiLowercased()
        var after = topology
        after.tables[name] = parent
        for child in topology.tables.values.sorted(by: { $0.schema.name < $1.schema.name }) {
            let keys = ForeignKey.all(of: child, dialect: dialect).filter { $0.parent.asciiLowercased() == name }
            guard keys.contains(where: { $0.isLocal(in: after) }), case .sharded = child.placement else { continue }
            throw ShardError(
                .declarationRefused,
                "\(parent.schema.name) is colocated with \(child.schema.name), which refers to it and was made before it, "
                    + "and its partitions have physical names that \(child.schema.name) does not know",
                hint: "Make the parent first, or have one partition per shard.")
        }
    }

    /// The table's text for one piece: physical names of the table itself and of the parents that stand beside it.
    private func physicalTable(
        _ create: CreateTableStatement, _ table: LogicalTable, _ piece: LogicalTable.PhysicalPiece, _ topology: Topology
    ) -> String {
        var create = create
        create.ifNotExists = false
        create.sharding = nil
        let own = table.schema.name.asciiLowercased()
        return SQLPrinter.print(.createTable(create), options: .init(dialect: dialect, includesSharding: false)) {
            name in
            if name.name.folded == own { return Identifier.quoted(piece.name) }
            guard let partition = piece.partition, case .sharded(let mine) = table.placement,
                let parent = topology.table(named: name.name.text), case .sharded(let theirs) = parent.placement,
                mine.group == theirs.group
            else { return nil }
            return Identifier.quoted(theirs.partitions[partition].physicalName)
        }
    }

    func createVirtualTable(
        _ create: CreateVirtualTableStatement, _ texts: [SchemaText]
    ) throws(ShardError) -> DefinitionSteps {
        var after = try carried(texts)
        guard let position = newObject(texts, .virtual, create.name.name) else { throw unexpectedChange(create.name) }
        let text = texts[position]
        let schema = virtualSchema(text)
        let declaration: ShardingDeclaration
        if let clause = create.sharding {
            declaration = try DeclarationReader(dialect: dialect).declaration(clause, table: schema.name)
        } else if case .broadcast = defaultDeclaration(schema.name) {
            declaration = .broadcast
        } else {
            declaration = .single(on: nil)
        }
        switch declaration {
        case .broadcast, .single, .byDefault: break
        case .sharded, .split:
            throw ShardError(
                .declarationRefused, "\(schema.name): a virtual table is its module's own and cannot be sharded",
                hint: "Declare it BROADCAST or SINGLE.")
        }
        let table = LogicalTable(
            schema: schema, placement: try topology.place(schema, as: declaration), createSQL: text.sql)
        try checkContent(create, table)
        after[position].table = table
        return DefinitionSteps(
            perShard: perShard(table.physicalPieces(shardCount: shardCount)) { _ in [text.sql] }, objects: after)
    }

    /// A module that reads another table (`fts5(…, content='posts')`, `fts5vocab(posts, row)`) reads what its own shard has.
    private func checkContent(_ create: CreateVirtualTableStatement, _ table: LogicalTable) throws(ShardError) {
        let arguments = (create.arguments ?? "").asciiLowercased()
        let reads = arguments.contains("content") || create.module.folded.contains("vocab")
        guard reads else { return }
        let words = Set(
            arguments.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "$") }.map(String.init))
        for other in topology.tables.values.sorted(by: { $0.schema.name < $1.schema.name })
        where words.contains(other.schema.name.asciiLowercased()) {
            let isBeside: Bool
            switch (table.placement, other.placement) {
            case (.broadcast, .broadcast), (.single, .broadcast): isBeside = true
            case (.single(let a), _): isBeside = other.onlyShard == a
            case (.broadcast, _), (.sharded, _): isBeside = shardCount == 1
            }
            if !isBeside {
                throw ShardError(
                    .declarationRefused,
                    "\(table.schema.name) reads \(other.schema.name), which does not stand whole on each of its shards",
                    hint: "Declare both SINGLE ON the same shard, or both BROADCAST.")
            }
        }
    }

    // MARK: Indexes

    func createIndex(_ create: CreateIndexStatement, _ texts: [SchemaText]) throws(ShardError) -> DefinitionSteps {
        if create.isGlobal {
            throw ShardError(
                .uniqueWithoutShardKey, "a GLOBAL index spans all shards, which is not provided yet",
                hint: "Leave GLOBAL out: the index then stands on each shard; a unique one must contain the shard key.")
        }
        guard let name = create.name?.name, let position = newObject(texts, .index, name) else {
            throw unexpectedChange(create.name ?? create.table)
        }
        let text = texts[position]
        let after = try carried(texts)
        guard let table = Self.tables(after)[text.tableName.asciiLowercased()] else {
            throw ShardError(.notFound, "no such table: main.\(text.tableName)")
        }
        let definition = try parsedIndex(text)
        if definition.isUnique, let tableText = texts.first(where: { $0.isTable(text.tableName) }) {
            try UniqueRule().check(try reader(tableText, indexes: [text]), table)
        }
        let part = try table.part(of: definition)
        return DefinitionSteps(
            perShard: perShard(table.physicalPieces(shardCount: shardCount)) { piece in
                [physicalIndex(definition, table, piece, part)]
            },
            objects: after)
    }

    private func physicalIndex(
        _ create: CreateIndexStatement, _ table: LogicalTable, _ piece: LogicalTable.PhysicalPiece, _ part: TablePart
    ) -> String {
        var create = create
        create.ifNotExists = false
        let tableName = table.schema.name.asciiLowercased()
        return SQLPrinter.print(.createIndex(create), options: .init(dialect: dialect, includesSharding: false)) {
            name in
            if name.name.folded == tableName {
                return Identifier.quoted(part == .cold ? piece.cold.name : piece.name)
            }
            return Identifier.quoted(table.physicalIndexName(name.name.text, on: piece))
        }
    }

    // MARK: Triggers

    func createTrigger(_ create: CreateTriggerStatement, _ texts: [SchemaText]) throws(ShardError) -> DefinitionSteps {
        guard let position = newObject(texts, .trigger, create.name.name) else { throw unexpectedChange(create.name) }
        let text = texts[position]
        let objects = try carried(texts)
        var steps = DefinitionSteps(objects: objects)
        if let home = try home(of: text, among: objects) { steps.add(text.sql, on: home) }
        return steps
    }

    // MARK: What is new

    /// The position of the object that the statement made.
    private func newObject(_ texts: [SchemaText], _ kind: SchemaText.Kind, _ name: Identifier) -> Int? {
        guard
            !objects.contains(where: { $0.text.kind == kind && $0.text.name.asciiLowercased() == name.folded })
        else { return nil }
        return texts.firstIndex { $0.kind == kind && $0.name.asciiLowercased() == name.folded }
    }

    func unexpectedChange(_ name: ObjectName) -> ShardError {
        ShardError(
            .internalError, "the logical schema after the definition of \(name.name.text) is not the one expected")
    }
}

extension SchemaText {
    func isTable(_ name: String) -> Bool {
        (kind == .table || kind == .virtual) && self.name.asciiLowercased() == name.asciiLowercased()
    }
}
