import ShardBase
import ShardSQL
import ShardTopology

/// The transaction of one logical session, as a pure machine: events in, actions out; no connection, no clock.
///
/// ```
///                 begin / savepoint                      commit / outermost release
///  autocommit ───────────────────────▶ open ───────────────────────────────▶ committing
///      ▲                                │  ▲ a first commit that may be repeated │   │
///      │      rollback, engine gave up  │  └─────────────────────────────────────┘   │
///      └────────────────────────────────┴──────────────── all done or told ──────────┘
/// ```
///
/// Invariants:
/// - A participant (a shard, or the session's TEMP schema) takes part from its first touch on: `BEGIN`, then the open
///   savepoints again, in order.
/// - A participant that reads holds one snapshot; before its first write it must be upgraded, which fails when somebody
///   committed in between (SQLite's BUSY_SNAPSHOT).
/// - Commits go one by one in participant order. Nothing is committed while any deferred constraint may still fail.
/// - Where commits are atomic and several shards were written, they are prepared first; the first COMMIT then decides, and what
///   fails behind it is pending, not lost.
/// - After ``Action/finish(_:)`` no participant is left.
///
/// Savepoints have names by depth on the shards, so that a user's name never has to be quoted there; as in SQLite the
/// latest of equal names is meant, ASCII letters fold, and a SAVEPOINT outside a transaction begins one that the
/// RELEASE of the same savepoint commits.
struct TransactionStateMachine: Sendable {
    /// Who can take part.
    enum Participant: Hashable, Comparable, Sendable {
        case shard(ShardIndex)
        /// The session's private database: TEMP tables.
        case temporary

        static func < (left: Self, right: Self) -> Bool {
            switch (left, right) {
            case (.shard(let a), .shard(let b)): a < b
            case (.shard, .temporary): true
            case (.temporary, _): false
            }
        }
    }

    enum Hold: Hashable, Sendable { case reading, writing }

    enum Mode: Hashable, Sendable {
        case deferred
        /// IMMEDIATE and EXCLUSIVE: whatever is touched is locked for writing at once.
        case immediate
    }

    enum Event: Hashable, Sendable {
        case begin(Mode)
        case commit
        case rollback
        case savepoint(String)
        case release(String)
        case rollbackTo(String)
        /// A statement is about to use a participant.
        case touch(Participant, Hold)
        /// The shell has done ``Action/pin(_:_:_:)`` or ``Action/upgrade(_:_:)``.
        case pinned(Participant, Hold)
        /// Participants whose deferred constraints may be broken, in order.
        case checked(suspects: [Participant])
        case committed(Participant)
        /// The shell has done ``Action/prepare(_:)``: in this order they commit.
        case prepared([Participant])
        case prepareFailed
        /// `isOpen`: the participant's transaction is still there and may be committed again.
        case commitFailed(Participant, isOpen: Bool)
        /// An engine rolled a participant's transaction back by itself (a full disk, OR ROLLBACK).
        case lost
    }

    enum Action: Hashable, Sendable {
        /// Lease a connection and run the statements: BEGIN and the open savepoints.
        case pin(Participant, Hold, [String])
        /// Lease the writer, run the statements, and prove that nothing changed since the reader's snapshot.
        case upgrade(Participant, [String])
        case run(Participant, String)
        /// Ask each for broken deferred constraints; answered by ``Event/checked(suspects:)``.
        case checkConstraints([Participant])
        /// Make the participants' transactions one commit.
        case prepare([Participant])
        case commit(Participant)
        case fault(FaultPoint)
        /// End the transaction where one is still open and give the connection back.
        case abandon(Participant)
        case finish(Outcome)
        /// The statement is wrong here; nothing changes.
        case reject(String)
        /// The error of the failed commit is the statement's error; the transaction goes on.
        case rethrow
    }

    enum Outcome: Hashable, Sendable {
        case committed
        case rolledBack
        /// The first commit failed and everything was rolled back.
        case commitFailed
        /// A later commit failed: which participants committed, which did not.
        case torn(committed: [Participant], lost: [Participant])
        /// The transaction is decided, and some participants have not committed yet: their rows are to be applied.
        case pending(committed: [Participant], missing: [Participant])
    }

    private enum Phase: Hashable, Sendable {
        case autocommit
        case open
        case committing(done: [Participant], left: [Participant])
    }

    /// Commits over several shards are atomic.
    private let isAtomic: Bool
    private var phase = Phase.autocommit
    private var mode = Mode.deferred
    /// Folded names, outermost first.
    private(set) var savepoints: [String] = []
    /// The outermost savepoint began the transaction: its release commits.
    private var isBegunBySavepoint = false
    private(set) var holds: [Participant: Hold] = [:]

    init(isAtomic: Bool = false) { self.isAtomic = isAtomic }

    var isOpen: Bool { phase != .autocommit }

