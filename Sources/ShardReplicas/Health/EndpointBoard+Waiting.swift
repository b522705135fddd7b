public import ShardBase

extension EndpointBoard {
    /// The primary, for which a statement waits while none is known.
    ///
    /// - Parameter limit: how long; 0: not at all.
    /// - Throws: `.noPrimary` when the time is over, with what was found; `.cancelled`.
    public func primary(within limit: Duration) async throws(ShardError) -> Endpoint {
        let end = clock.monotonic + limit
        while true {
            let seen = reports.generation
            let standing = standing
            if let primary = standing.primary { return standing.endpoints.endpoints[primary] }
            try await nextReport(after: seen, until: end) { self.noPrimary(after: limit) }
        }
    }

    /// Waits until an endpoint has come to all of some positions.
    ///
    /// - Returns: whether it has: false when the time is over, or when it never will.
    /// - Throws: `.cancelled`.
    public func reached(_ positions: [Position], on name: String, within limit: Duration) async throws(ShardError)
        -> Bool
    {
        let end = clock.monotonic + limit
        while true {
            let seen = reports.generation
            let standing = standing
            guard let place = standing.endpoints.place(of: name) else { return false }
            let reaches = positions.map { standing.standings[place].reach($0) }
            if reaches.allSatisfy({ $0 == .reached }) { return true }
            if reaches.contains(.lost) || standing.standings[place].role != .replica { return false }
            if clock.monotonic >= end { return false }
            wishes.changed()
            await reports.change(after: seen, within: end - clock.monotonic)
            if Task.isCancelled { throw .interrupted }
        }
    }

    /// Grows with every report.
    public var reportCount: UInt64 { reports.generation }

    /// Has the endpoints probed soon, and waits for the first report behind those that were counted.
    ///
    /// - Parameter count: ``reportCount`` before what is known was looked at.
    /// - Throws: `.cancelled`.
    public func nextReport(after count: UInt64, within limit: Duration) async throws(ShardError) {
        wishes.changed()
        await reports.change(after: count, within: limit)
        if Task.isCancelled { throw .interrupted }
    }

    private func nextReport(
        after seen: UInt64, until end: Duration, orElse error: () -> ShardError
    ) async throws(ShardError) {
        guard clock.monotonic < end else { throw error() }
        wishes.changed()
        await reports.change(after: seen, within: end - clock.monotonic)
        if Task.isCancelled { throw .interrupted }
    }

    /// What is said to a statement that has waited for a primary in vain.
    public func noPrimary(after limit: Duration) -> ShardError {
        let shard = standing.endpoints.shard
        let why =
            switch verdict {
            case .primary, .none: "no endpoint says that it is the primary"
            case .contested(let names): "\(names.joined(separator: " and ")) say that they are the primary"
            case .deposed(let name, let timeline, let newest):
                "'\(name)' is of timeline \(timeline), and there was a primary of timeline \(newest)"
            }
        return ShardError(
            .noPrimary, "shard '\(shard)' has had no primary for \(limit): \(why)", hint: ErrorCode.noPrimary.advice,
            isRetryable: true)
    }
}
