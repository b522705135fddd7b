/// How the tables of a run are sharded. Where a constraint forbids it, a table is hashed by the constraints' common
/// columns, or stands on one shard where they have none in common; both count as substitutions.
public enum Declaration: String, Sendable, CaseIterable, Codable {
    /// By hash of the primary key; of the first column where there is none.
    case primaryKey = "primary-key"
    /// By hash of another column, the last that will do.
    case otherColumn = "other-column"
    /// As `primaryKey`, every second table broadcast.
    case halfBroadcast = "half-broadcast"
    /// As `primaryKey`, in eight partitions, so that a shard holds several.
    case partitions

    public var title: String {
        switch self {
        case .primaryKey: "hash of the primary key"
        case .otherColumn: "hash of another column"
        case .halfBroadcast: "every second table broadcast"
        case .partitions: "8 partitions a table"
        }
    }
}
