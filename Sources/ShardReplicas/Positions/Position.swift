/// How far a shard's history has come: in which timeline, and where in it.
///
/// PostgreSQL: the timeline's number and an LSN. SQLite: the number of the file's incarnation (one more after each restore,
/// resynchronisation or promotion) and the commit counter.
public struct Position: Sendable, Hashable {
    public var timeline: UInt64
    public var offset: UInt64

    public init(timeline: UInt64, offset: UInt64) {
        self.timeline = timeline
        self.offset = offset
    }
}

/// The timelines that led to one: where each ancestor was left. What PostgreSQL keeps in `pg_wal/*.history`.
///
/// The counter-example it exists for: a token says timeline 1, offset 900. Timeline 2 left timeline 1 at 800 when a
/// replica was promoted. Each server of timeline 2 has an offset beyond 900 soon, and none has that write, ever.
public struct Lineage: Sendable, Hashable {
    /// Where an ancestor was left: what lies at or before `offset` in `timeline` is a part of the history, what lies after
    /// it is not.
    public struct Fork: Sendable, Hashable {
        public var timeline: UInt64
        public var offset: UInt64

        public init(timeline: UInt64, offset: UInt64) {
            self.timeline = timeline
            self.offset = offset
        }
    }

    public var timeline: UInt64
    /// Ancestors whose fork is known, in any order. An ancestor that is missing is unknown, not absent.
    public var forks: [Fork]

    public init(timeline: UInt64, forks: [Fork] = []) {
        self.timeline = timeline
        self.forks = forks
    }

    /// The lineage of a timeline that begins where a server of this one has come to.
    ///
    /// The counter-example to merely adding the fork: timeline 2 left timeline 1 at 100; a server that follows timeline 2, and
    /// has replayed 40, is promoted. Of timeline 1 its history holds what lies before 40, and not before 100.
    public func forking(to timeline: UInt64, at offset: UInt64) -> Lineage {
        var forks = forks
        for place in forks.indices { forks[place].offset = min(forks[place].offset, offset) }
        return Lineage(timeline: timeline, forks: forks + [Fork(timeline: self.timeline, offset: offset)])
    }

    /// Whether a server of this lineage that has come to `offset` in it has what is at a position.
    public enum Reach: Sendable, Hashable {
        case reached
        /// It may get there yet.
        case behind
        /// The history went another way before the position: this server will never have it.
        case lost
        /// Nothing says where the position's timeline was left.
        case unknown
    }

    public func reach(_ position: Position, from offset: UInt64) -> Reach {
        if position.timeline == timeline { return offset >= position.offset ? .reached : .behind }
        // A timeline that this server has not come to: it still follows an older one.
        if position.timeline > timeline { return .behind }
        for fork in forks where fork.timeline == position.timeline {
            if position.offset > fork.offset { return .lost }
            return offset >= position.offset ? .reached : .behind
        }
        return .unknown
    }
}
