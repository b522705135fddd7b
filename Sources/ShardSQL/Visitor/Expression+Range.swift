extension Expression {
    /// Where the expression stands in the text, its parentheses included; ``SourceRange/none`` for one that a rewriting
    /// made.
    public var range: SourceRange {
        switch self {
        case .literal(let node): node.range
        case .parameter(let node): node.range
        case .column(let node): node.range
        case .unary(let node): node.range
        case .binary(let node): node.range
        case .isNull(let node): node.range
        case .between(let node): node.range
        case .inList(let node): node.range
        case .match(let node): node.range
        case .function(let node): node.range
        case .cast(let node): node.range
        case .collate(let node): node.range
        case .conditional(let node): node.range
        case .exists(let node): node.range
        case .subquery(let node): node.range
        case .row(let node): node.range
        case .parenthesized(let node): node.range
        case .quantified(let node): node.range
        case .array(let node): node.range
        case .subscripted(let node): node.range
        case .field(let node): node.range
        case .atTimeZone(let node): node.range
        case .raise(let node): node.range
        case .wildcard(let node): node.range
        case .defaultValue(let range): range
        case .verbatim(let node): node.range
        }
    }

    /// The expression without the parentheses around it.
    public var unparenthesized: Expression {
        var current = self
        while case .parenthesized(let node) = current { current = node.inner }
        return current
    }
}
