import ShardBackend
import ShardBase
import ShardPlanner
import ShardTopology
import ShardValues

/// The running drivers of one scatter. Ending it, or letting go of it, ends them; every connection goes back once.
final class ScatterRun: Sendable {
    let hub: StreamHub
    private let tasks: [Task<Void, Never>]

    init(hub: StreamHub, drivers: [ShardDriver], shards: [any ShardDatabase]) {
        self.hub = hub
        tasks = drivers.map { driver in
            Task(executorPreference: shards[driver.shard].workExecutor) { await driver.run() }
        }
    }

    deinit {
        hub.stop(nil)
        for task in tasks { task.cancel() }
    }

    /// Stops all drivers and waits until each has given its connection back. Idempotent.
    func close() async {
        hub.stop(nil)
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    /// Bytes that a stream may be ahead while those before it are read.
    private static let readAhead = 2 << 20

    /// Starts statements on all their shards: connections are taken in ascending order of shards, then each shard works
    /// on its own.
    ///
    /// - Parameters:
    ///   - fragments: in order of shards.
    ///   - grouping: how the fragments' rows are grouped on the way, nil: they are not.
    ///   - isOrdered: each fragment is a stream of its own; otherwise the fragments of a shard follow one another.
    static func start(
        _ fragments: [Fragment], columnCount: Int, isOrdered: Bool, grouping: HashGrouping? = nil, values: [Value],
        rowLimit: Int,
        provider: any ConnectionProvider, environment: ExecutionEnvironment
    ) async throws -> (run: ScatterRun, channelCount: Int) {
        var groups: [(shard: ShardIndex, fragments: [Fragment])] = []
        for fragment in fragments {
            if let last = groups.indices.last, groups[last].shard == fragment.shard {
                groups[last].fragments.append(fragment)
            } else {
                groups.append((fragment.shard, [fragment]))
            }
        }
        let connections =
            groups.count == 1
            ? [try await provider.connection(for: groups[0].shard)]
            : try await provider.snapshots(of: groups.map(\.shard))
        var channels: [Int] = []
        var lanes: [[ShardDriver.Lane]] = []
        for (driver, group) in groups.enumerated() {
            if isOrdered {
                lanes.append(
                    group.fragments.enumerated().map {
                        .init(channel: channels.count + $0.offset, fragments: [$0.element])
                    })
            } else {
                lanes.append([.init(channel: channels.count, fragments: group.fragments)])
            }
            channels += Array(repeating: driver, count: lanes[driver].count)
        }
        let hub = StreamHub(
            channels: channels, driverCount: groups.count, depth: environment.limits.prefetchedBatches,
            readAhead: isOrdered ? 0 : min(readAhead, environment.limits.maxMemoryBytes / (4 * channels.count)),
            columnCount: columnCount)
        let budget = environment.limits.maxMemoryBytes / max(1, fragments.count)
        let drivers = groups.indices.map { index in
            ShardDriver(
                number: index, shard: groups[index].shard, connection: connections[index], provider: provider,
                hub: hub, lanes: lanes[index], values: values, rowLimit: rowLimit,
                grouping: grouping.map { FragmentGrouping($0, byteLimit: budget) })
        }
        return (ScatterRun(hub: hub, drivers: drivers, shards: environment.shards), channels.count)
    }

    /// Goes on with a cursor that is already open: the rest of an answer of one statement.
    static func adopt(
        _ cursor: any ShardCursor, of connection: any ShardConnection, shard: ShardIndex, columnCount: Int,
        provider: any ConnectionProvider, environment: ExecutionEnvironment
    ) -> ScatterRun {
        let hub = StreamHub(
            channels: [0], driverCount: 1, depth: environment.limits.prefetchedBatches, columnCount: columnCount)
        let driver = ShardDriver(
            number: 0, shard: shard, connection: connection, provider: provider, hub: hub,
            lanes: [.init(channel: 0, fragments: [], cursor: cursor)], values: [],
            rowLimit: environment.limits.batchRows, grouping: nil)
        return ScatterRun(hub: hub, drivers: [driver], shards: environment.shards)
    }
}
