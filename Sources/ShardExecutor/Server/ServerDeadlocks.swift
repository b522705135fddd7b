import Logging
import ShardBackend
import ShardBase
import ShardTopology
import ShardValues
import Synchronization

/// Ends rings of transactions that wait for one another on several servers, which no server sees by itself.
///
/// Each transaction over several shards bears its name on all its connections (`application_name`). Every half second, while
/// there are any, all shards are asked which name waits for which; where the answers make a ring, the youngest transaction in it
/// is cancelled where it waits. Two looks have to find the same ring: the answers are not of one moment.
final class ServerDeadlocks: Sendable {
    private struct State {
        /// Open transactions on two shards or more.
        var open = 0
        var watcher: Task<Void, Never>?
        /// Names that were cancelled because of a ring.
        var cancelled: Set<String> = []
        var isClosed = false
    }

    private let shards: [any ShardDatabase]
    private let logger: Logger
    private let interval: Duration
    private let state = Mutex(State())
    private static let last = Atomic<UInt64>(0)
    private let prefix: String

    init(shards: [any ShardDatabase], cluster: String, logger: Logger, interval: Duration = .milliseconds(500)) {
        self.shards = shards
        self.logger = logger
        self.interval = interval
        // 63 bytes are kept of a name.
        self.prefix = "sk/\(cluster.prefix(8))/"
    }

    /// A name for a transaction; of two the one begun later is the greater.
    func newName(_ clock: any ShardClock) -> String {
        let number = Self.last.wrappingAdd(1, ordering: .relaxed).newValue
        let time = String(clock.wallMilliseconds, radix: 36)
        return
            "\(prefix)\(String(repeating: "0", count: max(0, 9 - time.count)))\(time)/\(String(UInt32.random(in: 0...UInt32.max), radix: 36))\(number)"
    }

    /// A transaction has come to its second shard; balanced by ``left()``.
    func entered() {
        state.withLock { state in
            state.open += 1
            guard state.watcher == nil, !state.isClosed else { return }
            state.watcher = Task.detached { [weak self] in await self?.watch() }
        }
    }

    func left() { state.withLock { $0.open -= 1 } }

    func close() {
        state.withLock { state in
            state.isClosed = true
            state.watcher?.cancel()
        }
    }

    /// The error of a statement that was cancelled to end a ring; nil for other errors.
    func deadlock(_ error: any Error, of name: String) -> ShardError? {
        guard let error = error as? ShardError, error.engineCode == "57014",
            state.withLock({ $0.cancelled.remove(name) }) != nil
        else { return nil }
        return ShardError(
            .busy, "deadlock detected: transactions on several shards wait for one another",
            hint: "The transaction was rolled back; run it again.", engineCode: "40P01", isRetryable: true)
    }

    private func watch() async {
        var before: Set<String> = []
        while true {
            try? await Task.sleep(for: interval)
            let isOver = state.withLock { state -> Bool in
                guard state.open == 0 || state.isClosed else { return false }
                state.watcher = nil
                return true
            }
            if isOver { return }
            do {
                before = try await look(before)
            } catch {
                logger.warning("deadlocks over several shards could not be looked for: \(error)")
            }
        }
    }

    struct Wait: Hashable {
        var waiting: String
        var blocking: String
        var shard: ShardIndex
        var process: Int64
    }

    /// - Parameter before: the rings of the last look, each by its youngest.
    /// - Returns: the rings of this one that are new.
    private func look(_ before: Set<String>) async throws -> Set<String> {
        var waits: [Wait] = []
        for (index, shard) in shards.enumerated() {
            let connection = try await shard.acquire(.read, settings: .engineDefaults)
            defer { shard.release(connection) }
            let rows = try await connection.allRows(
                ShardStatement(
                    """
                    SELECT a.application_name, b.application_name, a.pid
                    FROM pg_catalog.pg_stat_activity a, unnest(pg_blocking_pids(a.pid)) p
                    JOIN pg_catalog.pg_stat_activity b ON b.pid = p
                    WHERE a.wait_event_type = 'Lock' AND a.datname = current_database()
                      AND starts_with(a.application_name, $1) AND starts_with(b.application_name, $1)
                    """), [.text(prefix)])
            for row in rows {
                guard case .text(let waiting) = row[0], case .text(let blocking) = row[1],
                    case .integer(let pid) = row[2]
                else { continue }
                waits.append(Wait(waiting: waiting, blocking: blocking, shard: index, process: pid))
            }
        }
        var fresh: Set<String> = []
        for ring in Self.rings(waits) {
            guard let youngest = ring.max() else { continue }
            guard before.contains(youngest) else {
                fresh.insert(youngest)
                continue
            }
            // Where it is ours; another process looks after its own.
            for wait in waits where wait.waiting == youngest {
                state.withLock { _ = $0.cancelled.insert(youngest) }
                let shard = shards[wait.shard]
                let connection = try await shard.acquire(.write, settings: .engineDefaults)
                defer { shard.release(connection) }
                _ = try await connection.allRows(
                    ShardStatement("SELECT pg_cancel_backend($1::int)"), [.integer(wait.process)])
                logger.notice("a deadlock over several shards was ended on \(shard.name)")
            }
        }
        return fresh
    }

    /// The transactions that wait for one another in rings: the strongly connected components of two or more (found by reaching
    /// there and back: there are few).
    static func rings(_ waits: [Wait]) -> [Set<String>] {
        var next: [String: Set<String>] = [:]
        for wait in waits where wait.waiting != wait.blocking { next[wait.waiting, default: []].insert(wait.blocking) }
        func reached(_ start: String) -> Set<String> {
            var found: Set<String> = []
            var stack = Array(next[start] ?? [])
            while let name = stack.popLast() {
                if found.insert(name).inserted { stack += next[name] ?? [] }
            }
            return found
        }
        let reach = Dictionary(uniqueKeysWithValues: next.keys.map { ($0, reached($0)) })
        var rings: Set<Set<String>> = []
        for (name, all) in reach where all.contains(name) {
            rings.insert(all.filter { reach[$0]?.contains(name) ?? false })
        }
        return rings.sorted { ($0.min() ?? "") < ($1.min() ?? "") }
    }
}
