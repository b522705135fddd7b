/// Numbers a statement's parameters as the engines do.
///
/// `?` takes the number after the largest so far; `?N` and `$N` take N; a named parameter takes, where it stands first,
/// the number after the largest so far, and keeps it. (SQLite: `sqlite3ExprAssignVarNumber`.)
struct ParameterNumbering {
    /// By index; nil for parameters without a name. Its count is the largest number.
    private(set) var names: [String?] = []
    private var indices: [String: Int] = [:]

    /// The index from 0 of `?`.
    mutating func next() -> Int {
        names.append(nil)
        return names.count - 1
    }

    /// The index from 0 of `?N` or `$N`, whose number is at least 1.
    mutating func numbered(_ number: Int) -> Int {
        while names.count < number { names.append(nil) }
        return number - 1
    }

    /// The index from 0 of a name with its prefix character.
    mutating func named(_ name: String) -> Int {
        if let index = indices[name] { return index }
        names.append(name)
        indices[name] = names.count - 1
        return names.count - 1
    }
}

extension StatementParser {
    /// The index from 0 of a parameter token.
    mutating func parameterIndex(_ token: Token) throws(SQLSyntaxError) -> Int {
        let start = Int(token.start)
        let length = Int(token.end) - start
        if length == 1 {
            guard parameters.names.count < maximumParameter else { throw tooManyParameters(token) }
            return parameters.next()
        }
        let second = bytes[start + 1]
        if bytes[start] == UInt8(ascii: "?") || Lexer.isDigit(second) && !has(.namedParameters) {
            var number = 0
            for index in 1..<length {
                number = number &* 10 &+ Int(bytes[start + index] &- 48)
                if number > maximumParameter { throw tooManyParameters(token) }
            }
            guard number > 0 else { throw tooManyParameters(token) }
            return parameters.numbered(number)
        }
        guard parameters.names.count < maximumParameter else { throw tooManyParameters(token) }
        return parameters.named(text(of: token))
    }

    private func tooManyParameters(_ token: Token) -> SQLSyntaxError {
        SQLSyntaxError("a parameter's number is between 1 and \(maximumParameter)", offset: Int(token.start))
    }
}
