extension Snowflake {
    /// A generator whose worker is minded by nobody but the configuration, and whose memory ends with the process.
    ///
    /// Two generators that live at the same time must never share a worker, and nothing here can notice if they do:
    /// ``fixed(worker:datacenter:store:label:options:)`` and ``leased(from:datacenter:label:options:)`` do.
    ///
    /// - Parameters:
    ///   - worker: within the layout's bits.
    ///   - datacenter: required where the layout has bits for it.
    ///   - after: an identifier that all new ones exceed, if any: the largest in the table, say. Any worker's will do.
    ///   - options: see ``SnowflakeOptions``.
    /// - Throws: ``IDError`` when something does not fit, or the timestamp bits end within `options.refuseBefore`.
    public convenience init(
        worker: UInt64, datacenter: UInt64? = nil, after: Int64? = nil, options: SnowflakeOptions = SnowflakeOptions()
    ) throws(IDError) {
        let layout = options.layout
        let datacenter = try Self.checkNode(datacenter: datacenter, worker: worker, layout: layout)
        try options.check(isLeased: false)
        try Self.checkEnd(options)
        var floor = Moment(rollback: 0, milliseconds: layout.epoch)
        if let after {
            guard let parts = layout.inspect(after) else {
                throw IDError(
                    .badOption, "\(after) is no identifier of this layout of \(layout.bits) bits",
                    advice: "Give the largest identifier made with the same layout, or leave it out.")
            }
            // Whoever made it: the next millisecond is above it.
            floor = Moment(rollback: parts.rollback, milliseconds: parts.unixMilliseconds + 1)
        }
        self.init(datacenter: datacenter, worker: worker, floor: floor, options: options, claim: nil)
    }

    /// A generator with a configured worker and a durable high-water mark.
    ///
    /// Nothing is issued at or below what this worker ever issued: not after kill -9, not after the clock was set back
    /// while the process was down. A second generator with the same worker and store takes the worker over, and the
    /// first stops with `workerLost` instead of making duplicates.
    ///
    /// Cost: one write to the store for each `reserveInterval` in which identifiers are made, in the background.
    ///
    /// - Parameters:
    ///   - worker: within the layout's bits.
    ///   - datacenter: required where the layout has bits for it.
    ///   - store: keeps the mark; see ``WorkerStore``.
    ///   - label: tells operators who holds the worker; default: the process' number.
    ///   - options: see ``SnowflakeOptions``.
    /// - Throws: ``IDError``; `clockBehind` when the clock is behind the mark by more than can be waited out.
    public static func fixed(
        worker: UInt64, datacenter: UInt64? = nil, store: any WorkerStore, label: String = defaultLabel,
        options: SnowflakeOptions = SnowflakeOptions()
    ) async throws -> Snowflake {
        let datacenter = try checkNode(datacenter: datacenter, worker: worker, layout: options.layout)
        try options.check(isLeased: false)
        try checkEnd(options)
        let node = Int64(datacenter << UInt64(options.layout.workerBits) | worker)
        let claim = try await askStore(options.storeTimeout) {
            try await WorkerClaim.fixed(node: node, label: label, store: store)
        }
        return try await open(claim, floor: claim.mark, datacenter: datacenter, worker: worker, options: options)
    }

    /// A generator with a worker that the store leases to it, and a durable high-water mark.
    ///
    /// It holds the worker until ``close()`` and renews it in the background. When it cannot, it stops issuing a fifth
    /// of the lease before its end, and goes on if the store comes back before somebody else took the worker; otherwise
    /// it stops for good with `workerLost`, and the owner makes a new one.
    ///
    /// - Parameters:
    ///   - store: leases the workers; see ``WorkerStore``.
    ///   - datacenter: required where the layout has bits for it; only its workers are leased.
    ///   - label: tells operators who holds the worker; default: the process' number.
    ///   - options: see ``SnowflakeOptions``.
    /// - Throws: ``IDError``; `noFreeWorker` when all are held, `clockBehind` when the clock is behind the marks of
    ///   those that are gone by more than can be waited out.
    public static func leased(
        from store: any WorkerStore, datacenter: UInt64? = nil, label: String = defaultLabel,
        options: SnowflakeOptions = SnowflakeOptions()
    ) async throws -> Snowflake {
        let layout = options.layout
        let datacenter = try checkDatacenter(datacenter, layout: layout)
        try options.check(isLeased: true)
        try checkEnd(options)
        let first = Int64(datacenter << UInt64(layout.workerBits))
        let nodes = first...(first + Int64(layout.maximumWorker))
        let lease = options.leaseTime
        let (claim, floor) = try await askStore(options.storeTimeout) {
            try await WorkerClaim.leased(nodes: nodes, label: label, store: store, lease: lease)
        }
        let generator = try await open(
            claim, floor: floor, datacenter: datacenter, worker: UInt64(claim.node - first), options: options)
        generator.keepLease()
        return generator
    }

