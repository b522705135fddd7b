import ShardCatalog
import ShardPlanner
import ShardSQL
import ShardTopology

/// What the catalog says that a shard's schema is, in a form that can be compared with what the shard says.
///
/// A shard's texts went through the engine's own ALTER, so quotes and blanks may differ from the logical text's: both are
/// parsed, printed with logical names, and compared without quotes and case.
struct PhysicalSchema {
    let snapshot: CatalogSnapshot
    let dialect: Dialect

    init(_ snapshot: CatalogSnapshot, dialect: Dialect) {
        self.snapshot = snapshot
        self.dialect = dialect
    }

    /// Folded names of the triggers that no shard knows.
    private var logicalTriggers: Set<String> {
        Set(snapshot.topology.logicalTriggers(dialect).values.flatMap { $0 }.map { Topology.key(for: $0.name) })
    }

    struct Object: Sendable {
        var logicalName: String
        /// The logical text, normalised.
        var text: String
        /// Folded physical names that stand for logical ones in the shard's text.
        var names: [String: String]
    }

    /// By `type name` (as `sqlite_master` says them, the name folded).
    func objects(on shard: ShardIndex) -> [String: Object] {
        var result: [String: Object] = [:]
        for object in snapshot.objects {
            switch object.kind {
            case .view: continue
            case .table, .virtual:
                guard let table = object.table else { continue }
                let parts = split(object, table)
                for piece in table.physicalPieces(shardCount: snapshot.shards.count) where piece.shard == shard {
                    var names = parents(piece, object.sql)
                    names[Topology.key(for: piece.name)] = table.schema.name
                    result["table \(Topology.key(for: piece.name))"] = made(object, names, sql: parts?.hot)
                    guard let parts else { continue }
                    names = [Topology.key(for: piece.cold.name): table.schema.name]
                    result["table \(Topology.key(for: piece.cold.name))"] = made(object, names, sql: parts.cold)
                    for trigger in table.splitTriggers(on: piece) {
                        result["trigger \(Topology.key(for: trigger.name))"] = made(object, [:], sql: trigger.sql)
                    }
                }
            case .index:
                guard let table = snapshot.topology.table(named: object.tableName) else { continue }
                for piece in table.physicalPieces(shardCount: snapshot.shards.count) where piece.shard == shard {
                    let name = table.physicalIndexName(object.name, on: piece)
                    let part = part(object, table) == .cold ? piece.cold : piece
                    result["index \(Topology.key(for: name))"] = made(
                        object,
                        [Topology.key(for: part.name): table.schema.name, Topology.key(for: name): object.name])
                }
            case .trigger:
                guard let table = snapshot.topology.table(named: object.tableName),
                    table.physicalPieces(shardCount: snapshot.shards.count).contains(where: { $0.shard == shard }),
                    !logicalTriggers.contains(Topology.key(for: object.name))
                else { continue }
                result["trigger \(Topology.key(for: object.name))"] = made(object, [:])
            }
        }
        return result
    }

    /// The texts of a split table's parts.
    private func split(_ object: CatalogObject, _ table: LogicalTable) -> (hot: String, cold: String)? {
        guard table.isSplit, let parsed = try? Parser.parse(object.sql, dialect: dialect),
            case .createTable(let create) = parsed.statement
        else { return nil }
        return try? table.splitTexts(create, dialect: dialect)
    }

    private func part(_ object: CatalogObject, _ table: LogicalTable) -> TablePart {
        guard table.isSplit, let parsed = try? Parser.parse(object.sql, dialect: dialect),
            case .createIndex(let create) = parsed.statement
        else { return .hot }
        return (try? table.part(of: create)) ?? .hot
    }

    /// - Parameter sql: the logical text, where it is not the object's own.
    private func made(_ object: CatalogObject, _ names: [String: String], sql: String? = nil) -> Object {
        var made = Object(logicalName: object.name, text: "", names: [:])
        made.text = normalized(sql ?? object.sql, made)
        made.names = names
        return made
    }

    /// The tables of the same partition number that a foreign key of the piece may name: those that are, and those that
    /// were when the piece was made.
    private func parents(_ piece: LogicalTable.PhysicalPiece, _ sql: String) -> [String: String] {
        guard let partition = piece.partition else { return [:] }
        var names: [String: String] = [:]
        if let parsed = try? Parser.parse(sql, dialect: dialect) {
            _ = SQLPrinter.print(parsed.statement, options: .init(dialect: dialect)) { name in
                names[Topology.key(for: "\(name.name.text)_\(partition)")] = name.name.text
                return nil
            }
        }
        for other in snapshot.topology.tables.values {
            guard case .sharded(let sharding) = other.placement, sharding.partitions.indices.contains(partition) else {
                continue
            }
            let name = sharding.partitions[partition].physicalName
            if name != other.schema.name { names[Topology.key(for: name)] = other.schema.name }
        }
        return names
    }

    /// A text in the form that is compared: of the shard with the object's names translated, of the catalog with none.
    func normalized(_ sql: String, _ object: Object) -> String {
        guard let parsed = try? Parser.parse(sql, dialect: dialect) else { return sql }
        let printed = SQLPrinter.print(parsed.statement, options: .init(dialect: dialect, includesSharding: false)) {
            name in
            object.names[name.name.folded].map { Identifier.quoted($0) }
        }
        // Shards' texts name no schema; SQLite takes any name for one in `CHECK (any.t.a > 0)`.
        return printed.filter { !"\"`[]".contains($0) }.lowercased().replacing("main.", with: "")
            .replacing(/\w+\.(\w+\.)/) { $0.output.1 }
    }
}
