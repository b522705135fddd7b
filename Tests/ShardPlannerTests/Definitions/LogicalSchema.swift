import CSQLite
import ShardPlanner
import ShardSQL
import ShardTopology

/// A plain SQLite in memory that says what its schema is: the truth the readers are checked against, and the logical
/// schema that definitions are planned from.
final class LogicalSchema {
    private let handle: OpaquePointer

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    init() {
        var opened: OpaquePointer?
        sqlite3_open(":memory:", &opened)
        guard let opened else { fatalError("SQLite gave no database in memory") }
        handle = opened
    }

    deinit { sqlite3_close(handle) }

    func run(_ sql: String) throws {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
            throw Failure(description: String(cString: sqlite3_errmsg(handle)))
        }
    }

    /// Rows as texts; NULL is nil.
    func rows(_ sql: String) throws -> [[String?]] {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK else {
            throw Failure(description: String(cString: sqlite3_errmsg(handle)))
        }
        defer { sqlite3_finalize(statement) }
        var result: [[String?]] = []
        while sqlite3_step(statement) == SQLITE_ROW {
            result.append(
                (0..<sqlite3_column_count(statement)).map { column in
                    sqlite3_column_text(statement, column).map { String(cString: $0) }
                })
        }
        return result
    }

    func texts() throws -> [SchemaText] {
        let types = Dictionary(
            try rows("SELECT name, type FROM pragma_table_list WHERE schema = 'main'").map {
                ($0[0] ?? "", $0[1] ?? "")
            },
            uniquingKeysWith: { first, _ in first })
        let master = try rows(
            """
            SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'
            ORDER BY rowid
            """)
        var result: [SchemaText] = []
        for row in master {
            let name = row[1] ?? ""
            if types[name] == "shadow" { continue }
            let isVirtual = types[name] == "virtual"
            guard let kind = isVirtual ? .virtual : SchemaText.Kind(rawValue: row[0] ?? "") else { continue }
            var text = SchemaText(kind: kind, name: name, tableName: row[2] ?? "", sql: row[3] ?? "")
            if isVirtual {
                text.virtualColumns = try rows("SELECT name FROM pragma_table_xinfo('\(name)') WHERE hidden = 0").map {
                    .init(name: $0[0] ?? "", declaredType: nil)
                }
            }
            result.append(text)
        }
        return result
    }
}

/// Definitions one after another on a topology, as the runner does it without shards.
struct PlannedSchema {
    let engine = LogicalSchema()
    var objects: [SchemaObject] = []
    var topology: Topology

    init(shards: Int) { topology = Topology(epoch: 1, shards: (0..<shards).map { "s\($0)" }) }

    /// Plans one definition and makes its schema the current one. A refused one leaves everything as it was.
    mutating func define(_ sql: String) throws -> DefinitionSteps {
        let parsed = try Parser.parse(sql, dialect: .sqlite)
        let logical = SQLPrinter.print(parsed.statement, options: .init(includesSharding: false))
        try engine.run("BEGIN")
        do {
            try engine.run(logical)
            let planner = DefinitionPlanner(topology: topology, objects: objects)
            let steps = try planner.steps(for: kind(parsed.statement), after: try engine.texts())
            try engine.run("COMMIT")
            objects = steps.objects
            topology.epoch += 1
            topology.tables = [:]
            for object in objects {
                if let table = object.table { topology.tables[object.text.name.asciiLowercased()] = table }
            }
            return steps
        } catch {
            try engine.run("ROLLBACK")
            throw error
        }
    }

    private func kind(_ statement: Statement) throws -> DefinitionPlan.Kind {
        switch statement {
        case .createTable(let create): return .createTable(create)
        case .createVirtualTable(let create): return .createVirtualTable(create)
        case .createIndex(let create): return .createIndex(create)
        case .createView(let create): return .createView(create)
        case .createTrigger(let create): return .createTrigger(create)
        case .alterTable(let alter): return .alterTable(alter)
        case .drop(let drop): return .drop(drop)
        case .other(let other): return .maintenance(other)
        case .select, .insert, .update, .delete, .transaction, .explain, .pragma, .setting, .showTopology:
            throw LogicalSchema.Failure(description: "not a definition")
        }
    }
}

extension DefinitionSteps {
    /// `s0: CREATE …` per line.
    var printed: [String] { perShard.flatMap { step in step.statements.map { "s\(step.shard): \($0)" } } }
}
