import CSQLite
public import ShardBackend
import ShardBase
public import ShardValues
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// `close` of the system, which a shard's own method hides.
private func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }

/// One SQLite file: a pool of readers and one writer.
public final class SQLiteShard: CommitParticipant, Sendable {
    public let name: String
    let path: String
    let configuration: SQLiteConfiguration
    private let state = Mutex(State())
    /// Neither free nor leased as the state counts.
    private let slot = ReaderSlot()

    struct State {
        var readers = Side()
        var writers = Side()
        var isClosed = false
        /// Waits for the last lease to come back.
        var closing: [CheckedContinuation<Void, Never>] = []
        var leased = 0
        var commitGuard: (@Sendable () -> Bool)?
    }

    /// The free connections of one purpose, and who waits for one.
    struct Side {
        var free: [SQLiteConnection] = []
        var count = 0
        var waiters: [(id: UInt64, continuation: CheckedContinuation<SQLiteConnection?, Never>)] = []
    }

    private let nextWaiter = Atomic<UInt64>(0)

    /// Opens the file, in WAL mode.
    /// - Throws: `.inputOutput` for a missing file unless `creating`, `.corrupt` for what is no SQLite database.
    init(name: String, path: String, configuration: SQLiteConfiguration, creating: Bool) throws {
        self.name = name
        self.path = path
        self.configuration = configuration
        let writer = try Self.connect(path, configuration, .writing, creating: creating)
        state.withLock { state in
            state.writers.free.append(writer)
            state.writers.count = 1
        }
    }

    /// A reader that is kept ready for the next short read counts as lent.
    public var pools: [PoolUsage] {
        state.withLock { state in
            [("readers", state.readers, configuration.readers), ("writer", state.writers, 1)].map { name, side, limit in
                PoolUsage(
                    name: name, connections: side.count, connectionLimit: limit, idle: side.free.count,
                    leased: side.count - side.free.count, waiting: side.waiters.count)
            }
        }
    }

    private enum Use { case reading, writing, mending }

    private static func connect(
        _ path: String, _ configuration: SQLiteConfiguration, _ use: Use, creating: Bool
    ) throws -> SQLiteConnection {
        let flags = SQLITE_OPEN_READWRITE | (creating ? SQLITE_OPEN_CREATE : 0)
        let connection: SQLiteConnection
        do {
            connection =
                switch use {
                case .reading: try SQLiteConnection(path: path, flags: flags, configuration: configuration)
                case .writing: try SQLiteWriter(path: path, flags: flags, configuration: configuration)
                case .mending: try SQLiteRepair(path: path, flags: flags, configuration: configuration)
                }
        } catch {
            guard error.engineCode.flatMap({ Int32($0) }).map({ $0 & 0xFF }) == SQLITE_CANTOPEN else { throw error }
            throw ShardError(
                .inputOutput, "the file \(path) cannot be opened: \(error.message)",
                hint: "Check the path in the configuration, and that the folder can be written.")
        }
        // The first statements meet the file itself; a short wait covers another process that is just making it WAL.
        sqlite3_busy_timeout(connection.handle, 2000)
        for pragma in [
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = \(use == .mending ? "FULL" : configuration.synchronous.rawValue)",
            "PRAGMA cache_size = -\(configuration.cacheKiB)", "PRAGMA mmap_size = \(configuration.mmapBytes)",
        ] {
            let code = sqlite3_exec(connection.handle, pragma, nil, nil, nil)
            guard code == SQLITE_OK else { throw SQLiteFailure.error(code, connection.handle) }
        }
        sqlite3_busy_timeout(connection.handle, 0)
        return connection
    }

    public var workExecutor: (any TaskExecutor)? { WorkExecutor.shared }

    // MARK: Leases

    public func acquire(
        _ purpose: ConnectionPurpose, settings: SessionSettings
    ) async throws -> any ShardConnection {
        let connection = try await lease(purpose)
        do {
            try connection.carry(settings)
        } catch {
            release(connection)
            throw error
        }
        return connection
    }

