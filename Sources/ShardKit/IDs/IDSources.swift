#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import Logging
import ShardBase
import ShardExecutor
import ShardIDs
import ShardValues
import Synchronization

/// What makes a database's identifiers. Each generator is made when the first of its identifiers is wanted: a process that only
/// reads leases no worker.
final class IDSources: KeyGenerators {
    private struct State {
        var store: Task<SQLIDStore, any Error>?
        var stores: Task<[SQLIDStore], any Error>?
        var snowflake: Task<Snowflake, any Error>?
        var segments: [String: SegmentGenerator] = [:]
        var isClosed = false
    }

    let settings: Configuration.IDs
    private let openStore: @Sendable () async throws -> SQLIDStore
    private let directory: String
    private let uuids = UUIDv7Generator()
    private let state = Mutex(State())
    private let logger = Logger(label: "shardkit.ids")

    init(_ configuration: Configuration, openStore: @escaping @Sendable () async throws -> SQLIDStore) {
        settings = configuration.ids
        directory = configuration.directory
        self.openStore = openStore
        warnOfEnd()
    }

    /// At start-up, whether or not anybody will want an identifier.
    private func warnOfEnd() {
        guard let snowflake = settings.snowflake else { return }
        let left = Duration.milliseconds(snowflake.layout.endUnixMilliseconds - SystemClock().wallMilliseconds)
        guard left < snowflake.warnBefore else { return }
        let day = snowflake.layout.limits().first { $0.field == .timestamp }?.runsOut ?? "?"
        logger.warning(
            "the timestamp bits of snowflakes run out on \(day); none are made from \(snowflake.refuseBefore) before that on"
        )
    }

    // MARK: Keys

    func keys(of generator: String, count: Int) async throws -> [Value] {
        let name = generator.lowercased()
        if name == "uuidv7" {
            return try (0..<count).map { _ in .text(try Self.explained("uuidv7") { try uuids.next().description }) }
        }
        if name.hasPrefix("segment:") {
            // Tags are told apart letter by letter.
            let tag = String(generator.dropFirst("segment:".count))
            return try await segmentIDs(tag, count: count, isDeclared: true).map { .integer($0) }
        }
        return try await snowflakes(count).map { .integer($0) }
    }

    func identifiers(tag: String?, count: Int) async throws -> [Int64] {
        guard count > 0 else { return [] }
        guard let tag else { return try await snowflakes(count) }
        return try await segmentIDs(tag, count: count, isDeclared: false)
    }

    // MARK: Snowflakes

    func snowflakes(_ count: Int) async throws -> [Int64] {
        while true {
            let generator = try await snowflake()
            do {
                return try await generator.next(count: count)
            } catch let error as IDError where error.code == .workerLost && settings.snowflake?.worker == .leased {
                // Another process has it now; there are others.
                state.withLock { $0.snowflake = nil }
                await generator.close()
            } catch let error as IDError {
                throw Self.shardError("snowflake", error)
            }
        }
    }

    /// The generator, made at the first call; of several first calls at once one makes it.
    func snowflake() async throws -> Snowflake {
        let task = try state.withLock { state throws(ShardError) in
            guard !state.isClosed else { throw ShardError(.closed, "the database is closed") }
            if let known = state.snowflake { return known }
            let task = Task { try await makeSnowflake() }
            state.snowflake = task
            return task
        }
        do {
            return try await task.value
        } catch {
            state.withLock { if $0.snowflake == task { $0.snowflake = nil } }
            throw error
        }
    }

    private func makeSnowflake() async throws -> Snowflake {
        guard let settings = settings.snowflake else {
            throw ShardError(
                .configuration, "snowflakes have no worker, and there is no default",
                hint: "Add to the configuration: ids: {snowflake: {worker: leased}}")
        }
        var options = SnowflakeOptions()
        options.layout = settings.layout
        options.pace = settings.pace
        options.maximumWait = settings.maximumWait
        options.leaseTime = settings.leaseTime
        options.warnBefore = settings.warnBefore
        options.refuseBefore = settings.refuseBefore
        options.notify = { [logger] in logger.notice("\($0)") }
        let label = "\(ProcessInfo.processInfo.hostName):\(ProcessInfo.processInfo.processIdentifier)"
        let store = try await store()
        do {
            switch settings.worker {
            case .leased:
                return try await Snowflake.leased(
                    from: store, datacenter: settings.datacenter, label: label, options: options)
            case .fixed(let worker):
                return try await Snowflake.fixed(
                    worker: worker, datacenter: settings.datacenter, store: store, label: label, options: options)
            case .environment(let name):
                return try await Snowflake.fixed(
                    worker: try Snowflake.worker(fromEnvironment: name), datacenter: settings.datacenter, store: store,
                    label: label, options: options)
            }
        } catch let error as IDError {
            throw Self.shardError("snowflake", error)
        }
    }

