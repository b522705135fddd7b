import ShardBase
import ShardSQL
import ShardTopology

extension DefinitionPlanner {
    // MARK: ALTER TABLE

    func alterTable(_ alter: AlterTableStatement, _ texts: [SchemaText]) throws(ShardError) -> DefinitionSteps {
        guard let table = topology.table(named: alter.table.name.text) else { throw unexpectedChange(alter.table) }
        let name = table.schema.name
        let pieces = table.physicalPieces(shardCount: shardCount)
        switch alter.action {
        case .renameTable(let new):
            let after = try carried(texts, renamed: [new.folded: name])
            guard let renamed = Self.tables(after)[new.folded] else { throw unexpectedChange(alter.table) }
            let newPieces = renamed.physicalPieces(shardCount: shardCount)
            let newNames = Dictionary(
                zip(pieces.map(\.key), newPieces.map(\.name)), uniquingKeysWith: { first, _ in first })
            var statements = perShard(pieces) { piece in
                let newName = newNames[piece.key] ?? ""
                return retied(table, piece, as: renamed, newName: newName) { old, new in
                    "ALTER TABLE \(Identifier.quoted(old)) RENAME TO \(Identifier.quoted(new))"
                }
            }
            // A column's or index's name does not change, so indexes keep theirs: their number is the partition's.
            if newPieces.map(\.name) == pieces.map(\.name) { statements = [] }
            return DefinitionSteps(perShard: statements, objects: after, renamedTables: [(name, renamed.schema.name)])
        case .renameColumn(let old, let new):
            let after = try carried(texts)
            let ordinal = table.schema.column(named: old.text)
            let isCold = ordinal.map { table.isCold($0) } ?? false
            let isKey = ordinal.map { table.schema.primaryKey.contains($0) } ?? false
            func rename(_ name: String) -> String {
                "ALTER TABLE \(Identifier.quoted(name)) RENAME COLUMN \(old.quoted) TO \(new.quoted)"
            }
            return DefinitionSteps(
                perShard: perShard(pieces) { piece in
                    guard isKey, let renamed = Self.tables(after)[name.asciiLowercased()] else {
                        return [rename(isCold ? piece.cold.name : piece.name)]
                    }
                    return retied(table, piece, as: renamed, newName: piece.name) { old, _ in rename(old) }
                },
                objects: after)
        case .addColumn(let column, _):
            for case .generator(_) in column.constraints.map(\.kind) {
                throw ShardError(
                    .alterNotModelled,
                    "\(name).\(column.name.text): a generated key cannot be added to a table that exists",
                    hint: "Declare it in CREATE TABLE.")
            }
            let after = try carried(texts)
            try checkParts(name, after)
            return DefinitionSteps(
                perShard: perShard(pieces) { piece in [physicalAlter(alter, table, piece)] }, objects: after)
        case .dropColumn(let column):
            guard let dropped = table.schema.column(named: column.text) else { throw unexpectedChange(alter.table) }
            if case .sharded(let sharding) = table.placement, sharding.keyColumns.contains(dropped) {
                throw ShardError(
                    .declarationRefused, "\(name).\(column.text) is part of the shard key and cannot be dropped",
                    hint: "Make a table sharded otherwise and copy the rows.")
            }
            return DefinitionSteps(
                perShard: perShard(pieces) { piece in
                    // Without a cold column there is nothing to keep apart.
                    if table.coldColumns == [dropped] {
                        return SplitDefinition(table).dropTriggers(on: piece.name)
                            + ["DROP TABLE \(Identifier.quoted(piece.cold.name))"]
                    }
                    let part = table.isCold(dropped) ? piece.cold : piece
                    return ["ALTER TABLE \(Identifier.quoted(part.name)) DROP COLUMN \(column.quoted)"]
                },
                objects: try carried(texts, changed: name.asciiLowercased()) { ordinal in
                    ordinal == dropped ? nil : ordinal > dropped ? ordinal - 1 : ordinal
                })
        case .addConstraint:
            throw ShardError(.internalError, "ALTER TABLE … ADD FOREIGN KEY is no statement of SQLite")
        case .verbatim(let text):
            throw ShardError(.alterNotModelled, "ALTER TABLE \(name) \(text) is not supported over shards")
        }
    }

