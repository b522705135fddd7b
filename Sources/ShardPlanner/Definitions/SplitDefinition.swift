import ShardBase
import ShardSQL
public import ShardTopology

/// Which of a split table's two tables.
public enum TablePart: Sendable, Hashable { case hot, cold }

/// The physical definition of a table split by column: two tables with the same primary key, and triggers on the hot one
/// that make a cold row follow its hot row.
///
/// The triggers stand in the files so that whatever deletes a hot row or changes its key (a DELETE, REPLACE, a foreign key's
/// action) takes the cold row along; the statements that do so need to name the hot part only. They touch nothing but the
/// cold part, so neither `changes()` nor RETURNING tells of them.
struct SplitDefinition {
    let table: LogicalTable

    init(_ table: LogicalTable) { self.table = table }

    private var schema: TableSchema { table.schema }

    private func refused(_ message: String, hint: String? = nil) -> ShardError {
        ShardError(.declarationRefused, "\(schema.name): \(message)", hint: hint)
    }

    // MARK: Tables

    /// The logical CREATE TABLE taken apart. Both have the logical name.
    ///
    /// - Throws: `.declarationRefused` where a constraint looks at both parts, or would act on one part of a row alone.
    func tables(
        of create: CreateTableStatement
    ) throws(ShardError) -> (hot: CreateTableStatement, cold: CreateTableStatement) {
        guard case .columns(let columns, let constraints) = create.content else {
            throw refused("only a table with a list of columns can be split")
        }
        var hot: ([ColumnDefinition], [TableConstraint]) = ([], [])
        var cold: ([ColumnDefinition], [TableConstraint]) = ([], [])
        for (ordinal, column) in columns.enumerated() {
            let part = table.isCold(ordinal) ? TablePart.cold : .hot
            for constraint in column.constraints { try check(constraint.kind, of: column, in: part) }
            switch part {
            case .hot: hot.0.append(column)
            case .cold: cold.0.append(column)
            }
            if schema.primaryKey.contains(ordinal) { cold.0.append(keyColumn(column, ordinal)) }
        }
        for constraint in constraints {
            switch constraint.kind {
            case .primaryKey(_, let conflict, _), .unique(_, let conflict):
                try refuse(conflict)
                hot.1.append(constraint)
            case .check(let expression):
                switch try part(of: [expression], what: "a CHECK") {
                case .hot: hot.1.append(constraint)
                case .cold: cold.1.append(constraint)
                }
            case .foreignKey(let names, _):
                guard !names.contains(where: { isCold($0) }) else { throw refusedReference() }
                hot.1.append(constraint)
            case .verbatim: throw refused("its constraints are not understood")
            }
        }
        if schema.rowIDColumn == nil { cold.1.insert(keyConstraint, at: 0) }
        var parts = (hot: create, cold: create)
        parts.hot.content = .columns(hot.0, hot.1)
        parts.cold.content = .columns(cold.0, cold.1)
        return parts
    }

    private func check(
        _ kind: ColumnConstraint.Kind, of column: ColumnDefinition, in part: TablePart
    ) throws(ShardError) {
        switch kind {
        case .primaryKey(_, let conflict, _), .unique(let conflict), .notNull(let conflict): try refuse(conflict)
        case .check(let expression), .generated(let expression, _, _):
            var names = [expression]
            names.append(.column(ColumnReference([column.name])))
            guard try self.part(of: names, what: "the expression of \(column.name.text)") == part else {
                throw refused("the expression of \(column.name.text) uses columns of both parts")
            }
        case .references: if part == .cold { throw refusedReference() }
        case .null, .defaultValue, .collate, .identity, .generator: break
        case .verbatim: throw refused("the constraints of \(column.name.text) are not understood")
        }
    }

    /// `ON CONFLICT REPLACE` and the like act on one part of a row.
    private func refuse(_ conflict: String?) throws(ShardError) {
        guard let conflict, conflict.uppercased() != "ABORT" else { return }
        throw refused("ON CONFLICT \(conflict) in a constraint would act on one part of a row alone")
    }

    private func refusedReference() -> ShardError {
        refused("a foreign key's column is in COLD: the referenced row's actions would reach one part alone")
    }

    private func keyColumn(_ column: ColumnDefinition, _ ordinal: Int) -> ColumnDefinition {
        var key = ColumnDefinition(name: column.name, type: column.type, constraints: [])
        if ordinal == schema.rowIDColumn {
            key.constraints = [
                ColumnConstraint(kind: .primaryKey(isDescending: nil, conflict: nil, isAutoIncrement: false))
            ]
            return key
        }
        key.constraints = [ColumnConstraint(kind: .notNull(conflict: nil))]
        for constraint in column.constraints {
            if case .collate = constraint.kind { key.constraints.append(constraint) }
        }
        return key
    }