    private static func open(
        _ claim: WorkerClaim, floor mark: HighWaterMark, datacenter: UInt64, worker: UInt64, options: SnowflakeOptions
    ) async throws -> Snowflake {
        var floor = max(mark.moment, Moment(rollback: 0, milliseconds: options.layout.epoch))
        do {
            guard floor.rollback <= options.layout.maximumRollback else {
                throw IDError(
                    .badOption,
                    "worker \(claim.node) has used rollback value \(floor.rollback), and the layout has "
                        + "\(options.layout.rollbackBits) bits for it",
                    advice: "Use the layout that its identifiers were made with, or another worker.")
            }
            let now = options.clock.milliseconds
            let behind = floor.milliseconds - now - options.aheadMilliseconds
            if behind > options.maximumWait.wholeMilliseconds {
                guard floor.rollback < options.layout.maximumRollback else {
                    throw behindError(milliseconds: behind, options: options)
                }
                floor = Moment(rollback: floor.rollback + 1, milliseconds: now)
                options.notify(
                    .rollbackUsed(milliseconds: behind, left: options.layout.maximumRollback - floor.rollback))
            }
            let generator = Snowflake(
                datacenter: datacenter, worker: worker, floor: floor, options: options, claim: claim)
            try await generator.reserveFirst()
            return generator
        } catch {
            // Give back what nobody will use; the mark stays, for nothing was issued.
            try? await withDeadline(options.storeTimeout) { try await claim.release(issuedBelow: claim.mark) }
            throw error
        }
    }

    /// The process' number, as a label.
    public static var defaultLabel: String { "process \(ProcessNumber.current)" }

    static func checkEnd(_ options: SnowflakeOptions) throws(IDError) {
        let layout = options.layout
        let now = options.clock.milliseconds
        let day = CalendarDate(unixMilliseconds: layout.endUnixMilliseconds)
        guard now < options.refuseUnixMilliseconds else {
            throw IDError(
                now < layout.endUnixMilliseconds ? .bitsEnding : .exhausted,
                "the layout's timestamp bits run out on \(day), and it is \(CalendarDate(unixMilliseconds: now))",
                advice: "Choose a layout with more timestamp bits or a later epoch, for a new table.")
        }
        if now >= layout.endUnixMilliseconds - options.warnBefore.wholeMilliseconds {
            let refuses = CalendarDate(unixMilliseconds: options.refuseUnixMilliseconds)
            options.notify(.bitsEnding(runOut: day.description, refusesFrom: refuses.description))
        }
    }

    static func behindError(milliseconds: Int64, options: SnowflakeOptions) -> IDError {
        IDError(
            .clockBehind,
            "the clock is \(milliseconds) ms further behind the last identifier than the \(options.aheadMilliseconds) ms "
                + "that may be run ahead, and at most \(options.maximumWait) are waited out",
            advice: "Set the clock right; or allow to run further ahead, or give the layout rollback bits.")
    }

    /// A request to the store that is bounded in time, its failure told as this room tells failures.
    static func askStore<Value: Sendable>(
        _ limit: Duration, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        do {
            return try await withDeadline(limit, work)
        } catch let error as IDError {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            throw IDError(
                .storeFailed, "the store of workers failed", advice: "Check that it can be reached and written to.",
                cause: error)
        }
    }
}