    /// A change of both parts of a split table (of the one table of any other), with the triggers between them made anew.
    private func retied(
        _ table: LogicalTable, _ piece: LogicalTable.PhysicalPiece, as renamed: LogicalTable, newName: String,
        _ change: (_ old: String, _ new: String) -> String
    ) -> [String] {
        guard table.isSplit else { return [change(piece.name, newName)] }
        return SplitDefinition(table).dropTriggers(on: piece.name)
            + [change(piece.name, newName), change(piece.cold.name, LogicalTable.coldName(of: newName))]
            + SplitDefinition(renamed).triggers(on: newName).map(\.sql)
    }

    /// A split table whose text has changed can still be taken apart.
    private func checkParts(_ name: String, _ objects: [SchemaObject]) throws(ShardError) {
        guard let object = objects.first(where: { $0.text.isTable(name) }), let table = object.table, table.isSplit
        else {
            return
        }
        _ = try SplitDefinition(table).tables(of: try parsedTable(object.text))
    }

    /// ADD COLUMN with the piece's names; a parent that stands beside it by its physical name.
    private func physicalAlter(
        _ alter: AlterTableStatement, _ table: LogicalTable, _ piece: LogicalTable.PhysicalPiece
    ) -> String {
        let own = table.schema.name.asciiLowercased()
        return SQLPrinter.print(.alterTable(alter), options: .init(dialect: dialect, includesSharding: false)) { name in
            if name.name.folded == own { return Identifier.quoted(piece.name) }
            guard let partition = piece.partition, case .sharded(let mine) = table.placement,
                let parent = topology.table(named: name.name.text), case .sharded(let theirs) = parent.placement,
                mine.group == theirs.group
            else { return nil }
            return Identifier.quoted(theirs.partitions[partition].physicalName)
        }
    }

    // MARK: DROP

    func drop(_ drop: DropStatement, _ texts: [SchemaText]) throws(ShardError) -> DefinitionSteps {
        let after = try carried(texts)
        guard let name = drop.names.first?.name else { throw unexpectedChange(ObjectName("")) }
        switch drop.subject {
        case .view: return DefinitionSteps(objects: after)
        case .table:
            guard let table = topology.table(named: name.text) else { throw unexpectedChange(drop.names[0]) }
            return DefinitionSteps(
                perShard: perShard(table.physicalPieces(shardCount: shardCount)) { piece in
                    (table.isSplit ? [piece.cold.name] : []).map { "DROP TABLE \(Identifier.quoted($0))" }
                        + ["DROP TABLE \(Identifier.quoted(piece.name))"]
                },
                objects: after, droppedTables: [table.schema.name])
        case .index:
            guard
                let index = objects.first(where: {
                    $0.text.kind == .index && $0.text.name.asciiLowercased() == name.folded
                }),
                let table = topology.table(named: index.text.tableName)
            else { throw unexpectedChange(drop.names[0]) }
            return DefinitionSteps(
                perShard: perShard(table.physicalPieces(shardCount: shardCount)) { piece in
                    ["DROP INDEX \(Identifier.quoted(table.physicalIndexName(index.text.name, on: piece)))"]
                },
                objects: after)
        case .trigger:
            guard
                let trigger = objects.first(where: {
                    $0.text.kind == .trigger && $0.text.name.asciiLowercased() == name.folded
                })
            else { throw unexpectedChange(drop.names[0]) }
            var steps = DefinitionSteps(objects: after)
            if let home = try home(of: trigger.text, among: objects) {
                steps.add("DROP TRIGGER \(name.quoted)", on: home)
            }
            return steps
        }
    }
}

extension LogicalTable.PhysicalPiece {
    /// Tells a table's pieces apart.
    fileprivate struct Key: Hashable {
        var shard: ShardIndex
        var partition: Int?
    }
    fileprivate var key: Key { Key(shard: shard, partition: partition) }
}
