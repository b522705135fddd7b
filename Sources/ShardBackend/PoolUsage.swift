/// How a pool of connections is doing at one moment.
public struct PoolUsage: Sendable, Hashable {
    /// Which of the shard's pools it is: the endpoint's name; of a file, `readers` or `writer`.
    public var name: String
    /// Open or being made.
    public var connections: Int
    public var connectionLimit: Int
    public var idle: Int
    /// Lent.
    public var leased: Int
    /// Tasks that wait for one.
    public var waiting: Int
    /// Nil: as many as come.
    public var waitingLimit: Int?

    public init(
        name: String, connections: Int, connectionLimit: Int, idle: Int, leased: Int, waiting: Int,
        waitingLimit: Int? = nil
    ) {
        self.name = name
        self.connections = connections
        self.connectionLimit = connectionLimit
        self.idle = idle
        self.leased = leased
        self.waiting = waiting
        self.waitingLimit = waitingLimit
    }
}
