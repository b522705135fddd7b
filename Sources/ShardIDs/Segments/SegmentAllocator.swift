import Synchronization

/// The generators of all tags of a store: tags are found and dropped while it runs.
///
/// ```swift
/// let ids = try SegmentAllocator(stores: [store])
/// ids.startRefreshing()
/// let id = try await ids.next("orders")
/// ids.close()
/// ```
public final class SegmentAllocator: Sendable {
    private let stores: [any SegmentStore]
    private let options: SegmentOptions

    private struct State {
        var generators: [String: SegmentGenerator] = [:]
        var refresher: Task<Void, Never>?
        var isClosed = false
    }
    private let state = Mutex(State())

    /// - Parameters:
    ///   - stores: as in ``SegmentGenerator/init(tag:stores:options:)``.
    ///   - options: for the generators of all tags.
    /// - Throws: `badOption`.
    public init(stores: [any SegmentStore], options: SegmentOptions = SegmentOptions()) throws(IDError) {
        // One that is thrown away, for its checks.
        _ = try SegmentGenerator(tag: "", stores: stores, options: options)
        self.stores = stores
        self.options = options
    }

    deinit { state.withLock { $0.refresher?.cancel() } }

    /// The generator of a tag: the same one each time. Keep it where many identifiers are drawn.
    ///
    /// A tag that is not known yet is looked for in the store at its first use; it need not wait for a refresh.
    ///
    /// - Throws: `closed`.
    public func generator(_ tag: String) throws(IDError) -> SegmentGenerator {
        let result: Result<SegmentGenerator, IDError> = state.withLock { state in
            if state.isClosed { return .failure(Self.closed) }
            // One that stopped since the tag was dropped, or never existed, is replaced: the tag may be back.
            if let known = state.generators[tag], known.canGoOn { return .success(known) }
            do throws(IDError) {
                let new = try SegmentGenerator(tag: tag, stores: stores, options: options)
                state.generators[tag] = new
                return .success(new)
            } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// The next identifier of a tag. See ``SegmentGenerator/next()``.
    public func next(_ tag: String) async throws -> Int64 { try await generator(tag).next() }

    /// `count` identifiers of a tag. See ``SegmentGenerator/next(count:)``.
    public func next(_ tag: String, count: Int) async throws -> [Int64] { try await generator(tag).next(count: count) }

    /// The tags in use, by name.
    public var tags: [String] { state.withLock { $0.generators.keys.sorted() } }

    /// Asks the first store that answers for its tags: makes generators of new ones, and stops those of tags that are
    /// gone.
    ///
    /// - Throws: `storeFailed` when no store answers; nothing is changed then.
    public func refresh() async throws {
        var failure: (any Error)?
        for store in stores {
            do {
                let rows = try await withDeadline(options.storeTimeout) { try await store.tags() }
                return try adopt(Set(rows.map(\.tag)))
            } catch let error as IDError {
                throw error
            } catch {
                failure = error
            }
        }
        throw IDError(
            .storeFailed, "the tags could not be read", advice: "Check that the store can be reached.", cause: failure)
    }

    private func adopt(_ present: Set<String>) throws(IDError) {
        let known = state.withLock { $0.generators }
        for tag in present.subtracting(known.keys).sorted() {
            _ = try generator(tag)
            options.notify(.tagAdded(tag))
        }
        for (tag, generator) in known where !present.contains(tag) {
            state.withLock { _ = $0.generators.removeValue(forKey: tag) }
            generator.stop(
                IDError(
                    .tagDropped, "the tag \(tag) was removed from the store", advice: "Use another, or add it again."))
            options.notify(.tagDropped(tag))
        }
    }

    /// Refreshes again and again until ``close()``; failures are tried again next time.
    ///
    /// - Parameter interval: default: 60 s.
    public func startRefreshing(every interval: Duration = .seconds(60)) {
        let refresher = Task(executorPreference: BackgroundThread.shared) { [weak self] in
            while !Task.isCancelled {
                try? await self?.refresh()
                do { try await TimerThread.sleep(for: interval) } catch { return }
                if self == nil { return }
            }
        }
        let old = state.withLock { state in
            let old = state.refresher
            state.refresher = refresher
            return state.isClosed ? refresher : old
        }
        old?.cancel()
    }

    /// Stops all generators; what is left of their segments is lost.
    public func close() {
        let (generators, refresher) = state.withLock { state in
            state.isClosed = true
            let generators = Array(state.generators.values)
            state.generators.removeAll()
            return (generators, state.refresher)
        }
        refresher?.cancel()
        for generator in generators { generator.close() }
    }

    private static let closed = IDError(.closed, "the allocator was closed", advice: "Make a new one.")
}

extension SegmentGenerator {
    /// Whether it may still issue, or failed in a way that a new one would fail in too.
    fileprivate var canGoOn: Bool {
        switch stopReason?.code {
        case .unknownTag, .tagDropped, .closed: false
        default: true
        }
    }
}