    public func readNow(
        _ id: UInt64, values: [Value], rowLimit: Int, isSingleRow: Bool, into batch: inout RowBatch
    ) -> ImmediateRead {
        guard let reader = slot.take() else {
            return readFromPool(id, values, rowLimit: rowLimit, isSingleRow: isSingleRow, into: &batch)
        }
        let read = reader._withUnsafeGuaranteedRef {
            $0.readNow(id, values, rowLimit: rowLimit, isSingleRow: isSingleRow, into: &batch)
        }
        switch read {
        case .whole:
            if !slot.putBack(reader) { giveBack(reader.takeRetainedValue()) }
            return .whole
        case .begun(let cursor):
            if slot.leave() { state.withLock { $0.leased += 1 } }
            return .begun(reader.takeRetainedValue(), cursor)
        case .unavailable:
            if !slot.putBack(reader) { giveBack(reader.takeRetainedValue()) }
            return .unavailable
        }
    }

    private func readFromPool(
        _ id: UInt64, _ values: [Value], rowLimit: Int, isSingleRow: Bool, into batch: inout RowBatch
    ) -> ImmediateRead {
        guard let connection = freeReader() else { return .unavailable }
        guard connection.carriesDefaults else {
            giveBack(connection)
            return .unavailable
        }
        switch connection.readNow(id, values, rowLimit: rowLimit, isSingleRow: isSingleRow, into: &batch) {
        case .whole:
            giveBack(connection)
            return .whole
        case .begun(let cursor): return .begun(connection, cursor)
        case .unavailable:
            giveBack(connection)
            return .unavailable
        }
    }

    private func freeReader() -> SQLiteConnection? {
        state.withLock { state in
            guard !state.isClosed, let connection = state.readers.free.popLast() else { return nil }
            state.leased += 1
            return connection
        }
    }

    private enum Found { case connection(SQLiteConnection), open, wait, closed }

    private func lease(_ purpose: ConnectionPurpose) async throws -> SQLiteConnection {
        let limit = purpose == .read ? configuration.readers : 1
        let found = state.withLock { state -> Found in
            if state.isClosed { return .closed }
            // The slot's first: what a session prepares on it, short reads find.
            if purpose == .read, let reader = slot.remove() {
                state.leased += 1
                return .connection(reader)
            }
            let found = state.withSide(purpose) { side -> Found in
                if let connection = side.free.popLast() { return .connection(connection) }
                if side.count < limit {
                    side.count += 1
                    return .open
                }
                return .wait
            }
            switch found {
            case .connection, .open: state.leased += 1
            case .wait, .closed: break
            }
            return found
        }
        switch found {
        case .connection(let connection): return connection
        case .closed: throw ShardError(.closed, "shard \(name) is closed")
        case .open:
            do {
                let connection = try Self.connect(
                    path, configuration, purpose == .read ? .reading : .writing, creating: false)
                connection.isReader = purpose == .read
                (connection as? SQLiteWriter)?.commitGuard = state.withLock { $0.commitGuard }
                if purpose == .read { sqlite3_exec(connection.handle, "PRAGMA query_only = ON", nil, nil, nil) }
                return connection
            } catch {
                state.withLock { state in
                    state.withSide(purpose) { $0.count -= 1 }
                    state.leased -= 1
                }
                throw error
            }
        case .wait: return try await wait(purpose)
        }
    }

