import ShardSQL

/// What the planner must know of SQLite's functions, by folded name.
enum FunctionTraits {
    static let aggregates: Set<String> = [
        "count", "sum", "total", "avg", "group_concat", "string_agg", "json_group_array", "json_group_object",
    ]
    /// Aggregates with one argument, scalar with more.
    static let aggregatesOfOne: Set<String> = ["min", "max"]
    static let windowOnly: Set<String> = [
        "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead", "first_value",
        "last_value", "nth_value",
    ]
    static let sessionState: [String: ExtraValue] = [
        "last_insert_rowid": .lastInsertRowID, "changes": .changes, "total_changes": .totalChanges,
    ]
    static let volatile: Set<String> = ["random", "randomblob"]
    /// Functions of the moment when their time value is `'now'` or left out.
    static let dateTime: Set<String> = ["date", "time", "datetime", "julianday", "strftime", "unixepoch", "timediff"]
    /// Deterministic functions of SQLite 3.40 as packaged; anything else may be an application's own and counts as
    /// volatile.
    static let deterministic: Set<String> = [
        "abs", "char", "coalesce", "format", "glob", "hex", "ifnull", "iif", "instr", "length", "like", "likelihood",
        "likely", "lower", "ltrim", "max", "min", "nullif", "printf", "quote", "replace", "round", "rtrim", "sign",
        "soundex", "sqlite_compileoption_get", "sqlite_compileoption_used", "sqlite_source_id", "sqlite_version",
        "substr", "substring", "trim", "typeof", "unhex", "unicode", "unlikely", "upper", "zeroblob",
        "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "ceiling", "cos", "cosh", "degrees",
        "exp", "floor", "ln", "log", "log10", "log2", "mod", "pi", "pow", "power", "radians", "sin", "sinh", "sqrt",
        "tan", "tanh", "trunc",
        "json", "json_array", "json_array_length", "json_extract", "json_insert", "json_object", "json_patch",
        "json_quote", "json_remove", "json_replace", "json_set", "json_type", "json_valid",
        "subtype",
    ]
    /// Table functions that need nothing but their arguments.
    static let tableFunctions: Set<String> = ["json_each", "json_tree", "generate_series"]
}

extension FunctionCall {
    var foldedName: String { name.name.folded }

    /// Whether this is an aggregate call (not a window one).
    var isAggregate: Bool {
        guard over == nil else { return false }
        let name = foldedName
        if FunctionTraits.aggregates.contains(name) { return true }
        return FunctionTraits.aggregatesOfOne.contains(name) && arguments.count == 1
    }

    var isWindow: Bool { over != nil }
}

/// How an expression behaves when it is computed more than once or in more than one place.
struct Volatility {
    /// random(), or a function that is not known.
    var isVolatile = false
    /// Depends on the statement's moment.
    var usesNow = false
    var usesSessionState = false
    var hasSubquery = false
    var hasColumn = false
    var hasVerbatim = false

    init(of expression: Expression) { visit(expression) }

    init(of expressions: [Expression]) { for expression in expressions { visit(expression) } }

    private mutating func visit(_ expression: Expression) {
        switch expression {
        case .function(let call):
            let name = call.foldedName
            if FunctionTraits.sessionState[name] != nil {
                usesSessionState = true
            } else if FunctionTraits.dateTime.contains(name) {
                usesNow = usesNow || call.dependsOnNow
            } else if FunctionTraits.volatile.contains(name) {
                isVolatile = true
            } else if !FunctionTraits.deterministic.contains(name) && !call.isAggregate && !call.isWindow {
                isVolatile = true
            }
        case .literal(let literal): if literal.kind == .currentTime { usesNow = true }
        case .column: hasColumn = true
        case .exists, .subquery: hasSubquery = true
        case .inList(let inList):
            switch inList.source {
            case .subquery, .table: hasSubquery = true
            case .list: break
            }
        case .quantified(let quantified):
            if case .subquery = quantified.source { hasSubquery = true }
        case .verbatim: hasVerbatim = true
        case .parameter, .unary, .binary, .isNull, .between, .match, .cast, .collate, .conditional, .row,
            .parenthesized, .array, .subscripted, .field, .atTimeZone, .raise, .wildcard, .defaultValue:
            break
        }
        expression.forEachChild { visit($0) }
    }

    /// Computable before anything is sent, from literals and parameters alone.
    var isConstant: Bool { !isVolatile && !usesSessionState && !hasSubquery && !hasColumn && !hasVerbatim }
}

extension FunctionCall {
    /// Whether a date or time function reads the clock: no time value, or one that says now or is not a constant.
    var dependsOnNow: Bool {
        let position = foldedName == "strftime" ? 1 : 0
        guard arguments.count > position else { return true }
        guard case .literal(let literal) = arguments[position].value.unparenthesized else { return false }
        return literal.kind == .string && literal.text.lowercased() == "'now'"
    }
}

extension FunctionTraits {
    /// The visible columns of table functions, for `*`.
    static let tableFunctionColumns: [String: [String]] = [
        "json_each": ["key", "value", "type", "atom", "id", "parent", "fullkey", "path"],
        "json_tree": ["key", "value", "type", "atom", "id", "parent", "fullkey", "path"],
        "generate_series": ["value"],
    ]
}