    /// UNIQUE where the table has rowids: a lone INTEGER under PRIMARY KEY might become one.
    private var keyConstraint: TableConstraint {
        let columns = schema.primaryKey.map { ordinal in
            IndexedColumn(.column(ColumnReference([Identifier(schema.columns[ordinal].name)])))
        }
        return TableConstraint(
            kind: schema.isWithoutRowID
                ? .primaryKey(columns, conflict: nil, isAutoIncrement: false) : .unique(columns, conflict: nil))
    }

    // MARK: Parts

    private func isCold(_ name: Identifier) -> Bool {
        schema.column(named: name.text).map { table.isCold($0) } ?? false
    }

    /// The part that has all columns of the expressions; the key is in both.
    private func part(of expressions: [Expression], what: String) throws(ShardError) -> TablePart {
        var usesHot = false
        var usesCold = false
        for expression in expressions {
            expression.forEachColumn { reference in
                guard let ordinal = schema.column(named: reference.name.text) else { return }
                if table.isCold(ordinal) {
                    usesCold = true
                } else if !schema.primaryKey.contains(ordinal) {
                    usesHot = true
                }
            }
        }
        guard !(usesHot && usesCold) else { throw refused("\(what) uses columns of both parts") }
        return usesCold ? .cold : .hot
    }

    /// Where an index stands.
    func part(of index: CreateIndexStatement) throws(ShardError) -> TablePart {
        let expressions = index.columns.map(\.expression) + [index.where].compactMap { $0 }
        let part = try part(of: expressions, what: "the index \(index.name?.name.text ?? "")")
        guard index.isUnique else { return part }
        let isPlain = index.where == nil && index.columns.allSatisfy { $0.expression.isColumnName }
        guard part == .hot, isPlain else {
            throw refused("a unique index of a split table stands over plain columns of the hot part")
        }
        return part
    }

    // MARK: Triggers

    struct Trigger {
        var name: String
        var sql: String
    }

    /// - Parameter hot: the piece's physical name.
    func triggers(on hot: String) -> [Trigger] {
        let cold = LogicalTable.coldName(of: hot)
        let keys = schema.primaryKey.map { Identifier.quoted(schema.columns[$0].name) }
        let match = keys.map { "\($0) = OLD.\($0)" }.joined(separator: " AND ")
        let assign = keys.map { "\($0) = NEW.\($0)" }.joined(separator: ", ")
        func trigger(_ suffix: String, _ event: String, _ action: String) -> Trigger {
            let name = "\(cold)_\(suffix)"
            return Trigger(
                name: name,
                sql: "CREATE TRIGGER \(Identifier.quoted(name)) AFTER \(event) ON \(Identifier.quoted(hot)) "
                    + "BEGIN \(action) WHERE \(match); END")
        }
        let target = Identifier.quoted(cold)
        return [
            trigger("delete", "DELETE", "DELETE FROM \(target)"),
            trigger("key", "UPDATE OF \(keys.joined(separator: ", "))", "UPDATE \(target) SET \(assign)"),
        ]
    }

    func dropTriggers(on hot: String) -> [String] {
        triggers(on: hot).map { "DROP TRIGGER \(Identifier.quoted($0.name))" }
    }
}

extension Expression {
    /// A column, perhaps under a collation.
    fileprivate var isColumnName: Bool {
        if case .collate(let collate) = self { return collate.operand.isColumnName }
        if case .column = self { return true }
        return false
    }
}

extension LogicalTable {
    /// The physical definition of one piece, given the logical CREATE TABLE: for `sqlite_master` of its shard, with logical
    /// table names. The cold table's and the triggers' names are physical.
    ///
    /// - Returns: nil where the table is not split.
    /// - Throws: as the declaration was refused.
    public func splitTexts(
        _ create: CreateTableStatement, dialect: Dialect
    ) throws(ShardError) -> (hot: String, cold: String)? {
        guard isSplit else { return nil }
        let parts = try SplitDefinition(self).tables(of: create)
        let options = SQLPrinter.Options(dialect: dialect, includesSharding: false)
        return (
            SQLPrinter.print(.createTable(parts.hot), options: options),
            SQLPrinter.print(.createTable(parts.cold), options: options)
        )
    }

    /// The triggers that a piece of a split table has: name and text. Empty where the table is not split.
    public func splitTriggers(on piece: PhysicalPiece) -> [(name: String, sql: String)] {
        isSplit ? SplitDefinition(self).triggers(on: piece.name).map { ($0.name, $0.sql) } : []
    }

    /// The part of a split table that an index stands on; hot for every other table.
    public func part(of index: CreateIndexStatement) throws(ShardError) -> TablePart {
        isSplit ? try SplitDefinition(self).part(of: index) : .hot
    }
}

extension LogicalTable.PhysicalPiece {
    /// The cold table beside a hot one.
    public var cold: LogicalTable.PhysicalPiece {
        var piece = self
        piece.name = LogicalTable.coldName(of: name)
        return piece
    }
}
