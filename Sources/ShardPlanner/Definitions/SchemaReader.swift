import ShardBase
public import ShardSQL
public import ShardTopology
import ShardValues

/// Reads a CREATE TABLE and its indexes into a ``ShardTopology/TableSchema``, by SQLite's rules.
///
/// Source of the rules: SQLite's documentation, "CREATE TABLE" sections 3 to 6, "STRICT Tables", "The WITHOUT ROWID
/// Optimization", "ROWIDs and the INTEGER PRIMARY KEY"; checked against `PRAGMA table_xinfo` and `index_xinfo`.
public struct SchemaReader {
    private let create: CreateTableStatement
    private let indexes: [CreateIndexStatement]
    private let dialect: Dialect

    /// - Parameters:
    ///   - create: with a column list (a CREATE TABLE … AS is read from the text the engine made of it).
    ///   - indexes: all indexes of the table.
    public init(create: CreateTableStatement, indexes: [CreateIndexStatement] = [], dialect: Dialect = .sqlite) {
        self.create = create
        self.indexes = indexes
        self.dialect = dialect
    }

    /// A constraint that no two rows be alike, also one over expressions or over a part of the rows.
    struct UniqueConstraint {
        /// As an error names it: `PRIMARY KEY (a, b)`, `UNIQUE (a)`, `unique index i`.
        var title: String
        /// Per term the column (nil: an expression) and the collation it compares under.
        var terms: [(column: Int?, collation: Collation)]
        /// Over all rows and columns only.
        var isWhole: Bool
        var isPrimaryKey: Bool
    }

    /// The table as routing and merging see it.
    public func schema() -> TableSchema {
        let (definitions, _) = parts
        var schema = TableSchema(name: create.name.name.text, columns: definitions.map(column))
        schema.isStrict = create.isStrict
        schema.isWithoutRowID = create.isWithoutRowID
        schema.isAutoIncrement = isAutoIncrement
        for constraint in uniqueConstraints(schema) where constraint.isWhole {
            // A column twice in a key counts once.
            var key: [Int] = []
            for column in constraint.terms.compactMap(\.column) where !key.contains(column) { key.append(column) }
            if constraint.isPrimaryKey {
                schema.primaryKey = key
            } else if !schema.uniqueKeys.contains(key) {
                schema.uniqueKeys.append(key)
            }
        }
        schema.indexes = indexes.filter { $0.where == nil }.map { plainLead(of: $0, schema) }.filter { !$0.isEmpty }
        schema.rowIDColumn = rowIDAlias(schema)
        for key in schema.primaryKey where create.isWithoutRowID || create.isStrict {
            schema.columns[key].isNotNull = true
        }
        // The alias shows its rowid, which is never NULL.
        if let alias = schema.rowIDColumn { schema.columns[alias].isNotNull = true }
        return schema
    }

    private var parts: ([ColumnDefinition], [TableConstraint]) {
        switch create.content {
        case .columns(let columns, let constraints): (columns, constraints)
        case .select, .verbatim: ([], [])
        }
    }

    private func column(_ definition: ColumnDefinition) -> TableSchema.Column {
        var column = TableSchema.Column(name: definition.name.text, declaredType: declaredType(definition.type))
        column.affinity = affinity(column.declaredType)
        for constraint in definition.constraints {
            switch constraint.kind {
            case .notNull: column.isNotNull = true
            case .defaultValue(let value): column.defaultSQL = SQLPrinter.print(value, options: .init(dialect: dialect))
            case .collate(let name): column.collation = Collation(named: name.name.text)
            case .generated: column.isGenerated = true
            case .generator(let clause): column.generator = clause.name
            case .primaryKey, .null, .unique, .check, .references, .identity, .verbatim: break
            }
        }
        return column
    }

    /// SQLite keeps six types in a spelling of its own.
    private func declaredType(_ type: TypeName?) -> String? {
        guard let type, !type.text.isEmpty else { return nil }
        let upper = type.text.uppercased()
        return ["ANY", "BLOB", "INT", "INTEGER", "REAL", "TEXT"].contains(upper) ? upper : type.text
    }

    private func affinity(_ type: String?) -> Affinity {
        create.isStrict && type == "ANY" ? .blob : Affinity(declaredType: type)
    }

    private var isAutoIncrement: Bool {
        let (columns, constraints) = parts
        for case .primaryKey(_, _, true) in columns.flatMap(\.constraints).map(\.kind) { return true }
        for case .primaryKey(_, _, true) in constraints.map(\.kind) { return true }
        return false
    }

    /// A lone `INTEGER` primary key shows the rowid, unless the column says `PRIMARY KEY DESC` (kept by SQLite for old
    /// files; in the table's own constraint DESC changes nothing).
    private func rowIDAlias(_ schema: TableSchema) -> Int? {
        guard !create.isWithoutRowID, schema.primaryKey.count == 1 else { return nil }
        let key = schema.primaryKey[0]
        guard schema.columns[key].declaredType == "INTEGER" else { return nil }
        let (columns, constraints) = parts
        for case .primaryKey(let terms, _, _) in constraints.map(\.kind) where terms.count > 1 { return nil }
        for case .primaryKey(isDescending: true, _, _) in columns[key].constraints.map(\.kind) { return nil }
        return key
    }

