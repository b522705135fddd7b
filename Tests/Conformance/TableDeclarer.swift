import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

/// Gives each CREATE TABLE of a file its sharding clause, looking ahead to the unique indexes that the file makes later.
struct TableDeclarer {
    struct Clause {
        var sql: String
        /// A constraint forbade what the declaration asks for.
        var isSubstitute: Bool
        var isHashed: Bool
    }

    private enum Event {
        case uniqueIndex(CreateIndexStatement)
        /// The table's name is free again or taken anew: what comes later is about another table.
        case end(table: String)
    }

    private let declaration: Declaration
    private let shardCount: Int
    /// By record, in order.
    private let events: [(record: Int, event: Event)]
    private var tableCount = 0

    init(_ file: LogicFile, declaration: Declaration, shardCount: Int) {
        self.declaration = declaration
        self.shardCount = shardCount
        events = file.records.enumerated().compactMap { index, record in
            guard case .statement(fails: false) = record.kind else { return nil }
            return Self.event(record.sql).map { (index, $0) }
        }
    }

    private static func event(_ sql: String) -> Event? {
        let start = String(sql.prefix(16)).asciiLowercased()
        guard start.hasPrefix("create") || start.hasPrefix("drop table"),
            let parsed = try? Parser.parse(sql, dialect: .sqlite)
        else { return nil }
        switch parsed.statement {
        case .createIndex(let index): return index.isUnique ? .uniqueIndex(index) : nil
        case .createTable(let create): return create.ifNotExists ? nil : .end(table: create.name.name.folded)
        case .drop(let drop): return drop.names.first.map { .end(table: $0.name.folded) }
        case .select, .insert, .update, .delete, .createView, .createTrigger, .createVirtualTable, .alterTable,
            .transaction, .explain, .pragma, .setting, .showTopology, .other:
            return nil
        }
    }

    /// The clause for a statement of a record; nil where it makes no table with columns of its own, or a TEMP one.
    mutating func clause(for sql: String, record: Int) -> Clause? {
        guard String(sql.prefix(16)).asciiLowercased().hasPrefix("create"),
            let parsed = try? Parser.parse(sql, dialect: .sqlite),
            case .createTable(let create) = parsed.statement, !create.isTemporary, create.sharding == nil,
            create.name.parts.count == 1 || create.name.parts[0].folded == "main",
            case .columns = create.content
        else { return nil }
        let number = tableCount
        tableCount += 1
        if declaration == .halfBroadcast, number % 2 == 1 {
            return Clause(sql: "BROADCAST", isSubstitute: false, isHashed: false)
        }
        let schema = SchemaReader(create: create, indexes: later(create.name.name.folded, after: record)).schema()
        let constraints = (schema.primaryKey.isEmpty ? [] : [schema.primaryKey]) + schema.uniqueKeys
        let usable = schema.columns.indices.filter {
            !schema.columns[$0].isGenerated && schema.columns[$0].collation.isComparable
        }
        guard let first = usable.first else { return nil }
        var wanted = schema.primaryKey.isEmpty ? [first] : schema.primaryKey
        if declaration == .otherColumn, let other = usable.last(where: { !wanted.contains($0) }) { wanted = [other] }
        let isAllowed = constraints.allSatisfy { constraint in wanted.allSatisfy(constraint.contains) }
        if !isAllowed {
            let common = (constraints.first ?? []).filter { column in constraints.allSatisfy { $0.contains(column) } }
            if common.isEmpty {
                return Clause(sql: "SINGLE ON s\(number % shardCount)", isSubstitute: true, isHashed: false)
            }
            wanted = common
        }
        let names = wanted.map {
            "\""
                + schema.columns[$0].name.split(
                    separator: "\"", omittingEmptySubsequences: false
                ).joined(separator: "\"\"") + "\""
        }
        let count = declaration == .partitions ? " INTO 8 PARTITIONS" : ""
        return Clause(
            sql: "SHARD BY HASH (\(names.joined(separator: ", ")))" + count, isSubstitute: !isAllowed, isHashed: true)
    }

    /// The unique indexes that a table gets before its name means another table; partial ones as if they were whole.
    private func later(_ table: String, after record: Int) -> [CreateIndexStatement] {
        var indexes: [CreateIndexStatement] = []
        for (at, event) in events where at > record {
            switch event {
            case .uniqueIndex(var index):
                index.where = nil
                if index.table.name.folded == table { indexes.append(index) }
            case .end(let ended):
                if ended == table { return indexes }
            }
        }
        return indexes
    }
}
