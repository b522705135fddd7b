public import ShardBase
public import ShardSQL
public import ShardTopology
import ShardValues

/// What a definition (DDL) does on PostgreSQL shards.
///
/// It runs on the coordinator first, whose catalogs then say what the schema is; what each shard runs is the user's statement
/// with the tables' names on the shard.
public struct ServerDefinitionPlanner {
    public let topology: Topology
    let objects: [SchemaObject]
    let functions: ServerFunctions
    let defaultDeclaration: @Sendable (String) -> ShardingDeclaration
    let defaultGenerators: @Sendable (String) -> [String: String]

    /// - Parameter objects: the catalog's, before the definition.
    public init(
        topology: Topology, objects: [SchemaObject], functions: ServerFunctions,
        defaultDeclaration: @escaping @Sendable (String) -> ShardingDeclaration,
        defaultGenerators: @escaping @Sendable (String) -> [String: String] = { _ in [:] }
    ) {
        self.topology = topology
        self.objects = objects
        self.functions = functions
        self.defaultDeclaration = defaultDeclaration
        self.defaultGenerators = defaultGenerators
    }

    private var options: SQLPrinter.Options { .init(dialect: .postgresql, includesSharding: false) }

    private func refused(_ code: ErrorCode, _ message: String, hint: String? = nil) -> ShardError {
        ShardError(code, message, hint: hint ?? code.advice)
    }

    // MARK: Before

    /// What the coordinator runs: the statement without ShardKit's clauses.
    ///
    /// - Throws: refusals of what could not be the same on all shards.
    public func coordinatorText(_ parsed: ParsedStatement) throws(ShardError) -> String {
        switch parsed.statement {
        case .createTable(let create): try check(create)
        case .createIndex(let create):
            guard !create.isGlobal else { throw refused(.statementNotModelled, "GLOBAL indexes") }
            _ = try table(create.table)
        case .createView(let create):
            guard !create.isTemporary, create.modifiers == nil || create.modifiers == "RECURSIVE" else {
                throw refused(.statementNotModelled, "views that are temporary or materialized")
            }
            try checkName(create.name)
        case .alterTable(let alter): try check(alter)
        case .drop(let drop):
            guard drop.subject != .trigger else { throw refused(.triggerAcrossShards, "triggers on PostgreSQL shards") }
            if let suffix = drop.suffix?.uppercased(), suffix.contains("CONCURRENTLY") {
                throw refused(.statementNotModelled, "DROP INDEX CONCURRENTLY")
            }
        case .other(let other): try check(other)
        case .createTrigger: throw refused(.triggerAcrossShards, "triggers on PostgreSQL shards are not modelled yet")
        case .select, .insert, .update, .delete, .createVirtualTable, .transaction, .explain, .pragma, .setting,
            .showTopology:
            throw refused(.statementNotModelled, "the statement is no definition")
        }
        return SQLPrinter.print(Self.waiting(parsed.statement), options: options)
    }

    /// CREATE INDEX CONCURRENTLY makes the same index; inside the transaction that all shards share, writers wait for it.
    private static func waiting(_ statement: Statement) -> Statement {
        guard case .createIndex(var create) = statement else { return statement }
        create.isConcurrent = false
        return .createIndex(create)
    }

    private func checkName(_ name: ObjectName) throws(ShardError) {
        if let schema = name.schema, ServerSurvey.text(schema) != "public" || name.parts.count > 2 {
            throw refused(.statementNotModelled, "schemas other than public", hint: "Leave the schema out.")
        }
        let own = ServerSurvey.text(name.name)
        guard !own.hasPrefix("_shardkit"), !own.hasPrefix("pg_") else {
            throw refused(.reservedName, "names that begin with _shardkit or pg_ are taken")
        }
        // Names are told apart here without regard to case.
        if let known = topology.table(named: own)?.schema.name ?? topology.view(named: own)?.name, known != own {
            throw refused(
                .declarationRefused, "the name \(own) differs from \(known) in its letters' case only",
                hint: "Choose another name.")
        }
    }

    private func table(_ name: ObjectName) throws(ShardError) -> LogicalTable {
        guard case .table(let table) = ServerSurvey.relation(name, in: topology) else {
            throw ShardError(
                .engine, "relation \"\(ServerSurvey.text(name.name))\" does not exist", engineCode: "42P01")
        }
        return table
    }

