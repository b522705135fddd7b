import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

/// Statements that come down to others: PREPARE and EXECUTE, CREATE TABLE AS and SELECT INTO.
extension ServerSession {
    /// A statement that the user has given a name.
    struct NamedStatement {
        var sql: String
        var parameterTypes: [UInt32]
    }

    // MARK: PREPARE, EXECUTE, DEALLOCATE

    /// - Returns: nil for statements of other kinds.
    func named(_ other: OtherStatement, _ values: [Value], _ schema: LogicalSchema) async throws -> Answer? {
        let words = NamedStatementText(other.text)
        switch other.kind {
        case "PREPARE":
            guard let name = words.name, let sql = words.body else { return nil }
            guard prepared[name] == nil else {
                throw ShardError(.engine, "prepared statement \"\(name)\" already exists", engineCode: "42P05")
            }
            let types = try await types(words.arguments)
            // Its errors show now.
            let facts = try await describe(sql, parameterTypes: types)
            let own = types.isEmpty ? facts : try await describe(sql)
            guard own.parameterTypes == facts.parameterTypes else {
                throw ShardError(
                    .statementNotModelled, "PREPARE with types that are not what the statement itself tells",
                    hint: "Cast the parameters where they stand: $1::integer.")
            }
            prepared[name] = NamedStatement(sql: sql, parameterTypes: types)
            return Answer()
        case "EXECUTE":
            guard let name = words.name, words.body == nil else { return nil }
            guard let statement = prepared[name] else { throw Self.unknown(name) }
            var given: [Value] = []
            if !words.arguments.isEmpty {
                let facts = try await describe(statement.sql, parameterTypes: statement.parameterTypes)
                guard words.arguments.count == facts.parameterTypes.count else {
                    throw ShardError(
                        .engine, "wrong number of parameters for prepared statement \"\(name)\"", engineCode: "42601")
                }
                try await check(words.arguments, facts.parameterTypes)
                var casts: [String] = []
                for (argument, type) in zip(words.arguments, facts.parameterTypes) {
                    casts.append("(\(argument))::\(try await typeName(type))")
                }
                given =
                    try await evaluate("SELECT " + casts.joined(separator: ", "), values: values, types: []).first ?? []
            }
            return try await run(statement.sql, values: given, schema: schema)
        case "DEALLOCATE":
            guard let name = words.name else { return nil }
            if name == "all" {
                prepared = [:]
            } else if prepared.removeValue(forKey: name) == nil {
                throw Self.unknown(name)
            }
            return Answer()
        default: return nil
        }
    }

    /// An argument becomes its parameter's type as in an assignment, which takes less than a cast does: certain are the same type, the
    /// numbers among themselves, and plain literals.
    private func check(_ arguments: [String], _ types: [UInt32]) async throws {
        let own = try await describe("SELECT " + arguments.joined(separator: ", ")).columns
        let numbers: Set<UInt32> = [20, 21, 23, 700, 701, 1700]
        for (number, type) in types.enumerated() where number < own.count {
            let given = own[number].typeID
            let isLiteral = arguments[number].hasPrefix("'") && arguments[number].hasSuffix("'")
            let isNull = arguments[number].uppercased() == "NULL"
            if given == type || numbers.contains(given) && numbers.contains(type) || isLiteral || isNull { continue }
            throw ShardError(
                .statementNotModelled, "EXECUTE with an argument of another type than its parameter",
                hint: "Cast it to \(try await typeName(type)).")
        }
    }

    private static func unknown(_ name: String) -> ShardError {
        ShardError(.engine, "prepared statement \"\(name)\" does not exist", engineCode: "26000")
    }

    private func types(_ names: [String]) async throws -> [UInt32] {
        guard !names.isEmpty else { return [] }
        let list = names.map { "\(ServerValues.quoted(text: $0))::regtype::oid::int8" }
        let row = try await evaluate("SELECT " + list.joined(separator: ", "), values: [], types: []).first ?? []
        return row.map { if case .integer(let number) = $0 { UInt32(truncatingIfNeeded: number) } else { 0 } }
    }

    private func typeName(_ type: UInt32) async throws -> String {
        try await ServerEngine.withConnection(engine.coordinator) { try await engine.typeName(type, -1, on: $0) }
    }

    // MARK: TRUNCATE of several tables

    /// - Returns: nil: it is of one table, and no more is said.
    func truncate(_ other: OtherStatement, _ schema: LogicalSchema) async throws -> Answer? {
        guard
            let match = other.text.firstMatch(
                of:
                    /(?is)^\s*truncate\s+(?:table\s+)?(.+?)(?:\s+(restart|continue)\s+identity)?(?:\s+(cascade|restrict))?\s*;?\s*$/
            ),
            match.1.contains(",") || match.2 != nil || match.3 != nil, !match.1.contains("\"")
        else { return nil }
        var tables: [LogicalTable] = []
        for part in match.1.split(separator: ",") {
            var words = part.split(whereSeparator: \.isWhitespace)
            if words.first?.lowercased() == "only" { words.removeFirst() }
            if words.last == "*" { words.removeLast() }
            guard words.count == 1 else { return nil }
            let own = words[0].lowercased()
            let name = own.hasPrefix("public.") ? String(own.dropFirst(7)) : own
            guard let table = schema.topology.table(named: name), table.schema.name == name else {
                guard schema.topology.view(named: name) == nil else { return nil }
                throw ShardError(.engine, "relation \"\(name)\" does not exist", engineCode: "42P01")
            }
            tables.append(table)
        }
        var names: [ShardIndex: [String]] = [:]
        for table in tables {
            let own = table.schema.name
            switch table.placement {
            case .broadcast:
                for shard in schema.topology.shards.indices { names[shard, default: []].append(ServerNames.whole(own)) }
            case .single(let shard): names[shard, default: []].append(ServerNames.whole(own))
            case .sharded(let sharding):
                for (partition, name) in zip(sharding.partitions, ServerNames.names(of: own, sharding)) {
                    names[partition.shard, default: []].append(name)
                }
            }
        }
        let tail = match.3.map { " " + $0 } ?? ""
        let restarts = match.2?.lowercased() == "restart"
        let run = { [self] in
            guard let transaction else { throw ShardError(.internalError, "TRUNCATE outside a transaction") }
            try transaction.willWrite(names.keys.sorted())
            for shard in names.keys.sorted() {
                let list = (names[shard] ?? []).joined(separator: ", ")
                try await transaction.connection(for: shard).executeScript("TRUNCATE TABLE \(list)\(tail)")
            }
            if restarts {
                // The coordinator's sequences are those that give numbers.
                let list = tables.map { ServerNames.whole($0.schema.name) }.joined(separator: ", ")
                try await transaction.coordinatorConnection().executeScript(
                    "TRUNCATE TABLE \(list) RESTART IDENTITY\(tail)")
            }
            return Answer(shards: names.keys.sorted().map { schema.topology.shards[$0] })
        }
        return transaction == nil ? try await inOwnTransaction(run) : try await run()
    }

