import ShardBackend
import Synchronization
import Tracing

/// The spans of the shards that one statement asks: from asking for a connection to giving it back.
final class ShardSpans: Sendable {
    private let observer: StatementObserver
    private let open = Mutex<[ObjectIdentifier: any Span]>([:])

    /// Nil where nobody wants them.
    init?(_ observer: StatementObserver?) {
        guard let observer, observer.options.traces else { return nil }
        self.observer = observer
    }

    func lend(_ shard: String, _ acquire: () async throws -> any ShardConnection) async throws -> any ShardConnection {
        let span = observer.shardSpan(shard)
        do {
            let connection = try await acquire()
            if let span {
                if let endpoint = (connection as? EndpointConnection)?.endpoint {
                    span.attributes["shardkit.endpoint"] = endpoint
                }
                open.withLock { $0[ObjectIdentifier(connection)] = span }
            }
            return connection
        } catch {
            span?.recordError(error)
            span?.end()
            throw error
        }
    }

    func ended(_ connection: any ShardConnection) {
        open.withLock { $0.removeValue(forKey: ObjectIdentifier(connection)) }?.end()
    }
}
