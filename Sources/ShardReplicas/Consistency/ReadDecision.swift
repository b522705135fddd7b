public import ShardBase

/// Where a read goes. Places are those of the standing that decided.
public enum ReadDecision: Sendable, Hashable {
    /// To this replica, now.
    case serve(Int)
    /// Wait until this replica has come to the request's positions, at most as long as the request allows; then decide again
    /// without waiting.
    case wait(Int)
    /// To the primary, and why.
    case primary(Int, PrimaryReason)
    /// No primary is known that could serve it: wait for one, at most the configured time, and decide again.
    case awaitPrimary

    public enum PrimaryReason: Sendable, Hashable {
        case strong
        case hint
        /// No replica may serve the read.
        case noReplica
    }
}

/// Why an endpoint does not serve a read.
public enum Ineligibility: Sendable, Hashable {
    case notReplica
    case failedBefore
    case breakerOpen
    case otherwiseHinted
    case weightZero
    case lagUnknown
    /// Measured too long ago to count.
    case measurementOld
    case lagTooGreat
    /// It has not come to a position that the read has to see.
    case behind
    /// It is not known to show the latest definitions.
    case definitionsBehind
    /// The session has read elsewhere, and how far that was is not known yet.
    case seenElsewhere
    /// It will never come there, or nothing tells whether it will.
    case otherHistory

    /// As it stands in error messages and `SHOW REPLICAS`.
    public var explanation: String {
        switch self {
        case .notReplica: "is not known to be a replica"
        case .failedBefore: "has failed for this statement"
        case .breakerOpen: "fails too often and is left alone for a while"
        case .otherwiseHinted: "is not what the hint names"
        case .weightZero: "has weight 0"
        case .lagUnknown: "has an unknown lag"
        case .measurementOld: "has a lag that was measured too long ago"
        case .lagTooGreat: "is too far behind"
        case .behind: "has not come to the position that the read has to see"
        case .definitionsBehind: "is not known to show the latest definitions"
        case .seenElsewhere: "is not known to show what the session has read elsewhere"
        case .otherHistory: "is not known to share the history of what the read has to see"
        }
    }
}

extension ShardStanding {
    private enum Verdict {
        case eligible
        case no(Ineligibility)
    }

    /// Where a read goes: a pure function of what is known, what is asked and what time it is.
    ///
    /// `O(endpoints)`, no allocation unless it fails.
    ///
    /// - Parameters:
    ///   - now: of the clock that the standing was measured with.
    ///   - measurementLifetime: how old a measured lag may be and still count.
    ///   - pick: chooses one of several; never asked of none. Who returns nil or another place gets the first.
    /// - Throws: `.noReplica` where none may serve it and the request forbids the primary; `.positionLost` where the primary
    ///   is not known to have what the read has to see; `.notFound` for a hint that names no endpoint of the shard.
    public func decide(
        _ request: ReadRequest, now: Duration, measurementLifetime: Duration,
        pick: (EndpointMask) -> Int?
    ) throws(ShardError) -> ReadDecision {
        if request.level == .strong { return try toPrimary(request, .strong) }
        var hinted: EndpointMask?
        if let hint = request.hint {
            switch hint {
            case .primary: return try toPrimary(request, .hint)
            case .replica(let name):
                guard let place = endpoints.place(of: name) else {
                    throw ShardError(.notFound, "shard '\(endpoints.shard)' has no endpoint '\(name)'")
                }
                hinted = [place]
            case .tag(let tag): hinted = endpoints.mask(tagged: tag)
            }
        }
        let bound = request.seen.flatMap { upperBound(of: $0) }
        var eligible = EndpointMask()
        var behind = EndpointMask()
        for place in standings.indices {
            switch judge(place, request, hinted, bound, now, measurementLifetime) {
            case .eligible: eligible.insert(place)
            case .no(.behind): behind.insert(place)
            case .no: break
            }
        }
        if !eligible.isEmpty {
            return .serve(choose(preferred(eligible, request), pick))
        }
        if !behind.isEmpty, request.waitBound > .zero {
            return .wait(choose(preferred(behind, request), pick))
        }
        switch request.fallback {
        case .primary: return try toPrimary(request, .noReplica)
        case .fail: throw noReplica(request, hinted, bound, now, measurementLifetime)
        }
    }

    /// What a replica has to come to before it may serve a read that waits for it.
    public func awaited(by request: ReadRequest) -> [Position] {
        request.required + (request.seen.flatMap { upperBound(of: $0) }.map { [$0] } ?? [])
    }

    /// Why an endpoint does not serve a read; nil: it may.
    public func ineligibility(
        of place: Int, for request: ReadRequest, now: Duration, measurementLifetime: Duration
    ) -> Ineligibility? {
        let bound = request.seen.flatMap { upperBound(of: $0) }
        switch judge(place, request, nil, bound, now, measurementLifetime) {
        case .eligible: return nil
        case .no(let reason): return reason
        }
    }