    // MARK: Segments

    /// - Parameter isDeclared: a column names the tag, so it is made where it is missing.
    func segmentIDs(_ tag: String, count: Int, isDeclared: Bool) async throws -> [Int64] {
        var mayMake = isDeclared
        while true {
            let generator = try await segments(tag)
            do {
                return try await generator.next(count: count)
            } catch let error as IDError {
                let isGone = error.code == .unknownTag || error.code == .tagDropped
                if isGone || generator.stopReason != nil { state.withLock { $0.segments[tag] = nil } }
                guard isGone, mayMake else { throw Self.shardError(tag, error) }
                mayMake = false
                for store in try await segmentStores() {
                    _ = try await store.addTag(tag, step: settings.segments.step, description: "made by a declaration")
                }
            }
        }
    }

    private func segments(_ tag: String) async throws -> SegmentGenerator {
        if let known = state.withLock({ $0.segments[tag] }) { return known }
        var options = SegmentOptions()
        options.mode = settings.segments.isSequence ? .plainSequence : .buffered
        options.prefetchShare = settings.segments.prefetch
        options.targetTime = settings.segments.target
        options.maximumStep = settings.segments.maximumStep
        options.notify = { [logger] in logger.notice("\($0)") }
        let made: SegmentGenerator
        let stores = try await segmentStores()
        do throws(IDError) {
            made = try SegmentGenerator(tag: tag, stores: stores, options: options)
        } catch {
            throw Self.shardError(tag, error)
        }
        return try state.withLock { state throws(ShardError) in
            guard !state.isClosed else { throw ShardError(.closed, "the database is closed") }
            if let known = state.segments[tag] { return known }
            state.segments[tag] = made
            return made
        }
    }

    // MARK: Stores

    /// The database's own: workers, and tags unless other stores are configured.
    func store() async throws -> SQLIDStore {
        let task = try state.withLock { state throws(ShardError) in
            guard !state.isClosed else { throw ShardError(.closed, "the database is closed") }
            if let known = state.store { return known }
            let task = Task { [openStore] in try await openStore() }
            state.store = task
            return task
        }
        do {
            return try await task.value
        } catch {
            state.withLock { if $0.store == task { $0.store = nil } }
            throw error
        }
    }

    /// Those of the segments, in their order.
    func segmentStores() async throws -> [SQLIDStore] {
        guard !settings.segments.stores.isEmpty else { return [try await store()] }
        let task = try state.withLock { state throws(ShardError) in
            guard !state.isClosed else { throw ShardError(.closed, "the database is closed") }
            if let known = state.stores { return known }
            let task = Task { try await openStores() }
            state.stores = task
            return task
        }
        do {
            return try await task.value
        } catch {
            state.withLock { if $0.stores == task { $0.stores = nil } }
            throw error
        }
    }

    private func openStores() async throws -> [SQLIDStore] {
        var opened: [SQLIDStore] = []
        do {
            for location in settings.segments.stores {
                let isFile = Configuration.Shard(name: "ids", path: location).engine == .sqlite
                let isRelative = isFile && !location.hasPrefix("/")
                opened.append(try await SQLIDStore.open(isRelative ? directory + "/" + location : location))
            }
            return opened
        } catch {
            for store in opened { await store.close() }
            throw error
        }
    }

    // MARK: The end

    /// Gives the worker back, and what it had reserved.
    func close() async {
        let state = state.withLock { state in
            defer { state = State(isClosed: true) }
            return state
        }
        if let snowflake = try? await state.snowflake?.value { await snowflake.close() }
        for generator in state.segments.values { generator.close() }
        for store in (try? await state.stores?.value) ?? [] { await store.close() }
        if let store = try? await state.store?.value { await store.close() }
    }

    // MARK: Errors

    private static func explained<Value>(_ name: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as IDError {
            throw shardError(name, error)
        }
    }

    static func shardError(_ name: String, _ error: IDError) -> ShardError {
        let code: ErrorCode =
            switch error.code {
            case .badLayout, .badOption, .workerMissing, .workerOutOfRange, .clockBeforeEpoch: .configuration
            case .clockBehind, .bitsEnding, .exhausted, .outOfDomain, .badUUID: .valueRange
            case .noFreeWorker, .workerLost: .busy
            case .storeFailed: .inputOutput
            case .storeWrong: .corrupt
            case .unknownTag, .tagDropped: .notFound
            case .closed: .closed
            }
        let cause = error.cause.map { ": \(($0 as? ShardError)?.message ?? "\($0)")" } ?? ""
        return ShardError(
            code, "identifiers of \(name): \(error.message)\(cause)", hint: error.advice,
            isRetryable: code == .busy || error.code == .storeFailed)
    }
}
