import ShardSQL
import ShardTopology

/// What a session's TEMP objects are, as far as planning needs it: names, and what their texts mention. All names folded.
public struct TemporaryObjects: Sendable {
    /// Tables and views.
    public var tables: Set<String> = []
    /// Indexes and triggers.
    public var attachments: Set<String> = []
    /// Of each view: every name in its text.
    public var viewMentions: [String: Set<String>] = [:]
    /// Of each table or view with triggers: every name in their texts.
    public var triggerMentions: [String: Set<String>] = [:]
    /// Of each table or view with triggers: what these write to.
    public var triggerTargets: [String: Set<String>] = [:]

    public init() {}

    /// Whether a name means a TEMP object: TEMP comes before main.
    func contains(_ name: ObjectName) -> Bool {
        switch name.schema?.folded {
        case nil: tables.contains(name.name.folded) || Self.schemaTables.contains(name.name.folded)
        case "temp"?: true
        case .some: false
        }
    }

    private static let schemaTables: Set<String> = ["sqlite_temp_master", "sqlite_temp_schema"]
}

/// Which tables on shards a statement can read when TEMP objects are among what it names: directly, through logical
/// views, through TEMP views and, where it writes, through TEMP triggers. A superset: what is gathered in vain changes no
/// answer.
struct TemporaryReach {
    /// The statement names TEMP objects.
    private(set) var isTouched = false
    /// Folded names of the logical tables.
    private(set) var tables: Set<String> = []
    /// Those of them that texts of TEMP objects mention: no one knows which of their rows and columns are read.
    private(set) var behind: Set<String> = []
    /// Folded names of the TEMP tables and views.
    private(set) var temporary: Set<String> = []
    /// The schema's own tables are read, or functions that answer from it.
    private(set) var readsSchema = false

    /// - Parameter reads: what the engine itself says is read.
    init(_ statement: Statement, planner: Planner, reads: Set<ColumnRead> = []) {
        var pending: [(name: String, isBehind: Bool)] = []
        let objects = planner.temporary
        func add(_ name: ObjectName) {
            if objects.contains(name) {
                isTouched = true
                pending.append((name.name.folded, false))
            } else {
                pending.append(("main." + name.name.folded, false))
            }
        }
        statement.forEachTable(includingSubqueries: true) { add($0.name) }
        var firesTriggers = true
        switch statement {
        case .insert(let insert): add(insert.table)
        case .update, .delete: break
        case .select, .createTable, .createIndex, .createView, .createTrigger, .createVirtualTable, .alterTable, .drop,
            .transaction, .explain, .pragma, .setting, .showTopology, .other:
            firesTriggers = false
        }
        SyntaxNode.statement(statement).walk { node in
            if case .table(.function(let function)) = node, function.call.foldedName.hasPrefix("pragma_") {
                readsSchema = true
            }
            return .descend
        }
        // A definition reads the schema's own tables by itself.
        for read in reads where !read.table.hasPrefix("sqlite_") { pending.append(("main." + read.table, false)) }
        var known: Set<String> = []
        while let (name, isBehind) = pending.popLast() {
            guard known.insert(isBehind ? "behind " + name : name).inserted else { continue }
            if name.hasPrefix("main.") {
                visitMain(String(name.dropFirst(5)), isBehind, planner, &pending)
                continue
            }
            if objects.tables.contains(name) { temporary.insert(name) }
            var mentions = objects.viewMentions[name] ?? []
            if firesTriggers { mentions.formUnion(objects.triggerMentions[name] ?? []) }
            for mention in mentions {
                if objects.tables.contains(mention) { pending.append((mention, true)) }
                pending.append(("main." + mention, true))
            }
        }
    }

    private mutating func visitMain(
        _ name: String, _ isBehind: Bool, _ planner: Planner, _ pending: inout [(name: String, isBehind: Bool)]
    ) {
        if planner.topology.table(named: name) != nil {
            tables.insert(name)
            if isBehind { behind.insert(name) }
        } else if let view = planner.topology.view(named: name) {
            for mention in view.createSQL.mentionedNames(planner.dialect) {
                pending.append(("main." + mention, isBehind))
            }
        } else if name.hasPrefix("sqlite_") || name.hasPrefix("pragma_") {
            readsSchema = true
        }
    }
}

extension String {
    /// Every name in a text, folded: identifiers in any quotes, and strings, which may stand for names.
    public func mentionedNames(_ dialect: Dialect) -> Set<String> {
        var text = self
        return text.withUTF8 { bytes in
            var tokens: [Token] = []
            guard (try? Lexer.tokenize(bytes, dialect: dialect, into: &tokens)) != nil else { return [] }
            var names: Set<String> = []
            for token in tokens {
                let own = bytes[Int(token.start)..<Int(token.end)]
                switch token.kind {
                case .word: names.insert(String(decoding: own, as: UTF8.self).asciiLowercased())
                case .doubleQuoted, .backtickQuoted, .bracketQuoted, .string:
                    guard own.count >= 2, let quote = own.last else { continue }
                    let inner = String(decoding: own.dropFirst().dropLast(), as: UTF8.self)
                    let mark = String(UnicodeScalar(quote))
                    names.insert(inner.replacing(mark + mark, with: mark).asciiLowercased())
                case .end, .unicodeQuoted, .integer, .real, .escapeString, .dollarString, .unicodeString,
                    .nationalString, .blob, .bits, .parameter, .comma, .dot, .semicolon, .leftParenthesis,
                    .rightParenthesis, .leftBracket, .rightBracket, .colon, .doubleColon, .colonEqual, .equalGreater,
                    .star, .plus, .minus, .slash, .percent, .caret, .equal, .doubleEqual, .notEqual, .bangEqual, .less,
                    .lessOrEqual, .greater, .greaterOrEqual, .concatenate, .bitAnd, .bitOr, .bitNot, .shiftLeft,
                    .shiftRight, .arrow, .doubleArrow, .customOperator:
                    break
                }
            }
            return names
        }
    }
}