    private func check(_ create: CreateTableStatement) throws(ShardError) {
        guard !create.isTemporary else { throw refused(.statementNotModelled, "temporary tables on PostgreSQL shards") }
        guard create.modifiers == nil, create.suffix.map(Self.isStorage) ?? true else {
            throw refused(.statementNotModelled, "UNLOGGED, INHERITS, PARTITION BY and TABLESPACE")
        }
        try checkName(create.name)
        if Self.like(create) != nil { return }
        guard case .columns(let columns, let constraints) = create.content else {
            throw refused(
                .statementNotModelled, "CREATE TABLE AS, LIKE and OF", hint: "Name the columns, then INSERT … SELECT.")
        }
        for column in columns {
            for constraint in column.constraints {
                switch constraint.kind {
                case .generator(let clause): try checkGenerator(clause, column)
                case .references(let reference): try checkDeferral(reference.actions)
                case .verbatim(let text): try checkDeferral(text)
                case .primaryKey, .notNull, .null, .unique, .check, .defaultValue, .collate, .generated, .identity:
                    break
                }
            }
            let makers = column.constraints.filter { constraint in
                switch constraint.kind {
                case .generator, .defaultValue, .generated, .identity: true
                case .primaryKey, .notNull, .null, .unique, .check, .collate, .references, .verbatim: false
                }
            }
            if makers.count > 1, makers.contains(where: { if case .generator = $0.kind { true } else { false } }) {
                throw refused(
                    .declarationRefused, "\(column.name.text) is GENERATED BY and has another source of values too")
            }
        }
        for constraint in constraints {
            try checkDeferral(constraint.suffix)
            switch constraint.kind {
            case .verbatim: throw refused(.statementNotModelled, "EXCLUDE and LIKE among columns in CREATE TABLE")
            case .foreignKey(_, let reference): try checkDeferral(reference.actions)
            case .primaryKey, .unique, .check: break
            }
        }
    }

    /// Columns that the configuration has generated.
    private func checkMade(_ schema: TableSchema) throws(ShardError) {
        for column in schema.columns where column.isMade {
            let types = column.generator == "uuidv7" ? ["uuid", "text"] : ["bigint"]
            guard types.contains(column.declaredType ?? "") else {
                throw refused(
                    .declarationRefused,
                    "\(schema.name).\(column.name) is generated by \(column.generator ?? "?") and has the type \(column.declaredType ?? "?")",
                    hint: "Its type has to be \(types.joined(separator: " or ")).")
            }
        }
    }

    private func checkGenerator(_ clause: GeneratorClause, _ column: ColumnDefinition) throws(ShardError) {
        let type = column.type?.text.lowercased() ?? ""
        let fits: Bool
        let wanted: String
        switch clause.kind {
        case .snowflake, .segment: (fits, wanted) = (["bigint", "int8"].contains(type), "BIGINT")
        case .uuidV7: (fits, wanted) = (["uuid", "text"].contains(type), "UUID or TEXT")
        }
        guard !fits else { return }
        throw refused(
            .declarationRefused, "\(column.name.text) GENERATED BY \(clause.name) has to be \(wanted), not \(type)")
    }

    /// `WITH (…)`: how the table is stored.
    private static func isStorage(_ suffix: String) -> Bool {
        let upper = suffix.uppercased()
        return upper.hasPrefix("WITH") && upper.hasSuffix(")")
            && !["INHERITS", "PARTITION", "TABLESPACE", "COMMIT", "OIDS"].contains(where: upper.contains)
    }

    /// The table that a `CREATE TABLE t (LIKE that …)` is made after.
    private static func like(_ create: CreateTableStatement) -> String? {
        var text: String
        switch create.content {
        case .verbatim(let own): text = own
        case .columns(let columns, let constraints):
            guard columns.isEmpty, constraints.count == 1, case .verbatim(let own) = constraints[0].kind else {
                return nil
            }
            text = "(\(own))"
        case .select: return nil
        }
        guard
            let match = text.firstMatch(
                of: /(?is)^\s*\(\s*like\s+([a-z_][a-z0-9_$]*)((?:\s+(?:including|excluding)\s+[a-z]+)*)\s*\)\s*$/)
        else { return nil }
        return match.1.lowercased()
    }

    /// The table that the new one is made after has to be, under its own name, wherever the new one will be.
    private func checkLike(_ create: CreateTableStatement, _ table: LogicalTable) throws(ShardError) {
        guard let name = Self.like(create) else { return }
        guard let other = topology.table(named: name), other.schema.name == name else {
            throw refused(.statementNotModelled, "LIKE of what is no table")
        }
        var isAlone = true
        if case .sharded(let sharding) = other.placement { isAlone = ServerNames.isAlone(sharding) }
        let there = Set(places(other).map(\.shard))
        guard isAlone, places(table).allSatisfy({ there.contains($0.shard) }) else {
            throw refused(
                .statementNotModelled, "LIKE of a table that is not on all shards of the new one under its name")
        }
    }

    /// A deferred constraint may fail at COMMIT, when another shard has committed.
    private func checkDeferral(_ text: String?) throws(ShardError) {
        guard let text = text?.uppercased(), text.contains("DEFERRABLE") || text.contains("DEFERRED") else { return }
        guard text.contains("NOT DEFERRABLE") else {
            throw refused(.statementNotModelled, "DEFERRABLE constraints over several shards")
        }
    }

