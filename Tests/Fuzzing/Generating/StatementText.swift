import ShardSQL
public import ShardValues

/// A statement with the values of its parameters.
public struct FuzzStatement: Sendable, Hashable {
    public var sql: String
    public var values: [Value]

    public init(_ sql: String, values: [Value] = []) {
        self.sql = sql
        self.values = values
    }
}

extension FuzzStatement {
    /// The statement with the parameters that occur numbered anew, and the values that are used.
    ///
    /// - Parameter drawn: by number from 1 as the text has them; a part that was drawn and left out leaves gaps.
    init(_ text: String, drawn: [Value]) {
        var numbers: [Int: Int] = [:]
        var sql = ""
        var rest = text[...]
        self.init("", values: [])
        while let mark = rest.firstIndex(of: "?") {
            let digits = rest[rest.index(after: mark)...].prefix { $0.isNumber && $0.isASCII }
            sql += rest[...mark]
            rest = rest[digits.endIndex...]
            guard let number = Int(digits), number <= drawn.count else {
                sql += digits
                continue
            }
            if numbers[number] == nil {
                values.append(drawn[number - 1])
                numbers[number] = values.count
            }
            sql += "\(numbers[number] ?? 0)"
        }
        self.sql = sql + rest
    }
}

extension FuzzStatement {
    /// The statement with the sides of every AND and OR changed over: it means the same. Nil: there are none.
    var withConditionsTurned: FuzzStatement? {
        guard let parsed = try? Parser.parse(sql, dialect: .sqlite).statement else { return nil }
        var isTurned = false
        func turn(_ expression: Expression) -> Expression? {
            guard case .binary(var binary) = expression, binary.operator == .and || binary.operator == .or else {
                return nil
            }
            isTurned = true
            (binary.left, binary.right) = (
                binary.right.mapped(includingSubqueries: true, turn),
                binary.left.mapped(includingSubqueries: true, turn)
            )
            return .binary(binary)
        }
        let turned = parsed.mapped(includingSubqueries: true, turn)
        return isTurned ? FuzzStatement(SQLPrinter.print(turned), values: values) : nil
    }
}
