import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

/// Gives each CREATE TABLE of a file its sharding clause on PostgreSQL shards, looking ahead to what the file makes later of the
/// table: unique constraints and indexes, foreign keys to it, columns of the shard key that go or change their types.
///
/// What nothing forbids is left without a clause, so that ShardKit's own choice is under test.
struct PostgresDeclarer {
    struct Clause {
        var sql: String
        /// Something later in the file forbids what the declaration asks for.
        var isSubstitute: Bool
    }

    /// What a statement says of a table.
    private enum Fact {
        /// No two rows alike in these; nil: in something that is no list of columns.
        case unique([String]?)
        /// A foreign key of this table to it, by columns.
        case referred(by: String)
        /// A column is dropped, renamed or gets another type.
        case changed(String)
        /// The table's name is free again or taken anew.
        case end
    }

    private struct Entry {
        var record: Int
        var table: String
        var fact: Fact
    }

    private let declaration: Declaration
    private let shardCount: Int
    private var entries: [Entry] = []
    private var tableCount = 0

    init(_ file: LogicFile, declaration: Declaration, shardCount: Int) {
        self.declaration = declaration
        self.shardCount = shardCount
        for (number, record) in file.records.enumerated() {
            guard case .statement = record.kind else { continue }
            for piece in PostgresLogicRun.pieces(record.sql) { read(piece, number) }
        }
    }

    // MARK: Looking ahead

    private static func text(_ name: Identifier) -> String { name.quote == .none ? name.folded : name.text }

    private mutating func read(_ sql: String, _ record: Int) {
        let words = String(sql.prefix(600)).asciiLowercased()
        guard ["create", "alter", "drop"].contains(where: words.hasPrefix),
            let parsed = try? Parser.parse(sql, dialect: .postgresql)
        else { return }
        func add(_ table: ObjectName, _ fact: Fact) {
            entries.append(Entry(record: record, table: Self.text(table.name), fact: fact))
        }
        switch parsed.statement {
        case .createIndex(let index):
            guard index.isUnique else { return }
            add(index.table, .unique(Self.columns(index.columns)))
        case .createTable(let create):
            guard !create.isTemporary else { return }
            if !create.ifNotExists { add(create.name, .end) }
            for reference in Self.references(create) {
                add(reference.table, .referred(by: Self.text(create.name.name)))
            }
        case .drop(let drop):
            if drop.subject == .table { for name in drop.names { add(name, .end) } }
        case .alterTable(let alter):
            switch alter.action {
            case .renameTable: break
            case .renameColumn: break
            case .addColumn(let column, _):
                for constraint in column.constraints {
                    switch constraint.kind {
                    case .primaryKey, .unique: add(alter.table, .unique([Self.text(column.name)]))
                    case .references(let reference):
                        add(reference.table, .referred(by: Self.text(alter.table.name)))
                    case .notNull, .null, .check, .defaultValue, .collate, .generated, .identity, .generator, .verbatim:
                        break
                    }
                }
            case .dropColumn(let name): add(alter.table, .changed(Self.text(name)))
            case .addConstraint(let constraint):
                guard case .foreignKey(_, let reference) = constraint.kind else { break }
                add(reference.table, .referred(by: Self.text(alter.table.name)))
            case .verbatim(let text): read(action: text, alter.table, record)
            }
        case .select, .insert, .update, .delete, .createView, .createTrigger, .createVirtualTable, .transaction,
            .explain, .pragma, .setting, .showTopology, .other:
            break
        }
    }

