/// One term of an order over the columns of a batch.
public struct SortKey: Sendable, Hashable {
    /// The column's position in the batch.
    public var column: Int
    public var descending: Bool
    /// NULLS FIRST or LAST as written; nil is SQLite's default: NULL is the smallest value.
    public var nullsFirst: Bool?
    public var collation: Collation
    /// Texts are decimal numbers (`-12.50`, `NaN`, `Infinity`), compared as PostgreSQL does: NaN is the greatest and equals
    /// itself, and so it does among reals. Default false: by their characters.
    public var isDecimal = false

    public init(column: Int, descending: Bool = false, nullsFirst: Bool? = nil, collation: Collation = .binary) {
        self.column = column
        self.descending = descending
        self.nullsFirst = nullsFirst
        self.collation = collation
    }
}
