extension Expression {
    /// Whether two expressions are the same but for ranges, the case and quoting of names, redundant parentheses and
    /// the spelling of operators: a GROUP BY term against a select item. Literals compare as written (`1` is not
    /// `1.0`), parameters by index. O(size).
    public func isEquivalent(to other: Expression, dialect: Dialect = .sqlite) -> Bool {
        equivalenceKey(dialect: dialect) == other.equivalenceKey(dialect: dialect)
    }

    /// A text that two expressions share exactly when ``isEquivalent(to:dialect:)``; for dictionaries.
    public func equivalenceKey(dialect: Dialect = .sqlite) -> String {
        SQLPrinter.canonicalText(withoutParentheses, dialect: dialect)
    }

    /// Without the parentheses that were written, at any depth: the printer puts back those that are needed.
    private var withoutParentheses: Expression {
        mapped(includingSubqueries: true) { expression in
            guard case .parenthesized(let node) = expression else { return nil }
            return node.inner.withoutParentheses
        }
    }
}
