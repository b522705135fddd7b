public import ShardSQL
public import ShardTopology

/// Whether a replica may answer a statement, as far as the statement itself says: from its tree and the volatility of what it calls,
/// never from its first word. What the reader can bear is another matter.
public enum ReadPurpose: Sendable, Hashable {
    /// It only reads, and calls nothing that could have an effect.
    case anywhere
    case primary(Reason)

    public enum Reason: Sendable, Hashable {
        /// It writes, or is no query at all.
        case writes
        /// `FOR UPDATE` and its like.
        case locks
        /// A function that is volatile, or of which nothing is known.
        case callsFunction(String)
        /// It has parts that are not looked into.
        case isUnknown
    }

    /// `O(size)` of the statement and of the views that it reads.
    public init(of parsed: ParsedStatement, topology: Topology, functions: ServerFunctions) {
        guard case .select(let select) = parsed.statement else {
            self = .primary(.writes)
            return
        }
        var search = Search(topology: topology, functions: functions)
        search.look(at: select)
        self = search.reason.map(ReadPurpose.primary) ?? .anywhere
    }

    /// As words: why the primary.
    public var explanation: String? {
        switch self {
        case .anywhere: nil
        case .primary(.writes): "it writes"
        case .primary(.locks): "it locks rows"
        case .primary(.callsFunction(let name)): "\(name)() is volatile or unknown"
        case .primary(.isUnknown): "it has parts that are not modelled"
        }
    }

    private struct Search {
        let topology: Topology
        let functions: ServerFunctions
        var reason: Reason?
        private var views: Set<String> = []

        init(topology: Topology, functions: ServerFunctions) {
            self.topology = topology
            self.functions = functions
        }

        mutating func look(at select: SelectStatement) {
            SyntaxNode.select(select).walk { node in
                if reason != nil { return .skip }
                switch node {
                case .statement(let statement):
                    // Of a common table: one that writes does so wherever it stands.
                    switch statement {
                    case .select: break
                    case .insert, .update, .delete, .createTable, .createIndex, .createView, .createTrigger,
                        .createVirtualTable, .alterTable, .drop, .transaction, .explain, .pragma, .setting,
                        .showTopology, .other:
                        reason = .writes
                    }
                case .select(let select), .subquery(let select):
                    if !select.locking.isEmpty { reason = .locks }
                    look(at: select.body)
                case .commonTable: break
                case .table(let table): look(at: table)
                case .expression(let expression): look(at: expression)
                }
                return reason == nil ? .descend : .skip
            }
        }

        private mutating func look(at body: SelectBody) {
            switch body {
            case .core(let core): if core.into != nil { reason = .writes }
            case .compound(let compound):
                look(at: compound.left)
                look(at: compound.right)
            case .table(let name): look(atTable: name)
            case .values, .nested: break
            }
        }

        private mutating func look(at table: TableExpression) {
            switch table {
            case .table(let reference): look(atTable: reference.name)
            case .function(let table): look(atCall: table.call)
            case .verbatim: reason = .isUnknown
            case .subquery, .join, .parenthesized: break
            }
        }

        /// A view is what its query is. (A common table of a view's name hides it; then this is only too careful.)
        private mutating func look(atTable name: ObjectName) {
            guard case .view(let view) = ServerSurvey.relation(name, in: topology), views.insert(view.name).inserted
            else { return }
            guard let parsed = try? Parser.parse(view.createSQL, dialect: .postgresql),
                case .createView(let create) = parsed.statement
            else {
                reason = .isUnknown
                return
            }
            look(at: create.select)
        }

        private mutating func look(at expression: Expression) {
            switch expression {
            case .function(let call): look(atCall: call)
            case .verbatim: reason = .isUnknown
            case .literal, .parameter, .column, .unary, .binary, .isNull, .between, .inList, .match, .cast, .collate,
                .conditional, .exists, .subquery, .row, .parenthesized, .quantified, .array, .subscripted, .field,
                .atTimeZone, .raise, .wildcard, .defaultValue:
                break
            }
        }

        private mutating func look(atCall call: FunctionCall) {
            let name = ServerSurvey.text(call.name.name)
            if Self.grammar.contains(name) { return }
            guard let volatility = functions.volatility[name], volatility != .volatile else {
                reason = .callsFunction(name)
                return
            }
        }

        /// Words of the grammar that look like calls.
        private static let grammar: Set<String> = [
            "coalesce", "nullif", "greatest", "least", "grouping", "xmlelement", "trim", "treat", "current_user",
            "session_user", "user", "current_role", "current_catalog", "current_schema",
        ]
    }
}