    static func savepointName(_ depth: Int) -> String { "_shardkit_\(depth)" }

    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .begin(let mode): return begin(mode)
        case .commit:
            guard isOpen else { return [.reject("cannot commit - no transaction is active")] }
            return commit()
        case .rollback:
            guard isOpen else { return [.reject("cannot rollback - no transaction is active")] }
            return end(.rolledBack)
        case .savepoint(let name): return savepoint(name)
        case .release(let name): return release(name)
        case .rollbackTo(let name): return rollback(to: name)
        case .touch(let participant, let hold): return touch(participant, hold)
        case .pinned(let participant, let hold):
            holds[participant] = hold
            return []
        case .checked(let suspects): return checked(suspects)
        case .committed(let participant): return committed(participant)
        case .prepared(let order): return prepared(order)
        case .prepareFailed:
            guard case .committing = phase else { return [] }
            phase = .open
            return [.rethrow]
        case .commitFailed(let participant, let isOpen): return commitFailed(participant, isOpen: isOpen)
        case .lost: return isOpen ? end(.rolledBack) : []
        }
    }

    // MARK: Begin and savepoints

    private mutating func begin(_ mode: Mode) -> [Action] {
        guard !isOpen else { return [.reject("cannot start a transaction within a transaction")] }
        phase = .open
        self.mode = mode
        isBegunBySavepoint = false
        return []
    }

    private mutating func savepoint(_ name: String) -> [Action] {
        if !isOpen {
            phase = .open
            mode = .deferred
            isBegunBySavepoint = true
        }
        savepoints.append(name.asciiLowercased())
        let text = "SAVEPOINT " + Self.savepointName(savepoints.count)
        return writers.map { .run($0, text) }
    }

    private mutating func release(_ name: String) -> [Action] {
        guard let index = savepoints.lastIndex(of: name.asciiLowercased()) else {
            return [.reject("no such savepoint: \(name)")]
        }
        if index == 0 && isBegunBySavepoint { return commit() }
        savepoints.removeSubrange(index...)
        let text = "RELEASE " + Self.savepointName(index + 1)
        return writers.map { .run($0, text) }
    }

    private mutating func rollback(to name: String) -> [Action] {
        guard let index = savepoints.lastIndex(of: name.asciiLowercased()) else {
            return [.reject("no such savepoint: \(name)")]
        }
        savepoints.removeSubrange((index + 1)...)
        let text = "ROLLBACK TO " + Self.savepointName(index + 1)
        return writers.map { .run($0, text) }
    }

    // MARK: Taking part

    private func touch(_ participant: Participant, _ wanted: Hold) -> [Action] {
        guard isOpen else { return [] }
        let hold: Hold = mode == .immediate || participant == .temporary ? .writing : wanted
        switch (holds[participant], hold) {
        case (nil, .reading): return [.pin(participant, .reading, ["BEGIN"])]
        case (nil, .writing): return [.pin(participant, .writing, opening(participant))]
        case (.reading?, .writing): return [.upgrade(participant, opening(participant))]
        case (.reading?, .reading), (.writing?, .reading), (.writing?, .writing): return []
        }
    }

    private func opening(_ participant: Participant) -> [String] {
        let begin = participant == .temporary ? "BEGIN" : "BEGIN IMMEDIATE"
        return [begin] + savepoints.indices.map { "SAVEPOINT " + Self.savepointName($0 + 1) }
    }

    private var writers: [Participant] { holds.filter { $0.value == .writing }.keys.sorted() }

    // MARK: The end

    private mutating func commit() -> [Action] {
        let writers = writers
        guard let first = writers.first else { return end(.committed) }
        phase = .committing(done: [], left: writers)
        // One participant's own COMMIT finds its own broken constraints; nothing else can be half done.
        if writers.count == 1 { return [.fault(.commitBeforeFirst), .commit(first)] }
        let shards = writers.filter { $0 != .temporary }
        return isAtomic && shards.count > 1 ? [.prepare(shards)] : [.checkConstraints(writers)]
    }

    /// The session's own tables come last: they are lost with the process anyway.
    private mutating func prepared(_ order: [Participant]) -> [Action] {
        guard case .committing(let done, let left) = phase, let first = order.first else { return [] }
        phase = .committing(done: done, left: order + left.filter { $0 == .temporary })
        return [.fault(.commitBeforeFirst), .commit(first)]
    }

    /// Suspects commit first: when the only suspect's COMMIT fails, nothing was committed.
    private mutating func checked(_ suspects: [Participant]) -> [Action] {
        guard case .committing(let done, let left) = phase, let first = left.first else { return [] }
        let ordered = left.filter(suspects.contains) + left.filter { !suspects.contains($0) }
        phase = .committing(done: done, left: ordered)
        return [.fault(.commitBeforeFirst), .commit(ordered.first ?? first)]
    }

    private mutating func committed(_ participant: Participant) -> [Action] {
        guard case .committing(var done, var left) = phase else { return [] }
        done.append(participant)
        left.removeAll { $0 == participant }
        phase = .committing(done: done, left: left)
        guard let next = left.first else { return [.fault(.commitAfterLast)] + end(.committed) }
        return [.fault(.commitBetweenShards), .commit(next)]
    }

    private mutating func commitFailed(_ participant: Participant, isOpen: Bool) -> [Action] {
        guard case .committing(let done, let left) = phase else { return [] }
        if !done.isEmpty {
            return end(isAtomic ? .pending(committed: done, missing: left) : .torn(committed: done, lost: left))
        }
        if isOpen {
            phase = .open
            return [.rethrow]
        }
        return end(.commitFailed)
    }

    private mutating func end(_ outcome: Outcome) -> [Action] {
        let actions = holds.keys.sorted().map { Action.abandon($0) }
        phase = .autocommit
        holds = [:]
        savepoints = []
        isBegunBySavepoint = false
        return actions + [.finish(outcome)]
    }
}
