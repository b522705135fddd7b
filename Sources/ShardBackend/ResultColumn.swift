/// What is known of a result's column besides its values.
public struct ResultColumn: Sendable, Hashable {
    /// The column's name as the engine reports it.
    public var name: String
    /// The declared type of the base-table column it comes from (`VARCHAR(40)`), nil for expressions.
    public var declaredType: String?
    /// How a server sent the column; nil from engines whose values carry their types themselves.
    public var wire: WireColumn?

    public init(name: String, declaredType: String? = nil, wire: WireColumn? = nil) {
        self.name = name
        self.declaredType = declaredType
        self.wire = wire
    }
}

/// The header of a column whose values stay in a server's wire form: what is needed to decode and to compare them.
public struct WireColumn: Sendable, Hashable {
    /// The type's number in the server's catalog (`pg_type.oid`).
    public var typeID: UInt32
    /// The type's modifier (`atttypmod`), -1 for none.
    public var typeModifier: Int32
    /// Whether the bytes are the type's binary form; else its text.
    public var isBinary: Bool
    /// The table (`pg_class.oid`) and the column's number in it, both 0 for expressions.
    public var tableID: UInt32
    public var tableColumn: Int32

    public init(typeID: UInt32, typeModifier: Int32 = -1, isBinary: Bool, tableID: UInt32 = 0, tableColumn: Int32 = 0) {
        self.typeID = typeID
        self.typeModifier = typeModifier
        self.isBinary = isBinary
        self.tableID = tableID
        self.tableColumn = tableColumn
    }
}