    // MARK: CREATE TABLE … AS

    /// Makes the table with the query's columns, sharded as any other, and fills it.
    func create(
        _ create: CreateTableStatement, as select: SelectStatement, columns names: [Identifier], suffix: String?,
        _ values: [Value], _ schema: LogicalSchema
    ) async throws -> Answer {
        if create.ifNotExists, schema.topology.table(named: create.name.name.text) != nil { return Answer() }
        let query = SQLPrinter.print(select, options: .init(dialect: .postgresql))
        let facts = try await describe(query)
        guard names.count <= facts.columns.count else {
            throw ShardError(.engine, "too many column names were specified", engineCode: "42601")
        }
        var definitions: [String] = []
        for (number, column) in facts.columns.enumerated() {
            let name = number < names.count ? names[number].quoted : ServerNames.quoted(column.name)
            guard let type = column.declaredType, !["record", "unknown", "void"].contains(type) else {
                throw ShardError(
                    .engine, "column \"\(column.name)\" has pseudo-type \(column.declaredType ?? "unknown")",
                    engineCode: "42P16")
            }
            definitions.append("\(name) \(type)")
        }
        let table = create.name.parts.map(\.quoted).joined(separator: ".")
        var text = "CREATE TABLE \(table) (\(definitions.joined(separator: ", ")))"
        if let sharding = create.sharding {
            text += " " + SQLPrinter.print(sharding, options: .init(dialect: .postgresql))
        }
        _ = try await run(text, values: [], schema: schema)
        if suffix?.uppercased().contains("NO DATA") ?? false { return Answer() }
        do {
            let answer = try await run(
                "INSERT INTO \(table) \(query)", values: values, schema: try await database.currentSchema())
            return Answer(changes: answer.changes, rung: answer.rung, shards: answer.shards)
        } catch {
            // One statement: without the rows there is no table either.
            _ = try? await run("DROP TABLE \(table)", values: [], schema: try await database.currentSchema())
            throw error
        }
    }
}

/// The parts of `PREPARE name (types) AS body`, `EXECUTE name (arguments)`, `DEALLOCATE [PREPARE] name`.
struct NamedStatementText {
    var name: String?
    /// What stands between the parentheses, at its commas.
    var arguments: [String] = []
    var body: String?

    init(_ text: String) {
        var rest = Substring(text.trimmingSpaces())
        while rest.last == ";" || rest.last?.isWhitespace ?? false { rest.removeLast() }
        func word() -> Substring {
            rest = rest.drop(while: \.isWhitespace)
            if rest.first == "\"" {
                let end = rest.dropFirst().firstIndex(of: "\"") ?? rest.endIndex
                let own = rest[rest.index(after: rest.startIndex)..<end]
                rest = rest[end...].dropFirst()
                return own
            }
            let own = rest.prefix { !$0.isWhitespace && $0 != "(" }
            rest = rest.dropFirst(own.count)
            return own
        }
        let verb = word().lowercased()
        var first = rest.drop(while: \.isWhitespace).first == "\"" ? String(word()) : word().lowercased()
        if verb == "deallocate", first == "prepare" { first = word().lowercased() }
        if !first.isEmpty { name = first }
        rest = rest.drop(while: \.isWhitespace)
        if rest.first == "(" {
            var depth = 0
            var quote: Character?
            var own = ""
            while let next = rest.first {
                rest.removeFirst()
                if let open = quote {
                    own.append(next)
                    if next == open { quote = nil }
                    continue
                }
                switch next {
                case "'", "\"":
                    quote = next
                    own.append(next)
                case "(", "[":
                    depth += 1
                    if depth > 1 { own.append(next) }
                case ")", "]":
                    depth -= 1
                    if depth > 0 { own.append(next) }
                case "," where depth == 1:
                    arguments.append(own.trimmingSpaces())
                    own = ""
                default: own.append(next)
                }
                if depth == 0 { break }
            }
            if !own.trimmingSpaces().isEmpty { arguments.append(own.trimmingSpaces()) }
        }
        rest = rest.drop(while: \.isWhitespace)
        if verb == "prepare", rest.prefix(2).lowercased() == "as" { body = String(rest.dropFirst(2)).trimmingSpaces() }
    }
}

extension String {
    fileprivate func trimmingSpaces() -> String {
        var text = self[...].drop(while: \.isWhitespace)
        while text.last?.isWhitespace ?? false { text.removeLast() }
        return String(text)
    }
}
