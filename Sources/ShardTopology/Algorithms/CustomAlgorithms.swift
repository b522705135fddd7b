import Synchronization

/// An application's own algorithms by name. Register them before a database is opened that uses them.
public final class CustomAlgorithms: Sendable {
    /// The process's registry.
    public static let shared = CustomAlgorithms()

    private let makers = Mutex<[String: @Sendable (Int) -> any ShardingAlgorithm]>([:])

    private init() {}

    /// `make` gets the number of partitions; the algorithm it makes answers to `name`. Built-in names are not looked up here.
    public func register(_ name: String, _ make: @escaping @Sendable (Int) -> any ShardingAlgorithm) {
        makers.withLock { $0[name] = make }
    }

    public func algorithm(named name: String, partitionCount: Int) -> (any ShardingAlgorithm)? {
        let make = makers.withLock { $0[name] }
        return make?(partitionCount)
    }
}
