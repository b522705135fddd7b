/// What is known of a result's column besides its values.
public struct ResultColumn: Sendable, Hashable {
    /// The column's name as the engine reports it.
    public var name: String
    /// The declared type of the base-table column it comes from (`VARCHAR(40)`), nil for expressions.
    public var declaredType: String?

    public init(name: String, declaredType: String? = nil) {
        self.name = name
        self.declaredType = declaredType
    }
}