    private static let alterations = [
        "ADD CONSTRAINT", "ADD PRIMARY KEY", "ADD UNIQUE", "ADD CHECK", "ALTER ", "DROP CONSTRAINT",
        "VALIDATE CONSTRAINT", "RENAME CONSTRAINT",
        // How a table is stored.
        "SET (", "RESET (", "SET WITHOUT ", "SET LOGGED", "CLUSTER ON ", "REPLICA IDENTITY ",
    ]

    private func check(_ alter: AlterTableStatement) throws(ShardError) {
        // What is no table of the logical database the coordinator answers: with a notice, or an error.
        guard case .table(let table) = ServerSurvey.relation(alter.table, in: topology) else {
            if case .view = ServerSurvey.relation(alter.table, in: topology) {
                throw refused(.alterNotModelled, "ALTER TABLE of a view on PostgreSQL shards")
            }
            return
        }
        try check(alter.action, of: table)
    }

    private func check(_ action: AlterTableStatement.Action, of table: LogicalTable) throws(ShardError) {
        switch action {
        case .renameTable: throw refused(.alterNotModelled, "ALTER TABLE … RENAME TO on PostgreSQL shards")
        case .renameColumn: break
        case .addColumn(let column, _):
            for constraint in column.constraints {
                switch constraint.kind {
                case .defaultValue(let value):
                    var survey = ServerSurvey(topology: topology, operands: ServerOperands(parameterTypes: []))
                    survey.visit(value)
                    let isPlain = survey.calls.allSatisfy { functions.volatility[$0.name] == .immutable }
                    guard isPlain, !ServerWork.hasTimes([value]) else {
                        throw refused(
                            .alterNotModelled, "ADD COLUMN with a DEFAULT that is not the same on every shard")
                    }
                case .references, .identity, .generator:
                    throw refused(.alterNotModelled, "ADD COLUMN with REFERENCES or IDENTITY")
                case .verbatim(let text): try checkDeferral(text)
                case .primaryKey, .notNull, .null, .unique, .check, .collate, .generated: break
                }
            }
            if let type = column.type?.text.lowercased(), type.contains("serial") {
                throw refused(.alterNotModelled, "ADD COLUMN of a serial type")
            }
        case .dropColumn(let name): try checkNotKey(name, table)
        case .addConstraint(let constraint): try checkForeignKey(constraint, of: table)
        case .verbatim(let text):
            let actions = Self.actions(text)
            guard actions.count == 1 else {
                for action in actions {
                    guard let parsed = try? Parser.parse("ALTER TABLE x \(action)", dialect: .postgresql),
                        case .alterTable(let alter) = parsed.statement
                    else { throw refused(.alterNotModelled, "ALTER TABLE … \(action)") }
                    if case .addConstraint = alter.action {
                        throw refused(
                            .alterNotModelled, "a foreign key among other actions",
                            hint: "Add it by an ALTER TABLE of its own.")
                    }
                    try check(alter.action, of: table)
                }
                return
            }
            try check(text: actions[0], of: table)
        }
    }