    private func wait(_ purpose: ConnectionPurpose) async throws -> SQLiteConnection {
        let id = nextWaiter.wrappingAdd(1, ordering: .relaxed).oldValue
        let connection = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> SQLiteConnection?? in
                    if state.isClosed || Task.isCancelled { return .some(nil) }
                    if let free = free(purpose, &state) {
                        state.leased += 1
                        return .some(free)
                    }
                    state.withSide(purpose) { $0.waiters.append((id, continuation)) }
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.withSide(purpose) { side -> CheckedContinuation<SQLiteConnection?, Never>? in
                    guard let index = side.waiters.firstIndex(where: { $0.id == id }) else { return nil }
                    return side.waiters.remove(at: index).continuation
                }
            }
            waiter?.resume(returning: nil)
        }
        guard let connection else {
            if Task.isCancelled { throw ShardError.interrupted }
            throw ShardError(.closed, "shard \(name) is closed")
        }
        return connection
    }

    /// A free connection, the slot's included. A reader that is out of the slot comes to whoever waits.
    private func free(_ purpose: ConnectionPurpose, _ state: inout State) -> SQLiteConnection? {
        if let free = state.withSide(purpose, { $0.free.popLast() }) { return free }
        guard purpose == .read else { return nil }
        switch slot.vacate() {
        case .nothing: return nil
        case .free(let reader): return reader
        case .out:
            state.leased += 1
            return nil
        }
    }

    public func release(_ connection: any ShardConnection) {
        // What a pool gives out is a SQLiteConnection; a checked cast would cost more than the rest of the release.
        let connection = unsafeDowncast(connection, to: SQLiteConnection.self)
        connection.finishLease()
        giveBack(connection)
    }

    /// Makes a connection without open cursors and transactions free again.
    private func giveBack(_ connection: SQLiteConnection) {
        let isReader = connection.isReader
        let isFree = state.withLock { state in
            if state.isClosed || !(isReader ? state.readers.waiters : state.writers.waiters).isEmpty { return false }
            state.leased -= 1
            if !isReader {
                state.writers.free.append(connection)
            } else if !connection.carriesDefaults || !slot.fill(connection) {
                state.readers.free.append(connection)
            }
            return true
        }
        if !isFree { handOver(connection) }
    }

    /// Somebody waits, for a connection or for the end.
    private func handOver(_ connection: SQLiteConnection) {
        let (waiter, closers) = state.withLock {
            state -> (CheckedContinuation<SQLiteConnection?, Never>?, [CheckedContinuation<Void, Never>]) in
            let waiter = state.withSide(connection.isReader ? .read : .write) {
                side -> CheckedContinuation<SQLiteConnection?, Never>? in
                if !side.waiters.isEmpty { return side.waiters.removeFirst().continuation }
                side.free.append(connection)
                return nil
            }
            if waiter != nil { return (waiter, []) }
            state.leased -= 1
            guard state.isClosed && state.leased == 0 else { return (nil, []) }
            defer { state.closing = [] }
            return (nil, state.closing)
        }
        waiter?.resume(returning: connection)
        for closer in closers { closer.resume() }
    }

    // MARK: Commits over several shards

    public func setCommitGuard(_ mayCommit: @escaping @Sendable () -> Bool) {
        state.withLock { state in
            state.commitGuard = mayCommit
            for case let writer as SQLiteWriter in state.writers.free { writer.commitGuard = mayCommit }
        }
    }

    public var commitsAreDurable: Bool { configuration.synchronous == .full || configuration.synchronous == .extra }

    public func syncCommits() async throws {
        // The log has none of SQLite's locks, which closing a descriptor of the database's own file would give up. What is not in
        // the log any more was synced before it was taken from there.
        if configuration.synchronous == .off { return }
        let descriptor = open(path + "-wal", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { _ = systemClose(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw ShardError(
                .inputOutput, "the log of shard \(name) could not be synced: \(String(cString: strerror(errno)))")
        }
    }

    public func openRepair() async throws -> any RepairConnection {
        let connection = try Self.connect(path, configuration, .mending, creating: false)
        guard let repair = connection as? SQLiteRepair else {
            throw ShardError(.internalError, "a connection for mending is another one")
        }
        return repair
    }

    public func close() async {
        let waiters = state.withLock { state -> [CheckedContinuation<SQLiteConnection?, Never>] in
            state.isClosed = true
            switch slot.vacate() {
            case .nothing: break
            case .free(let reader): state.readers.free.append(reader)
            case .out: state.leased += 1
            }
            let all = state.readers.waiters + state.writers.waiters
            state.readers.waiters = []
            state.writers.waiters = []
            return all.map(\.continuation)
        }
        for waiter in waiters { waiter.resume(returning: nil) }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isIdle = state.withLock { state -> Bool in
                if state.leased == 0 { return true }
                state.closing.append(continuation)
                return false
            }
            if isIdle { continuation.resume() }
        }
        let connections = state.withLock { state in
            defer {
                state.readers.free = []
                state.writers.free = []
            }
            return state.readers.free + state.writers.free
        }
        // Closed outside the lock: the last connection of a file checkpoints it.
        _ = consume connections
    }
}

extension SQLiteShard.State {
    mutating func withSide<Result>(
        _ purpose: ConnectionPurpose, _ body: (inout SQLiteShard.Side) -> Result
    ) -> Result {
        switch purpose {
        case .read: body(&readers)
        case .write: body(&writers)
        }
    }
}