    /// Actions of ALTER TABLE that are kept as text.
    private mutating func read(action text: String, _ table: ObjectName, _ record: Int) {
        func add(_ table: String, _ fact: Fact) { entries.append(Entry(record: record, table: table, fact: fact)) }
        let own = Self.text(table.name)
        for match in text.matches(of: /(?i)\b(?:unique|primary\s+key)\s*\(([^)]*)\)/) {
            add(own, .unique(match.1.split(separator: ",").map { Self.name($0) }))
        }
        for match in text.matches(of: /(?i)\breferences\s+([A-Za-z0-9_."]+)/) {
            add(Self.name(match.1), .referred(by: own))
        }
        for match in text.matches(of: /(?i)\balter\s+(?:column\s+)?([A-Za-z0-9_"]+)\s+(?:set\s+data\s+)?type\b/) {
            add(own, .changed(Self.name(match.1)))
        }
        for match in text.matches(of: /(?i)\bdrop\s+(?:column\s+)?(?:if\s+exists\s+)?([A-Za-z0-9_"]+)/) {
            add(own, .changed(Self.name(match.1)))
        }
        if text.firstMatch(of: /(?i)\bexclude\b/) != nil { add(own, .unique(nil)) }
    }

    private static func name(_ text: Substring) -> String {
        let last = text.split(separator: ".").last ?? text
        let bare = last.drop { $0 == " " || $0 == "\n" }
        return bare.hasPrefix("\"")
            ? bare.filter { $0 != "\"" } : String(bare.prefix { $0 != " " && $0 != "\n" }).asciiLowercased()
    }

    private static func columns(_ columns: [IndexedColumn]) -> [String]? {
        var names: [String] = []
        for column in columns {
            guard case .column(let reference) = column.expression.unparenthesized else { return nil }
            names.append(text(reference.name))
        }
        return names
    }

    private static func references(_ create: CreateTableStatement) -> [ForeignKeyReference] {
        guard case .columns(let columns, let constraints) = create.content else { return [] }
        var result: [ForeignKeyReference] = []
        for column in columns {
            for constraint in column.constraints {
                if case .references(let reference) = constraint.kind { result.append(reference) }
            }
        }
        for constraint in constraints {
            if case .foreignKey(_, let reference) = constraint.kind { result.append(reference) }
        }
        return result
    }

    // MARK: Choosing

    /// The clause for a statement of a record; nil: none, because it makes no table with columns of its own, or because nothing
    /// speaks against what ShardKit takes by itself.
    mutating func clause(for sql: String, record: Int) -> Clause? {
        guard String(sql.prefix(16)).asciiLowercased().hasPrefix("create"),
            let parsed = try? Parser.parse(sql, dialect: .postgresql),
            case .createTable(let create) = parsed.statement, !create.isTemporary, create.sharding == nil,
            create.suffix == nil, case .columns(let columns, let constraints) = create.content, !columns.isEmpty
        else { return nil }
        let number = tableCount
        tableCount += 1
        if declaration == .halfBroadcast, number % 2 == 1 { return Clause(sql: "BROADCAST", isSubstitute: false) }
        let name = Self.text(create.name.name)
        let facts = later(name, after: record)
        var uniques: [[String]?] = []
        for column in columns {
            for constraint in column.constraints {
                switch constraint.kind {
                case .primaryKey, .unique: uniques.append([Self.text(column.name)])
                case .notNull, .null, .check, .defaultValue, .collate, .generated, .identity, .generator, .references,
                    .verbatim:
                    break
                }
            }
        }
        var hasExclusion = false
        for constraint in constraints {
            switch constraint.kind {
            case .primaryKey(let own, _, _), .unique(let own, _): uniques.append(Self.columns(own))
            case .verbatim: hasExclusion = true
            case .foreignKey, .check: break
            }
        }
        let ownUniques = uniques.count
        var isReferred = Self.references(create).contains { Self.text($0.table.name) == name }
        var changed: Set<String> = []
        for fact in facts {
            switch fact {
            case .unique(let columns): uniques.append(columns)
            case .referred: isReferred = true
            case .changed(let column): changed.insert(column)
            case .end: break
            }
        }
        if isReferred { return Clause(sql: "BROADCAST", isSubstitute: true) }
        let single = Clause(sql: "SINGLE ON s\(number % shardCount)", isSubstitute: true)
        if hasExclusion { return single }
        let acted = Self.actedOn(columns, constraints)
        changed.formUnion(acted)
        let usable = columns.map { Self.text($0.name) }.filter { name in
            !changed.contains(name) && columns.contains { Self.text($0.name) == name && Self.isKey($0) }
        }
        if uniques.isEmpty {
            guard let first = usable.first else {
                // ShardKit finds that there is no column that can be a key; or the only ones change.
                return changed.isEmpty ? nil : single
            }
            let wanted = declaration == .otherColumn ? usable[usable.count - 1] : first
            if changed.isEmpty, declaration != .otherColumn { return nil }
            return Clause(sql: "SHARD BY HASH (\(Identifier(wanted, quote: .double).quoted))", isSubstitute: false)
        }
        guard uniques.allSatisfy({ $0 != nil }) else { return single }
        let sets = uniques.compactMap { $0 }
        let common = usable.filter { column in sets.allSatisfy { $0.contains(column) } }
        guard let first = common.first else {
            return ownUniques == uniques.count && changed.isEmpty && !sets.isEmpty ? nil : single
        }
        if ownUniques == uniques.count, changed.isEmpty, declaration != .otherColumn { return nil }
        let wanted = declaration == .otherColumn ? common[common.count - 1] : first
        return Clause(
            sql: "SHARD BY HASH (\(Identifier(wanted, quote: .double).quoted))",
            isSubstitute: ownUniques != uniques.count)
    }

    /// Columns that foreign keys' actions may change.
    private static func actedOn(_ columns: [ColumnDefinition], _ constraints: [TableConstraint]) -> [String] {
        func acts(_ reference: ForeignKeyReference) -> Bool {
            let words = (reference.actions ?? "").uppercased().split(whereSeparator: \.isWhitespace)
            return words.contains("SET") || words.contains("CASCADE") && words.contains("UPDATE")
        }
        var names: [String] = []
        for column in columns {
            for constraint in column.constraints {
                if case .references(let reference) = constraint.kind, acts(reference) {
                    names.append(text(column.name))
                }
            }
        }
        for constraint in constraints {
            if case .foreignKey(let own, let reference) = constraint.kind, acts(reference) { names += own.map(text) }
        }
        return names
    }

    private static func isKey(_ column: ColumnDefinition) -> Bool {
        guard let type = column.type?.text.asciiLowercased() else { return false }
        let isKeyType = [
            "int", "integer", "int4", "int2", "int8", "smallint", "bigint", "text", "varchar", "character varying",
            "uuid",
            "serial", "bigserial", "serial4", "serial8", "smallserial",
        ].contains { type == $0 || type.hasPrefix($0 + "(") || type.hasPrefix($0 + " (") }
        guard isKeyType, !type.contains("[") else { return false }
        return column.constraints.allSatisfy { constraint in
            switch constraint.kind {
            case .generated, .collate: false
            case .primaryKey, .unique, .notNull, .null, .check, .defaultValue, .identity, .generator, .references,
                .verbatim:
                true
            }
        }
    }

    private func later(_ table: String, after record: Int) -> [Fact] {
        var result: [Fact] = []
        for entry in entries where entry.record > record && entry.table == table {
            if case .end = entry.fact { break }
            result.append(entry.fact)
        }
        return result
    }
}
