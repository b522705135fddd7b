import Synchronization

extension SegmentGenerator {
    /// The next identifier; waits, suspended, only when the buffers are dry.
    ///
    /// - Throws: ``IDError``; `storeFailed` when the store does not answer and the buffers are dry, `unknownTag`,
    ///   `tagDropped`, `exhausted`. `CancellationError` when the task is cancelled while it waits.
    public func next() async throws -> Int64 {
        let taken = take(1)
        return taken.count != 0 ? taken.first : try await waitForBlock(1)[0]
    }

    /// `count` identifiers, growing while there is one store, for a bulk insert.
    ///
    /// - Throws: as ``next()``; those taken so far are lost then.
    public func next(count: Int) async throws -> [Int64] {
        guard count > 0 else { return [] }
        var identifiers: [Int64] = []
        identifiers.reserveCapacity(min(count, 1 << 20))
        while identifiers.count < count {
            let wanted = count - identifiers.count
            let taken = take(Int64(wanted))
            (taken.count == 0 ? try await waitForBlock(wanted) : block(taken)).append(to: &identifiers)
        }
        return identifiers
    }

    func waitForBlock(_ wanted: Int) async throws -> IDBlock {
        if options.mode == .plainSequence { return try await askDirectly(Int64(wanted)) }
        let began = options.clock.monotonicNanoseconds
        var isCounted = false
        while true {
            let ticket = waiters.ticket
            switch try attempt(Int64(wanted)) {
            case .block(let block, let yields):
                // Callers that never suspend would keep a store's own tasks from running.
                if yields { await Task.yield() }
                return block
            case .wait: break
            }
            if !isCounted {
                isCounted = true
                state.withLock { $0.counts.waits += 1 }
            }
            let waited = Duration.nanoseconds(options.clock.monotonicNanoseconds - began)
            let left = options.maximumWait - waited
            switch left > .zero ? await waiters.wait(after: ticket, limit: left) : .timedOut {
            case .signalled: continue
            case .cancelled: throw CancellationError()
            case .timedOut:
                throw IDError(
                    .storeFailed, "no segment of \(tag) came within \(options.maximumWait), and the buffers are dry",
                    advice: "Check that the store can be reached; it is asked again by itself.",
                    cause: state.withLock { $0.failure?.cause })
            }
        }
    }

    /// Fetches one segment, in the background, and tries until it has one. The caller has set `isFetching`.
    func beginFetching() {
        Task(executorPreference: BackgroundThread.shared) { [weak self] in
            while let pause = await self?.fetch() {
                do { try await TimerThread.sleep(for: pause) } catch { return }
            }
        }
    }

    /// One round over the stores.
    ///
    /// - Returns: how long to pause before the next; nil when there is nothing more to do.
    private func fetch() async -> Duration? {
        let began = options.clock.monotonicNanoseconds
        let (old, step, source) = state.withLock { state in
            let old = state.step
            return (old, state.beginFetch(now: began), state.source)
        }
        if let old, let step, old != step { options.notify(.stepChanged(tag: tag, from: old, to: step)) }
        var failure: (any Error)?
        for turn in 0..<stores.count {
            let index = (source + turn) % stores.count
            do {
                let fitting = try fit(step, into: index)
                let row = try await reserve(fitting, from: index)
                try accept(row, step: fitting, from: index, began: began)
                return nil
            } catch let error as IDError where error.code == .exhausted {
                state.withLock { state in
                    state.exhausted = error
                    state.isFetching = false
                }
                waiters.wakeAll()
                return nil
            } catch let error as IDError where error.code != .storeFailed {
                stop(error)
                return nil
            } catch {
                failure = error
            }
        }
        return failed(failure)
    }

    /// The largest identifier: one stride below the end of the numbers, so that what follows it is a number too.
    private var maximum: Int64 { min(options.maximumIdentifier, .max - Int64(stores.count)) }

    /// Near the end of the numbers no more is reserved than there are, as far as is known here.
    private func fit(_ step: Int64?, into index: Int) throws(IDError) -> Int64? {
        let known = state.withLock { $0.maxima[index] }
        let left = (maximum - Int64(index) - 1) / Int64(stores.count) + 1 - known
        guard left > 0, maximum > Int64(index) else {
            throw IDError(
                .exhausted, "the identifiers of \(tag) up to \(maximum) are used up",
                advice: "Use another tag, or a larger bound where the column has room.")
        }
        return step.map { min($0, left) }
    }

    /// One reservation, bounded in time. What comes too late is lost.
    private func reserve(_ step: Int64?, from index: Int) async throws -> SegmentRow {
        let store = stores[index]
        let tag = tag
        guard let row = try await withDeadline(options.storeTimeout, { try await store.reserve(tag: tag, step: step) })
        else {
            let isKnown = state.withLock { $0.current != nil }
            throw IDError(
                isKnown ? .tagDropped : .unknownTag, "the store has no tag \(tag)\(isKnown ? " any more" : "")",
                advice: "Add a row for it, or use one of the tags there are.")
        }
        return row
    }