    /// One action that is kept as text.
    private func check(text: String, of table: LogicalTable) throws(ShardError) {
        let upper = text.uppercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let isAlteration = upper.hasPrefix("ALTER ")
        if let match = text.firstMatch(
            of:
                /(?is)^drop\s+(?:column\s+)?(?:if\s+exists\s+)?("(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)(?:\s+(?:cascade|restrict))?$/
        ),
            !upper.hasPrefix("DROP CONSTRAINT ")
        {
            let name =
                match.1.hasPrefix("\"")
                ? Identifier(String(match.1.dropFirst().dropLast()).replacing("\"\"", with: "\""), quote: .double)
                : Identifier(String(match.1))
            return try checkNotKey(name, table)
        }
        guard Self.alterations.contains(where: upper.hasPrefix), !upper.contains("REFERENCES"),
            !upper.contains("IDENTITY") || isAlteration || upper.hasPrefix("REPLICA IDENTITY "), !text.contains(";"),
            try isLocal(exclusion: upper, table), try isSameEverywhere(using: text, upper)
        else { throw refused(.alterNotModelled, "ALTER TABLE … \(text)") }
        try checkDeferral(text)
    }

    /// Exclusion constraints are checked by each shard among its own rows.
    private func isLocal(exclusion upper: String, _ table: LogicalTable) throws(ShardError) -> Bool {
        guard upper.contains("EXCLUDE") else { return true }
        if case .partitioned = ServerPlace(table) { return false }
        return true
    }

    /// Whether what stands behind USING names an index, or gives a row the same on every shard.
    private func isSameEverywhere(using text: String, _ upper: String) throws(ShardError) -> Bool {
        guard upper.contains(" USING ") else { return true }
        if upper.contains(" USING INDEX ") { return true }
        guard let match = text.firstMatch(of: /(?is)^alter\s.*?\stype\s.*?\susing\s+(.+)$/),
            let parsed = try? Parser.parse("SELECT " + match.1, dialect: .postgresql),
            case .select(let select) = parsed.statement
        else { return upper.contains("EXCLUDE") }
        var survey = ServerSurvey(topology: topology, operands: ServerOperands(parameterTypes: []))
        survey.visit(select)
        return survey.refusal == nil && !survey.hasSubqueries
            && survey.calls.allSatisfy { functions.volatility[$0.name] == .immutable }
            && !ServerWork.hasTimes(ServerWork.expressions(Self.items(select)))
    }

    private static func items(_ select: SelectStatement) -> [SelectItem] {
        if case .core(let core)? = select.body.arms.first { return core.items }
        return []
    }

    /// The actions that stand one after the other.
    private static func actions(_ text: String) -> [String] {
        var result: [String] = []
        var own: [UInt8] = []
        var depth = 0
        var quote: UInt8?
        for byte in text.utf8 {
            if let open = quote {
                if byte == open { quote = nil }
            } else {
                switch byte {
                case UInt8(ascii: "'"), UInt8(ascii: "\""): quote = byte
                case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
                case UInt8(ascii: ",") where depth <= 0:
                    result.append(String(decoding: own, as: UTF8.self))
                    own = []
                    continue
                default: break
                }
            }
            own.append(byte)
        }
        result.append(String(decoding: own, as: UTF8.self))
        return result.map { part in
            var part = part.drop(while: \.isWhitespace)
            while part.last?.isWhitespace ?? false { part.removeLast() }
            return String(part)
        }
    }

    private func checkNotKey(_ name: Identifier, _ table: LogicalTable) throws(ShardError) {
        guard case .sharded(let sharding) = table.placement else { return }
        let own = ServerSurvey.text(name)
        if sharding.keyColumns.contains(where: { table.schema.columns[$0].name == own }) {
            throw refused(.alterNotModelled, "\(own) is in the shard key of \(table.schema.name)")
        }
    }

    private static let everywhere = [
        "CREATE SEQUENCE", "ALTER SEQUENCE", "DROP SEQUENCE", "CREATE TYPE", "DROP TYPE", "CREATE DOMAIN",
        "DROP DOMAIN", "CREATE FUNCTION", "DROP FUNCTION", "CREATE AGGREGATE", "DROP AGGREGATE",
        // Views are the coordinator's.
        "ALTER VIEW",
    ]

    private func check(_ other: OtherStatement) throws(ShardError) {
        // They would be gone with the connection that made them.
        let words = other.text.prefix(40).uppercased().split(whereSeparator: \.isWhitespace)
        guard words.count < 2 || !["TEMP", "TEMPORARY"].contains(words[1]) else {
            throw refused(.statementNotModelled, "temporary objects on PostgreSQL shards")
        }
        guard Self.everywhere.contains(other.kind) else {
            throw refused(.statementNotModelled, "\(other.kind) is not modelled on PostgreSQL shards")
        }
        if other.kind == "ALTER VIEW" {
            let text = other.text.uppercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
            guard [" RENAME ", " SET (", " RESET ("].contains(where: text.contains), !text.contains("DEFAULT") else {
                throw refused(.statementNotModelled, "ALTER VIEW with a DEFAULT, an OWNER or a SCHEMA")
            }
        }
    }

    /// Functions run wherever a row is: so they have to give the same on every shard, and cannot look at tables, of which each
    /// shard has a part.
    private func checkFunctions(_ schema: ServerSchema) throws(ShardError) {
        for function in schema.functions {
            func refusal(_ reason: String, hint: String? = nil) -> ShardError {
                ShardError(.functionNotModelled, "the function \(function.signature) \(reason)", hint: hint)
            }
            if function.isForTriggers { throw refused(.triggerAcrossShards, "triggers on PostgreSQL shards") }
            guard function.isAggregateOrPlain else { throw refusal("is a procedure or a window function") }
            guard function.isImmutable else {
                throw refusal(
                    "is not IMMUTABLE: it may look at tables, of which each shard has a part, or give each shard another value",
                    hint: "Declare it IMMUTABLE, if that is what it is.")
            }
            guard !function.hidesOwn else { throw refusal("has the name of one of the server's own") }
            let words = Set(
                function.body.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
            let relations = Set(
                topology.tables.values.map { $0.schema.name.lowercased() } + schema.views.keys.map { $0.lowercased() })
            if let table = words.intersection(relations).sorted().first {
                throw refusal("names the table \(table), of which each shard has a part")
            }
            if let word = words.intersection(["execute", "nextval", "setval", "dblink", "perform"]).sorted().first {
                throw refusal("says \(word.uppercased()): what it does then is not known")
            }
        }
    }

    // MARK: After

    /// The shards' statements and the catalog's objects afterwards.
    ///
    /// - Parameter schema: as the coordinator has it after it ran ``coordinatorText(_:)``.
    public func steps(_ parsed: ParsedStatement, after schema: ServerSchema) throws(ShardError) -> DefinitionSteps {
        var steps = DefinitionSteps(objects: [])
        var made: LogicalTable?
        switch parsed.statement {
        case .createTable(let create):
            let name = ServerSurvey.text(create.name.name)
            if topology.table(named: name) != nil || topology.view(named: name) != nil {
                return DefinitionSteps(objects: objects, isNothing: true)
            }
            guard let table = schema.tables[name] else {
                throw ShardError(.schemaDrift, "the coordinator did not make the table \(name)")
            }
            var schema = table.schema
            // What the server does not know.
            if case .columns(let definitions, _) = create.content {
                for definition in definitions {
                    for case .generator(let clause) in definition.constraints.map(\.kind) {
                        guard let ordinal = schema.column(named: ServerSurvey.text(definition.name)) else { continue }
                        schema.columns[ordinal].generator = clause.name
                    }
                }
            }
            schema.generate(by: defaultGenerators(schema.name))
            try checkMade(schema)
            let logical = try place(create, schema)
            made = logical
            try checkLike(create, logical)
            try checkForeignKeys(create, logical)
            spell(parsed.statement, logical, own: create.name, &steps)
        case .createIndex(let create):
            let table = try table(create.table)
            // IF NOT EXISTS found one.
            let known = Set(objects.filter { $0.text.kind == .index }.map(\.text.name))
            if schema.indexes.keys.allSatisfy(known.contains) {
                return DefinitionSteps(objects: objects, isNothing: true)
            }
            spell(parsed.statement, table, own: nil, &steps)
        case .createView(let create):
            if !create.orReplace, topology.view(named: ServerSurvey.text(create.name.name)) != nil {
                return DefinitionSteps(objects: objects, isNothing: true)
            }
        case .alterTable(let alter):
            guard case .table(let table) = ServerSurvey.relation(alter.table, in: topology) else {
                guard alter.ifExists, !schema.others.contains(ServerSurvey.text(alter.table.name)) else {
                    throw refused(.alterNotModelled, "ALTER TABLE of what is no table")
                }
                return DefinitionSteps(objects: objects, isNothing: true)
            }
            spell(parsed.statement, table, own: nil, &steps)
        case .drop(let drop): try spell(drop, &steps)
        case .other(let other):
            try checkFunctions(schema)
            if other.kind != "ALTER VIEW" { for shard in topology.shards.indices { steps.add(other.text, on: shard) } }
        case .createTrigger, .select, .insert, .update, .delete, .createVirtualTable, .transaction, .explain, .pragma,
            .setting, .showTopology:
            throw refused(.statementNotModelled, "the statement is no definition")
        }
        steps.objects = try objects(after: schema, made: made, parsed: parsed)
        steps.droppedTables = topology.tables.values.map(\.schema.name).filter { schema.tables[$0] == nil }
        return steps
    }

    /// The statement on each partition or shard of a table, with the names that tables have there.
    private func spell(
        _ statement: Statement, _ table: LogicalTable, own: ObjectName?, _ steps: inout DefinitionSteps
    ) {
        let statement = Self.waiting(statement)
        func text(_ partition: Int?) -> String {
            SQLPrinter.print(statement, options: options) { name in
                if let own, name.range == own.range { return physical(table, partition) }
                guard case .table(let other) = ServerSurvey.relation(name, in: topology) else { return nil }
                return physical(other, partition)
            }
        }
        switch table.placement {
        case .broadcast: for shard in topology.shards.indices { steps.add(text(nil), on: shard) }
        case .single(let shard): steps.add(text(nil), on: shard)
        case .sharded(let sharding):
            let isAlone = ServerNames.isAlone(sharding)
            for (partition, place) in sharding.partitions.enumerated() {
                if !isAlone, own != nil {
                    let schema = ServerNames.quoted(ServerNames.schema(ofPartition: partition))
                    steps.add("CREATE SCHEMA IF NOT EXISTS \(schema)", on: place.shard)
                }
                steps.add(text(partition), on: place.shard)
            }
        }
    }

    private func physical(_ table: LogicalTable, _ partition: Int?) -> String {
        guard case .sharded(let sharding) = table.placement, let partition else {
            return ServerNames.whole(table.schema.name)
        }
        let names = ServerNames.names(of: table.schema.name, sharding)
        return names.indices.contains(partition) ? names[partition] : ServerNames.whole(table.schema.name)
    }

    private func spell(_ drop: DropStatement, _ steps: inout DefinitionSteps) throws(ShardError) {
        let suffix = drop.suffix.map { " " + $0 } ?? ""
        // One statement a shard: tables of one list may refer to one another.
        var tables: [ShardIndex: [String]] = [:]
        for name in drop.names {
            let own = ServerSurvey.text(name.name)
            switch drop.subject {
            case .view, .trigger: continue
            case .table:
                guard case .table(let table) = ServerSurvey.relation(name, in: topology) else { continue }
                for (shard, physical) in places(table) { tables[shard, default: []].append(physical) }
            case .index:
                guard let index = objects.first(where: { $0.text.kind == .index && $0.text.name == own }),
                    let table = topology.table(named: index.text.tableName)
                else { continue }
                for (shard, physical) in places(table) {
                    // The index is in its table's schema.
                    let schema = physical.prefix { $0 != "." }
                    steps.add("DROP INDEX \(schema).\(ServerNames.quoted(own))\(suffix)", on: shard)
                }
            }
        }
        for shard in tables.keys.sorted() {
            steps.add("DROP TABLE \((tables[shard] ?? []).joined(separator: ", "))\(suffix)", on: shard)
        }
    }

    private func places(_ table: LogicalTable) -> [(shard: ShardIndex, name: String)] {
        switch table.placement {
        case .broadcast: topology.shards.indices.map { ($0, ServerNames.whole(table.schema.name)) }
        case .single(let shard): [(shard, ServerNames.whole(table.schema.name))]
        case .sharded(let sharding):
            zip(sharding.partitions, ServerNames.names(of: table.schema.name, sharding)).map { ($0.shard, $1) }
        }
    }

    // MARK: Placing

    private func place(_ create: CreateTableStatement, _ schema: TableSchema) throws(ShardError) -> LogicalTable {
        var declaration =
            try create.sharding.map { clause throws(ShardError) in
                try DeclarationReader(dialect: .postgresql).declaration(clause, table: schema.name)
            } ?? defaultDeclaration(schema.name)
        if case .byDefault = declaration { declaration = defaulted(schema) }
        switch declaration {
        case .split: throw refused(.splitTable, "COLD columns on PostgreSQL shards")
        case .sharded(let sharded):
            switch sharded.method {
            // Partitions are told by our own comparisons: of bytes for texts, whatever the databases' collation.
            case .hash, .mod, .range, .list: break
            case .hint, .directory, .interval, .custom:
                throw refused(
                    .declarationRefused,
                    "\(schema.name): PostgreSQL shards take tables by HASH, MOD, RANGE, LIST, BROADCAST or SINGLE so far"
                )
            }
        case .byDefault, .broadcast, .single: break
        }
        // As the server has it: only what it takes is placed.
        var text = create
        text.sharding = nil
        let table = try topology.place(
            schema: schema, declaration: declaration,
            createSQL: SQLPrinter.print(.createTable(text), options: options))
        try checkKeys(table)
        return table
    }

    /// What a plain CREATE TABLE means: the hash of its primary key where that can be a shard key, else of the first column that
    /// can, else one shard for the whole table.
    private func defaulted(_ schema: TableSchema) -> ShardingDeclaration {
        func isKey(_ ordinal: Int) -> Bool {
            let column = schema.columns[ordinal]
            return !column.isGenerated && column.collation == .binary
                && column.declaredType.flatMap { ServerKeyFamily(declaredType: $0) } != nil
        }
        let constraints = (schema.primaryKey.isEmpty ? [] : [schema.primaryKey]) + schema.uniqueKeys
        if let first = constraints.first {
            let common = first.filter { column in constraints.allSatisfy { $0.contains(column) } }
            guard !common.isEmpty, common.allSatisfy(isKey) else { return .single(on: nil) }
            return .sharded(.init(method: .hash, columns: common.map { schema.columns[$0].name }))
        }
        guard let column = schema.columns.indices.first(where: isKey) else { return .single(on: nil) }
        return .sharded(.init(method: .hash, columns: [schema.columns[column].name]))
    }

    private func checkKeys(_ table: LogicalTable) throws(ShardError) {
        guard case .sharded(let sharding) = table.placement else { return }
        for ordinal in sharding.keyColumns {
            let column = table.schema.columns[ordinal]
            guard column.collation == .binary, let type = column.declaredType,
                let family = ServerKeyFamily(declaredType: type), column.affinity == family.keyAffinity.affinity
            else {
                throw refused(
                    .declarationRefused,
                    "\(column.name) of \(table.schema.name) has the type \(column.declaredType ?? "?"), which cannot be a shard key's",
                    hint: "Shard by a column of type smallint, integer, bigint, text, varchar or uuid.")
            }
        }
    }

    private func checkUniques(_ table: LogicalTable, _ uniques: [[Int]]) throws(ShardError) {
        guard case .sharded(let sharding) = table.placement, sharding.partitions.count > 1 else { return }
        for unique in uniques where !sharding.keyColumns.allSatisfy(unique.contains) {
            let keys = sharding.keyColumns.map { table.schema.columns[$0].name }.joined(separator: ", ")
            throw refused(
                .uniqueWithoutShardKey,
                "a unique constraint or index of \(table.schema.name) does not contain the shard key (\(keys))",
                hint: "Add the shard key to it, shard by its columns, or declare the table BROADCAST or SINGLE.")
        }
    }

    // MARK: Foreign keys

    /// PostgreSQL checks foreign keys always, each shard its own rows: so the row referred to has to be on the same shard.
    private func checkForeignKeys(_ create: CreateTableStatement, _ table: LogicalTable) throws(ShardError) {
        guard case .columns(let columns, let constraints) = create.content else { return }
        var keys: [(columns: [String], reference: ForeignKeyReference)] = []
        for column in columns {
            for constraint in column.constraints {
                if case .references(let reference) = constraint.kind {
                    keys.append(([ServerSurvey.text(column.name)], reference))
                }
            }
        }
        for constraint in constraints {
            if case .foreignKey(let names, let reference) = constraint.kind {
                keys.append((names.map(ServerSurvey.text), reference))
            }
        }
        for key in keys { try checkForeignKey(key.columns, key.reference, of: table) }
    }

    private func checkForeignKey(_ constraint: TableConstraint, of table: LogicalTable) throws(ShardError) {
        guard case .foreignKey(let columns, let reference) = constraint.kind else {
            throw refused(.alterNotModelled, "ALTER TABLE … ADD of a constraint that is no foreign key")
        }
        try checkDeferral(constraint.suffix)
        try checkDeferral(reference.actions)
        try checkForeignKey(columns.map(ServerSurvey.text), reference, of: table)
    }

    private func checkForeignKey(
        _ columns: [String], _ reference: ForeignKeyReference, of table: LogicalTable
    ) throws(ShardError) {
        let isOwn = ServerSurvey.text(reference.table.name) == table.schema.name
        let parent = isOwn ? table : try self.table(reference.table)
        if let action = Self.movingAction(columns, reference, table, parent) {
            throw refused(
                .foreignKeyAcrossShards,
                "\(action) of the foreign key of \(table.schema.name) to \(parent.schema.name) would change the shard key, and no row would move",
                hint: "Leave the action out, or shard \(table.schema.name) by another column.")
        }
        guard isLocal(columns, reference, table, parent) else {
            throw refused(
                .foreignKeyAcrossShards,
                "the foreign key of \(table.schema.name) to \(parent.schema.name) crosses shards",
                hint: "Colocate the tables by the key, or make \(parent.schema.name) BROADCAST.")
        }
    }

    /// An action of a foreign key that gives rows another shard key behind ShardKit's back.
    private static func movingAction(
        _ columns: [String], _ reference: ForeignKeyReference, _ child: LogicalTable, _ parent: LogicalTable
    ) -> String? {
        guard case .partitioned(let sharding) = ServerPlace(child),
            sharding.keyColumns.contains(where: { columns.contains(child.schema.columns[$0].name) })
        else { return nil }
        let words = (reference.actions ?? "").uppercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for action in ["ON DELETE SET NULL", "ON DELETE SET DEFAULT", "ON UPDATE SET NULL", "ON UPDATE SET DEFAULT"]
        where words.contains(action) {
            return action
        }
        // Rows of a parent that is sharded alike never change their key in place.
        if case .partitioned = ServerPlace(parent) { return nil }
        return words.contains("ON UPDATE CASCADE") ? "ON UPDATE CASCADE" : nil
    }

    private func isLocal(
        _ columns: [String], _ reference: ForeignKeyReference, _ child: LogicalTable, _ parent: LogicalTable
    ) -> Bool {
        switch (ServerPlace(child), ServerPlace(parent)) {
        case (_, .anywhere): return true
        case (.shard(let one), .shard(let other)): return one == other
        case (.partitioned(let own), .partitioned(let theirs)):
            guard own.group == theirs.group else { return false }
            let named = reference.columns.map(ServerSurvey.text)
            let referred =
                named.isEmpty ? parent.schema.primaryKey.map { parent.schema.columns[$0].name } : named
            guard referred.count == columns.count else { return false }
            // Each key column of the child refers to the same column of the parent's key.
            return zip(own.keyColumns, theirs.keyColumns).allSatisfy { ownKey, theirKey in
                zip(columns, referred).contains {
                    $0 == child.schema.columns[ownKey].name && $1 == parent.schema.columns[theirKey].name
                }
            }
        case (.anywhere, .shard), (.anywhere, .partitioned), (.shard, .partitioned), (.partitioned, .shard):
            return false
        }
    }

    // MARK: The catalog's objects

    private func objects(
        after schema: ServerSchema, made: LogicalTable?, parsed: ParsedStatement
    ) throws(ShardError) -> [SchemaObject] {
        var result: [SchemaObject] = []
        var known: Set<String> = []
        var isRenaming = false
        if case .alterTable(let alter) = parsed.statement, case .renameColumn = alter.action { isRenaming = true }
        for object in objects {
            switch object.text.kind {
            case .table:
                guard let now = schema.tables[object.text.name], var table = object.table else { continue }
                table = try updated(table, now, isRenaming: isRenaming)
                try checkUniques(table, now.uniques)
                known.insert(object.text.name)
                var text = object.text
                if let sql = withForeignKey(parsed, of: table) {
                    text.sql = sql
                    table.createSQL = sql
                }
                result.append(SchemaObject(text: text, table: table))
            case .view:
                guard let query = schema.views[object.text.name] else { continue }
                known.insert(object.text.name)
                result.append(view(object.text.name, query, schema.viewOptions[object.text.name]))
            case .index:
                guard let table = schema.indexes[object.text.name] else { continue }
                known.insert(object.text.name)
                result.append(
                    SchemaObject(
                        text: SchemaText(
                            kind: .index, name: object.text.name, tableName: table, sql: object.text.sql)))
            case .trigger, .virtual: continue
            }
        }
        if let made, let now = schema.tables[made.schema.name] {
            try checkUniques(made, now.uniques)
            known.insert(made.schema.name)
            result.append(
                SchemaObject(
                    text: SchemaText(
                        kind: .table, name: made.schema.name, tableName: made.schema.name, sql: made.createSQL),
                    table: made))
        }
        for (name, table) in schema.indexes.sorted(by: { $0.key < $1.key }) where !known.contains(name) {
            result.append(
                SchemaObject(
                    text: SchemaText(
                        kind: .index, name: name, tableName: table,
                        sql: SQLPrinter.print(Self.waiting(parsed.statement), options: options))))
        }
        for (name, query) in schema.views.sorted(by: { $0.key < $1.key }) where !known.contains(name) {
            result.append(view(name, query, schema.viewOptions[name]))
        }
        for name in schema.tables.keys.sorted() where !known.contains(name) {
            throw ShardError(
                .schemaDrift, "the coordinator has a table \(name) that the catalog does not know",
                hint: "Drop it there; ShardKit's tables are made by ShardKit.")
        }
        return result
    }

    /// A table's text with the foreign key that the statement adds to it: who refers to whom is read there.
    private func withForeignKey(_ parsed: ParsedStatement, of table: LogicalTable) -> String? {
        guard case .alterTable(let alter) = parsed.statement, case .addConstraint(let constraint) = alter.action,
            case .table(let altered) = ServerSurvey.relation(alter.table, in: topology),
            altered.schema.name == table.schema.name,
            let text = try? Parser.parse(table.createSQL, dialect: .postgresql),
            case .createTable(var create) = text.statement, case .columns(let columns, let constraints) = create.content
        else { return nil }
        create.content = .columns(columns, constraints + [constraint])
        return SQLPrinter.print(.createTable(create), options: options)
    }

    private func view(_ name: String, _ query: String, _ options: String?) -> SchemaObject {
        var query = Substring(query)
        while let last = query.last, last == ";" || last.isWhitespace { query.removeLast() }
        return SchemaObject(
            text: SchemaText(
                kind: .view, name: name, tableName: name,
                sql: "CREATE VIEW \(ServerNames.quoted(name))\(options.map { " WITH (\($0))" } ?? "") AS \(query)"))
    }

    /// A table with the columns that it has now; its key stays where it was.
    private func updated(
        _ table: LogicalTable, _ now: ServerSchema.Table, isRenaming: Bool
    ) throws(ShardError) -> LogicalTable {
        var result = table
        result.schema = now.schema
        for (ordinal, column) in table.schema.columns.enumerated() {
            guard let generator = column.generator, generator != "identity" else { continue }
            let place = isRenaming ? ordinal : now.schema.columns.firstIndex { $0.name == column.name }
            if let place, result.schema.columns.indices.contains(place) {
                result.schema.columns[place].generator = generator
            }
        }
        guard case .sharded(var sharding) = table.placement else { return result }
        // A renamed column keeps its place, a dropped one moves those behind it.
        var keys: [Int] = []
        for ordinal in sharding.keyColumns {
            let name = table.schema.columns[ordinal].name
            guard let place = isRenaming ? ordinal : now.schema.columns.firstIndex(where: { $0.name == name }) else {
                throw refused(.alterNotModelled, "the shard key of \(table.schema.name) would be gone")
            }
            guard now.schema.columns[place].affinity == table.schema.columns[ordinal].affinity,
                now.schema.columns[place].collation == table.schema.columns[ordinal].collation
            else { throw refused(.alterNotModelled, "the type of the shard key of \(table.schema.name) would change") }
            keys.append(place)
        }
        sharding.keyColumns = keys
        result.placement = .sharded(sharding)
        try checkKeys(result)
        return result
    }
}
