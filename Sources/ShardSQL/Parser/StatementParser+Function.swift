/// Calls, windows, and the functions with a syntax of their own between the parentheses.
extension StatementParser {
    /// A call whose name was taken; the parser stands at the parenthesis.
    mutating func functionCall(_ name: ObjectName) throws(SQLSyntaxError) -> Expression {
        let start = name.range.start
        let call = try call(name)
        if has(.typedExpressions), token.kind.isString, call.over == nil, call.filter == nil {
            return typedLiteral(from: start)
        }
        return .function(call)
    }

    mutating func call(_ name: ObjectName) throws(SQLSyntaxError) -> FunctionCall {
        let start = name.range.start
        var call = FunctionCall(name, arguments: [])
        advance()
        let saved = stopsAtCollate
        stopsAtCollate = false
        defer { stopsAtCollate = saved }
        if at(.star), peek().kind == .rightParenthesis {
            call.arguments = [FunctionArgument(.wildcard(Wildcard(range: token.range)))]
            advance()
        } else if !at(.rightParenthesis) {
            if take(.distinct) { call.distinctness = .distinct } else if take(.all) { call.distinctness = .all }
            if has(.typedExpressions) || !at(.rightParenthesis) {
                repeat { call.arguments.append(try functionArgument()) } while take(.comma)
            }
            if take(.order) {
                try expect(.by)
                call.orderBy = try orderingTerms()
            }
        }
        try expect(.rightParenthesis, "\",\" or \")\"")
        try grow()
        if at(.word) { try callSuffix(&call) }
        call.range = range(from: start)
        return call
    }

    private mutating func functionArgument() throws(SQLSyntaxError) -> FunctionArgument {
        guard has(.namedArguments) else { return FunctionArgument(try expression()) }
        let isVariadic = take(.variadic)
        let next = peek().kind
        if next == .equalGreater || next == .colonEqual {
            let label = try label("an argument's name")
            advance()
            return FunctionArgument(try expression(), label: label, isVariadic: isVariadic)
        }
        return FunctionArgument(try expression(), isVariadic: isVariadic)
    }

    /// WITHIN GROUP, FILTER, IGNORE NULLS and OVER behind a call's parenthesis.
    private mutating func callSuffix(_ call: inout FunctionCall) throws(SQLSyntaxError) {
        if take(.within, .group) {
            if !call.orderBy.isEmpty { throw unexpected("one ORDER BY of an aggregate") }
            try expect(.leftParenthesis, "\"(\"")
            try expect(.order)
            try expect(.by)
            call.withinGroup = try orderingTerms()
            try expect(.rightParenthesis, "\")\"")
        }
        if at(.filter), peek().kind == .leftParenthesis {
            advance()
            advance()
            try expect(.where)
            call.filter = try expression()
            try expect(.rightParenthesis, "\")\"")
        }
        if peek().keyword == .nulls, at(word: "ignore") || at(word: "respect") {
            call.nullTreatment = at(word: "ignore") ? .ignore : .respect
            advance()
            advance()
        }
        guard at(.over) else { return }
        if peek().kind == .leftParenthesis {
            advance()
            call.over = .inline(try windowSpecification())
        } else if atName(1), peek().kind != .string {
            advance()
            call.over = .named(try name("a window's name"))
        }
    }

    /// `(base PARTITION BY … ORDER BY … frame)`
    mutating func windowSpecification() throws(SQLSyntaxError) -> WindowSpecification {
        let start = token.start
        try expect(.leftParenthesis, "\"(\"")
        var window = WindowSpecification()
        if atName(), !at(.partition, .by), !atFrame() { window.base = try name("a window's name") }
        if take(.partition) {
            try expect(.by)
            window.partitionBy = try expressionList()
        }
        if take(.order) {
            try expect(.by)
            window.orderBy = try orderingTerms()
        }
        if atFrame() { window.frame = try windowFrame() }
        try expect(.rightParenthesis, "\")\"")
        window.range = range(from: start)
        return window
    }

    private func atFrame() -> Bool {
        (at(.rows) || at(.range) || at(.groups)) && peek().kind != .rightParenthesis && peek().kind != .comma
    }

    private mutating func windowFrame() throws(SQLSyntaxError) -> WindowFrame {
        let unit: WindowFrame.Unit = at(.rows) ? .rows : at(.range) ? .range : .groups
        advance()
        var frame: WindowFrame
        if take(.between) {
            let start = try frameBound(isEnd: false)
            try expect(.and)
            frame = WindowFrame(unit: unit, start: start, end: try frameBound(isEnd: true))
        } else {
            frame = WindowFrame(unit: unit, start: try frameBound(isEnd: nil))
        }
        guard take(.exclude) else { return frame }
        if take(.no) {
            try expect(.others)
            frame.exclusion = .noOthers
        } else if take(.current) {
            try expect(.row)
            frame.exclusion = .currentRow
        } else if take(.group) {
            frame.exclusion = .group
        } else {
            try expect(.ties)
            frame.exclusion = .ties
        }
        return frame
    }

    /// - Parameter isEnd: Nil for the one bound of a frame without BETWEEN.
    private mutating func frameBound(isEnd: Bool?) throws(SQLSyntaxError) -> WindowFrame.Bound {
        if at(.unbounded), peek().keyword == .preceding || peek().keyword == .following {
            advance()
            if isEnd != true, take(.preceding) { return .unboundedPreceding }
            if isEnd == true, take(.following) { return .unboundedFollowing }
            throw unexpected(isEnd == true ? .following : .preceding)
        }
        if at(.current, .row) {
            advance()
            advance()
            return .currentRow
        }
        let distance = try expression()
        if take(.preceding) { return .preceding(distance) }
        if isEnd != nil, take(.following) { return .following(distance) }
        throw unexpected(.preceding)
    }

    /// EXTRACT, OVERLAY, POSITION, SUBSTRING, TRIM, TREAT, NORMALIZE: words stand between the arguments.
    mutating func specialFunction() throws(SQLSyntaxError) -> Expression {
        let keyword = token.keyword
        var call = FunctionCall(ObjectName([takeIdentifier()], range: token.range), arguments: [])
        let start = tokens[position - 1].start
        call.name.range = SourceRange(start, tokens[position - 1].end)
        advance()
        let first = position
        var isSpecial = false
        if keyword == .extract {
            guard at(.word) || at(.string) || atName() else { throw unexpected("a field") }
            advance()
            try expect(.from)
            isSpecial = true
        }
        if keyword == .trim, at(.both) || at(.leading) || at(.trailing) {
            advance()
            isSpecial = true
            _ = take(.from)
        }
        var wantsArgument = !at(.rightParenthesis)
        while wantsArgument {
            if keyword == .position || keyword == .substring {
                call.arguments.append(FunctionArgument(try expression(above: precedence.match + 1)))
            } else {
                call.arguments.append(try functionArgument())
            }
            switch token.keyword {
            case .from, .for, .placing, .in, .escape:
                advance()
                isSpecial = true
            case .similar:
                advance()
                isSpecial = true
            case .as where keyword == .treat:
                advance()
                isSpecial = true
                _ = try typeName()
                wantsArgument = false
            default: wantsArgument = take(.comma)
            }
            if keyword == .normalize, at(.word), peek().kind == .rightParenthesis {
                advance()
                isSpecial = true
                wantsArgument = false
            }
        }
        if isSpecial { call.specialSyntax = written(from: first) }
        try expect(.rightParenthesis, "\")\"")
        try grow()
        call.range = range(from: start)
        return .function(call)
    }
}