    private func accept(_ row: SegmentRow, step: Int64?, from index: Int, began: Int64) throws(IDError) {
        let now = options.clock.monotonicNanoseconds
        let taken = step ?? row.step
        let stride = Int64(stores.count)
        let maximum = maximum
        let result: Result<(Int64, Int64), IDError> = state.withLock { state in
            if let stopped = state.stopped { return .failure(stopped) }
            let segment: Segment
            do throws(IDError) {
                segment = try Segment(
                    row: row, taken: taken, source: index, stride: stride, previous: state.maxima[index],
                    maximum: maximum)
            } catch { return .failure(error) }
            let old = state.step ?? row.step
            state.maxima[index] = row.maximum
            state.source = stores.count == 1 ? 0 : (index + 1) % stores.count
            state.latency = .nanoseconds(now - began)
            state.isFetching = false
            state.failures = 0
            state.failure = nil
            state.counts.fetched += 1
            if options.minimumStep == nil { state.rule.minimum = row.step }
            state.step = state.rule.bounded(old)
            if let current = state.current, cursor.load(ordering: .relaxed) < current.end {
                state.next = segment
            } else {
                state.open(segment, cursor: cursor, limit: limit, now: now)
            }
            return .success((segment.first, segment.end))
        }
        let (first, end) = try result.get()
        waiters.wakeAll()
        let nearEnd = maximum / 10 * 9
        if first <= nearEnd, end > nearEnd { options.notify(.segmentsEnding(tag: tag, maximum: maximum)) }
    }

    private func failed(_ error: (any Error)?) -> Duration? {
        let (failures, isStopped): (Int, Bool) = state.withLock { state in
            state.failures += 1
            state.failure = IDError(
                .storeFailed, "no segment of \(tag) could be fetched, \(state.failures) times in a row",
                advice: "Check that the store can be reached and written to; it is asked again by itself.", cause: error
            )
            return (state.failures, state.stopped != nil)
        }
        // Who waits looks again: after enough failures it learns of them.
        if failures >= options.attempts { waiters.wakeAll() }
        if isStopped { return nil }
        options.notify(
            .segmentFetchFailed(tag: tag, attempt: failures, reason: error.map { "\($0)" } ?? "no store answered"))
        let doubled = options.firstBackOff * (1 << min(failures - 1, 16))
        return min(doubled, options.longestBackOff) * Double.random(in: 0.75...1)
    }

    /// Nothing more is issued: not even what is buffered, for it may have been given to others.
    func stop(_ error: IDError) {
        state.withLock { state in
            state.stopped = state.stopped ?? error
            state.isFetching = false
            state.next = nil
            // A cursor at the end of all numbers: whoever had read a limit fails in the swap.
            limit.store(.min, ordering: .releasing)
            cursor.store(.max, ordering: .releasing)
        }
        waiters.wakeAll()
    }

    /// Stops issuing; what is left of the segments is lost. Further calls fail with `closed`.
    public func close() {
        stop(IDError(.closed, "the generator of \(tag) was closed", advice: "Make a new one."))
    }

    /// What it has done so far.
    public var counts: SegmentCounts { state.withLock { $0.counts } }
    /// How many identifiers it reserves at a time now; nil before the first answer.
    public var step: Int64? { state.withLock { $0.step } }
    /// Why it issues no more; nil while it does.
    public var stopReason: IDError? { state.withLock { $0.stopped } }

    /// A plain sequence: what is needed, no more, from the first store that answers.
    private func askDirectly(_ wanted: Int64) async throws -> IDBlock {
        if let stopped = stopReason { throw stopped }
        var failures = 0
        while true {
            var failure: (any Error)?
            let source = state.withLock { $0.source }
            for turn in 0..<stores.count {
                let index = (source + turn) % stores.count
                do {
                    let row = try await reserve(wanted, from: index)
                    // Answers to several callers may arrive in another order than they were given: none went back.
                    let segment = try Segment(
                        row: row, taken: wanted, source: index, stride: Int64(stores.count), previous: 0,
                        maximum: maximum)
                    state.withLock { state in
                        state.counts.issued += wanted
                        state.counts.fetched += 1
                    }
                    return block((segment.first, segment.count))
                } catch let error as IDError where error.code != .storeFailed {
                    throw error
                } catch let error as CancellationError {
                    throw error
                } catch {
                    failure = error
                }
            }
            failures += 1
            guard failures < options.attempts else {
                throw IDError(
                    .storeFailed, "the store gave no identifier of \(tag), \(failures) times in a row",
                    advice: "Check that it can be reached and written to.", cause: failure)
            }
            try await options.clock.sleep(
                min(options.firstBackOff * (1 << min(failures - 1, 16)), options.longestBackOff))
        }
    }
}