    // MARK: Replicas

    private func judge(
        _ place: Int, _ request: ReadRequest, _ hinted: EndpointMask?, _ bound: Position?, _ now: Duration,
        _ lifetime: Duration
    ) -> Verdict {
        guard standings[place].role == .replica else { return .no(.notReplica) }
        if let hinted {
            guard hinted.contains(place) else { return .no(.otherwiseHinted) }
        }
        if unweighted.contains(place) {
            guard case .replica = request.hint else { return .no(.weightZero) }
        }
        if !request.excluded.isEmpty, request.excluded.contains(endpoints.endpoints[place].name) {
            return .no(.failedBefore)
        }
        if let until = standings[place].refusesUntil, now < until { return .no(.breakerOpen) }
        switch standings[place].lag {
        case .unknown: return .no(.lagUnknown)
        case .measured(let value, let at):
            guard now - at <= lifetime else { return .no(.measurementOld) }
            if let maxLag = request.maxLag, value > maxLag { return .no(.lagTooGreat) }
            if case .bounded(let staleness) = request.level, now - at + value > staleness {
                return .no(.lagTooGreat)
            }
            if let moment = request.notBefore, at - value < moment { return .no(.definitionsBehind) }
        }
        for position in request.required {
            if let reason = shortfall(of: place, at: position) { return .no(reason) }
        }
        if let seen = request.seen {
            if let bound {
                if let reason = shortfall(of: place, at: bound) { return .no(reason) }
            } else if endpoints.endpoints[place].name != seen.endpoint
                || standings[place].position?.timeline != seen.timeline
            {
                return .no(.seenElsewhere)
            }
        }
        return .eligible
    }

    private func shortfall(of place: Int, at position: Position) -> Ineligibility? {
        switch standings[place].reach(position) {
        case .reached: nil
        case .behind: .behind
        case .lost, .unknown: .otherHistory
        }
    }

    /// At or after what the session has seen: as it was told, or where the endpoint was found later than that.
    private func upperBound(of seen: SessionReads.Seen) -> Position? {
        if let position = seen.upTo { return position }
        guard let place = endpoints.place(of: seen.endpoint), standings[place].askedAt >= seen.endedAt,
            let position = standings[place].position, position.timeline == seen.timeline
        else { return nil }
        return position
    }

    private func preferred(_ candidates: EndpointMask, _ request: ReadRequest) -> EndpointMask {
        for tag in request.preference {
            let tagged = candidates.intersection(endpoints.mask(tagged: tag))
            if !tagged.isEmpty { return tagged }
        }
        return candidates
    }

    private func choose(_ candidates: EndpointMask, _ pick: (EndpointMask) -> Int?) -> Int {
        if let place = pick(candidates), candidates.contains(place) { return place }
        return candidates.place(ranked: 0)
    }

    // MARK: The primary

    /// A primary serves everything that its own history holds. What another history held may be gone, which is said.
    private func toPrimary(
        _ request: ReadRequest, _ reason: ReadDecision.PrimaryReason
    ) throws(ShardError) -> ReadDecision {
        guard let primary, let lineage = standings[primary].lineage else { return .awaitPrimary }
        for position in request.required {
            switch lineage.reach(position, from: .max) {
            case .reached: break
            // A newer timeline than the primary's: what is known of the primary is out of date.
            case .behind: return .awaitPrimary
            case .lost: throw positionLost("a write that the session or token tells of was lost in a failover")
            case .unknown:
                throw positionLost(
                    "whether a write that the session or token tells of survived a failover is not known")
            }
        }
        if let seen = request.seen {
            let bound = upperBound(of: seen)
            // A primary is ahead of all who follow it; of who followed another one, only a bound can tell.
            switch lineage.reach(bound ?? Position(timeline: seen.timeline, offset: .max), from: .max) {
            case .reached: break
            case .behind: return .awaitPrimary
            case .lost, .unknown:
                throw positionLost("what the session has read is not known to have survived a failover")
            }
        }
        return .primary(primary, reason)
    }

    private func positionLost(_ what: String) -> ShardError {
        ShardError(.positionLost, "shard '\(endpoints.shard)': \(what)", hint: ErrorCode.positionLost.advice)
    }

    private func noReplica(
        _ request: ReadRequest, _ hinted: EndpointMask?, _ bound: Position?, _ now: Duration, _ lifetime: Duration
    ) -> ShardError {
        var reasons: [String] = []
        for place in standings.indices {
            if case .no(let reason) = judge(place, request, hinted, bound, now, lifetime) {
                reasons.append("'\(endpoints.endpoints[place].name)' \(reason.explanation)")
            }
        }
        return ShardError(
            .noReplica,
            "no replica of shard '\(endpoints.shard)' may serve the read: \(reasons.joined(separator: "; "))",
            hint: ErrorCode.noReplica.advice, isRetryable: true)
    }
}