    // MARK: Uniqueness

    /// Every PRIMARY KEY, UNIQUE and unique index, in the order of the text.
    func uniqueConstraints(_ schema: TableSchema) -> [UniqueConstraint] {
        let (columns, constraints) = parts
        var result: [UniqueConstraint] = []
        for (index, column) in columns.enumerated() {
            for constraint in column.constraints {
                let title: String
                switch constraint.kind {
                case .primaryKey: title = "PRIMARY KEY (\(column.name.text))"
                case .unique: title = "UNIQUE (\(column.name.text))"
                case .notNull, .null, .check, .defaultValue, .collate, .references, .generated, .identity, .generator,
                    .verbatim:
                    continue
                }
                result.append(
                    UniqueConstraint(
                        title: title, terms: [(index, schema.columns[index].collation)], isWhole: true,
                        isPrimaryKey: title.hasPrefix("P")))
            }
        }
        for constraint in constraints {
            switch constraint.kind {
            case .primaryKey(let terms, _, _):
                result.append(unique("PRIMARY KEY", terms, schema, isPrimaryKey: true))
            case .unique(let terms, _): result.append(unique("UNIQUE", terms, schema, isPrimaryKey: false))
            case .check, .foreignKey, .verbatim: break
            }
        }
        for index in indexes where index.isUnique {
            var constraint = unique(
                "unique index \(index.name?.name.text ?? "")", index.columns, schema, isPrimaryKey: false)
            if index.where != nil { constraint.isWhole = false }
            result.append(constraint)
        }
        return result
    }

    private func unique(
        _ kind: String, _ terms: [IndexedColumn], _ schema: TableSchema, isPrimaryKey: Bool
    ) -> UniqueConstraint {
        let read = terms.map { term in self.term(term.expression, schema) }
        let names = zip(terms, read).map { term, read in
            read.column.map { schema.columns[$0].name }
                ?? SQLPrinter.print(term.expression, options: .init(dialect: dialect))
        }
        return UniqueConstraint(
            title: "\(kind) (\(names.joined(separator: ", ")))", terms: read,
            isWhole: read.allSatisfy { $0.column != nil }, isPrimaryKey: isPrimaryKey)
    }

    /// The columns of an index up to the first expression, or column under another collation than its own.
    private func plainLead(of index: CreateIndexStatement, _ schema: TableSchema) -> [Int] {
        var lead: [Int] = []
        for term in index.columns {
            let (column, collation) = self.term(term.expression, schema)
            guard let column, collation == schema.columns[column].collation else { break }
            lead.append(column)
        }
        return lead
    }

    private func term(_ expression: Expression, _ schema: TableSchema) -> (column: Int?, collation: Collation) {
        switch expression {
        case .collate(let collate):
            return (term(collate.operand, schema).column, Collation(named: collate.collation.name.text))
        case .column(let reference):
            guard let column = schema.column(named: reference.name.text) else { return (nil, .binary) }
            return (column, schema.columns[column].collation)
        case .literal(let literal):
            // SQLite takes 'name' for a column in these lists.
            let name = literal.kind == .string ? String(literal.text.dropFirst().dropLast()) : ""
            guard let column = schema.column(named: name) else { return (nil, .binary) }
            return (column, schema.columns[column].collation)
        case .parameter, .unary, .binary, .isNull, .between, .inList, .match, .function, .cast, .conditional, .exists,
            .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field, .atTimeZone, .raise,
            .wildcard, .defaultValue, .verbatim:
            return (nil, .binary)
        }
    }
}

extension TableSchema {
    /// Gives columns that have no source of values the configured generators, by lower-case name.
    mutating func generate(by generators: [String: String]) {
        for index in columns.indices {
            guard let generator = generators[columns[index].name.asciiLowercased()], columns[index].generator == nil,
                columns[index].defaultSQL == nil, !columns[index].isGenerated
            else { continue }
            columns[index].generator = generator
        }
    }
}

extension GeneratorClause {
    /// The name of what stands behind GENERATED BY: `SEGMENT 'orders'` is `segment:orders`; nil for anything else.
    public static func name(of text: String) -> String? {
        guard let parsed = try? Parser.parse("CREATE TABLE t (c BIGINT GENERATED BY \(text))", dialect: .sqlite),
            case .createTable(let create) = parsed.statement,
            case .columns(let columns, let constraints) = create.content,
            columns.count == 1, constraints.isEmpty, columns[0].constraints.count == 1,
            case .generator(let clause) = columns[0].constraints[0].kind
        else { return nil }
        return clause.name
    }

    /// The name sessions find the generator by: `snowflake`, `uuidv7`, `segment:orders`.
    var name: String {
        switch kind {
        case .snowflake: "snowflake"
        case .uuidV7: "uuidv7"
        case .segment: tag.map { "segment:" + $0 } ?? "segment"
        }
    }
}
