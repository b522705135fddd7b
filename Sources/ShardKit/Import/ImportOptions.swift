/// How tables that are imported are spread.
public struct ImportOptions: Sendable {
    /// Sharding clauses by table name, in any case: `["orders": "HASH (user_id)"]`. Others get the configuration's
    /// default.
    public var declarations: [String: String] = [:]
    /// Rows in one transaction. Default 5,000.
    public var rowsPerTransaction = 5_000
    /// The table that a CSV file goes into. Default: the file's name without its ending.
    public var csvTable: String?

    public init() {}

    func clause(for table: String) -> String? {
        declarations.first { $0.key.lowercased() == table.lowercased() }?.value
    }
}
