import Logging
import ShardBackend
import ShardBase
import ShardCatalog
import ShardTopology
import Synchronization

/// What a commit over several shards promises.
public enum CommitMode: String, Sendable, Hashable, CaseIterable {
    /// Everywhere or nowhere, whatever dies and whenever. Costs the rows that the others changed a second time, on one shard.
    case atomic
    /// Shard by shard, after all constraints have been checked: a crash in between leaves the earlier ones committed.
    case fast
}

/// A commit over several shards whose decision is kept.
public struct CommitInDoubt: Sendable, Hashable {
    /// The shard whose COMMIT decided.
    public var commitPoint: String
    /// Its number there.
    public var sequence: Int64
    /// The other shards.
    public var shards: [String]
    /// Those that do not have it yet.
    public var missing: [String]
    /// When it was decided, in milliseconds since 1970.
    public var decided: Int64
}

/// Commits over several shards, everywhere or nowhere whatever dies and whenever (decision 0010; the protocol as a model:
/// docs/models/sqlite-commit.pml).
///
/// One participant is the commit point. Its own transaction holds the decision, and with it what the others changed, row by row;
/// its COMMIT decides. Then the others commit, each with a mark. Where one of them is lost, whoever comes next applies its rows:
/// before anybody writes that shard (its commit guard sees to that), and whenever a process opens the database.
final class AtomicCommits: Sendable {
    let shards: [any CommitParticipant]
    private let board: (any CommitBoard)?
    private let clock: any ShardClock
    private let timeout: Duration
    private let logger: Logger
    /// Decisions of this process that have reached all shards, by commit point: they are retired by the next transaction there.
    private let reached = Mutex<[ShardIndex: [Reached]]>([:])
    private let recovering = AsyncMutex()

    private struct Reached {
        var sequence: Int64
        var others: [ShardIndex]
    }

    /// - Parameter board: nil where no other process can have the shards open.
    init(
        shards: [any CommitParticipant], board: (any CommitBoard)?, clock: any ShardClock, timeout: Duration,
        logger: Logger
    ) {
        self.shards = shards
        self.board = board
        self.clock = clock
        self.timeout = timeout
        self.logger = logger
        guard let board else { return }
        for (index, shard) in shards.enumerated() {
            shard.setCommitGuard { !board.hasPendingCommits || board.pendingCommits(to: index).isEmpty }
        }
    }

    /// Nil where commits are fast, or a shard cannot take part in others. What others have left behind is finished.
    static func open(
        _ environment: ExecutionEnvironment, _ mode: CommitMode, _ page: EpochPage?, recovers: Bool
    ) async throws -> AtomicCommits? {
        switch mode {
        case .fast: return nil
        case .atomic: break
        }
        let shards = environment.shards.compactMap { $0 as? any CommitParticipant }
        guard shards.count == environment.shards.count, shards.count > 1 else { return nil }
        let commits = AtomicCommits(
            shards: shards, board: page, clock: environment.clock, timeout: environment.limits.busyTimeout,
            logger: environment.logger)
        try await commits.makeLedgers()
        if recovers { try await commits.recover() }
        return commits
    }

    // MARK: The way of a commit

    /// A participant with its open transaction.
    struct Participant {
        var shard: ShardIndex
        var connection: any RowLogging
    }

    /// A commit that is ready: its first COMMIT decides.
    struct Prepared {
        /// The commit point, then the others; then those that changed nothing.
        var order: [ShardIndex]
        fileprivate var commitPoint: ShardIndex?
        fileprivate var sequence: Int64 = 0
        fileprivate var others: [ShardIndex] = []
        fileprivate var announcement: (any CommitBoard).Announcement?
    }

    private static let open = ShardStatement("SAVEPOINT _shardkit_commit")
    private static let undo = ShardStatement("ROLLBACK TO _shardkit_commit")
    private static let close = ShardStatement("RELEASE _shardkit_commit")

    /// Writes the decision and the marks into the participants' open transactions, and announces the commit.
    ///
    /// - Throws: `.constraint` where a deferred foreign key is broken; then, and for whatever else is thrown, the transactions are as
    ///   they were.
    func prepare(_ participants: [Participant]) async throws -> Prepared {
        for participant in participants where participant.connection.hasBrokenForeignKeys {
            throw ShardError(.constraint, "FOREIGN KEY constraint failed", engineCode: "787")
        }
        var logs: [(participant: Participant, bytes: [UInt8])] = []
        var idle: [ShardIndex] = []
        for (participant, log) in zip(participants, try await rowLogs(participants)) {
            if let log { logs.append((participant, log)) } else { idle.append(participant.shard) }
        }
        // The largest log is the one that need not be kept.
        logs.sort { ($1.bytes.count, $0.participant.shard) < ($0.bytes.count, $1.participant.shard) }
        guard logs.count > 1, let first = logs.first else {
            return Prepared(order: logs.map(\.participant.shard) + idle)
        }
        try FaultPoints.hit(.commitBeforePrepare)
        let others = logs.dropFirst().sorted { $0.participant.shard < $1.participant.shard }
        var prepared = Prepared(
            order: logs.map(\.participant.shard) + idle, commitPoint: first.participant.shard,
            others: others.map(\.participant.shard))
        do {
            for (participant, _) in logs { _ = try await participant.connection.execute(Self.open, values: []) }
            let name = shards[first.participant.shard].name
            try await retireReached(at: first.participant.shard, on: first.participant.connection)
            prepared.sequence = try await DecisionLedger.decide(
                on: first.participant.connection, shard: name,
                logs: others.map { (shards[$0.participant.shard].name, $0.bytes) }, at: clock.wallMilliseconds)
            for (participant, _) in others {
                try await DecisionLedger.mark(prepared.sequence, of: name, on: participant.connection)
            }
            try await announce(&prepared)
            try FaultPoints.hit(.commitAnnounced)
            for other in prepared.others where !shards[other].commitsAreDurable {
                // What its rows stand on must not be lost when they are not.
                try await shards[other].syncCommits()
            }
            for (participant, _) in logs { participant.connection.exemptFromGuard() }
        } catch {
            await undo(prepared, participants)
            throw error
        }
        return prepared
    }

    /// Large ones side by side.
    private func rowLogs(_ participants: [Participant]) async throws -> [[UInt8]?] {
        guard participants.contains(where: { $0.connection.isRowLogLarge }) else {
            return try participants.map { try $0.connection.rowLog() }
        }
        return try await withThrowingTaskGroup(of: (Int, [UInt8]?).self) { group in
            for (position, participant) in participants.enumerated() {
                let connection = participant.connection
                group.addTask(executorPreference: shards[participant.shard].workExecutor) {
                    (position, try connection.rowLog())
                }
            }
            var logs = [[UInt8]?](repeating: nil, count: participants.count)
            for try await (position, log) in group { logs[position] = log }
            return logs
        }
    }

    /// Takes back what preparing has written, after the commit point's COMMIT failed and its transaction is still open.
    func undo(_ prepared: Prepared, _ participants: [Participant]) async {
        if let announcement = prepared.announcement { board?.retract(announcement) }
        for participant in participants where participant.connection.isInTransaction {
            if (try? await participant.connection.execute(Self.undo, values: [])) != nil {
                _ = try? await participant.connection.execute(Self.close, values: [])
            }
        }
    }

    /// A participant has committed. The commit point's commit is made durable before any other follows.
    func committed(_ shard: ShardIndex, _ prepared: Prepared) async throws {
        if shard == prepared.commitPoint {
            if !shards[shard].commitsAreDurable { try await shards[shard].syncCommits() }
        } else if let announcement = prepared.announcement {
            board?.reached(shard, announcement)
        }
    }

    /// Every participant has committed.
    func finished(_ prepared: Prepared) {
        guard let commitPoint = prepared.commitPoint else { return }
        if let announcement = prepared.announcement { board?.retract(announcement) }
        reached.withLock {
            $0[commitPoint, default: []].append(Reached(sequence: prepared.sequence, others: prepared.others))
        }
    }

    private func announce(_ prepared: inout Prepared) async throws {
        guard let board else { return }
        let owner = EpochPage.newOwner()
        let deadline = ContinuousClock.now + timeout
        while true {
            // The commit point is held by this transaction: who waits here waits with all its locks, but not for long.
            if !board.commitsAreHeld, let announcement = board.announce(owner, shards: prepared.others) {
                prepared.announcement = announcement
                return
            }
            guard ContinuousClock.now < deadline else {
                throw ShardError(
                    .busy, "a commit over several shards could not be announced to other processes",
                    hint: "Too many such commits are under way, or the folder of the catalog cannot be written.",
                    isRetryable: true)
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    // MARK: Moments

    /// Runs a body in which shards are looked at, again and again until no other process' commit over several shards was under
    /// way in the meantime: so all of what it sees of them is whole. This process' own commits are kept away by the caller.
    ///
    /// Costs two looks at the page where no other process commits. Who finds no such moment asks the committing to wait for a few milliseconds.
    func atOneMoment<Result>(_ body: () async throws -> Result) async throws -> Result {
        guard let board else { return try await body() }
        var attempt = 0
        let deadline = ContinuousClock.now + timeout
        while true {
            if let before = board.quietCount {
                let result = try await body()
                if before == board.quietCount { return result }
            }
            attempt += 1
            try await clearTheDead()
            guard ContinuousClock.now < deadline else {
                throw ShardError(
                    .busy, "database is locked",
                    hint: "Other processes' commits over several shards left no moment to look at the shards together.",
                    engineCode: "5", isRetryable: true)
            }
            if attempt % 10 == 0 { board.holdCommits(for: .milliseconds(5)) }
            try await Task.sleep(for: .microseconds(50 * min(attempt, 20)))
        }
    }

    // MARK: Retiring

    /// Inside a transaction at the commit point.
    private func retireReached(at shard: ShardIndex, on connection: any ShardConnection) async throws {
        for done in takeReached(at: shard) {
            for other in done.others where !shards[other].commitsAreDurable { try await shards[other].syncCommits() }
            try await DecisionLedger.retire(done.sequence, on: connection)
        }
    }

    /// What is not retired, because the transaction then fails, is retired by who opens the database next.
    private func takeReached(at shard: ShardIndex) -> [Reached] {
        reached.withLock { known in
            defer { known[shard] = nil }
            return known[shard] ?? []
        }
    }

    /// Before the database is closed: nobody has to look after this process.
    func retireAll() async {
        for shard in reached.withLock({ Array($0.keys) }) {
            guard let connection = try? await shards[shard].openRepair() else { continue }
            _ = try? await inTransaction(connection) { try await retireReached(at: shard, on: connection) }
        }
    }

    // MARK: Recovery

    /// The tables that commits need, where they are missing.
    func makeLedgers() async throws {
        for shard in shards {
            let reader = try await shard.acquire(.read, settings: .engineDefaults)
            let isMade: Bool
            do {
                isMade = try await DecisionLedger.isMade(on: reader)
                shard.release(reader)
            } catch {
                shard.release(reader)
                throw error
            }
            if isMade { continue }
            let repair = try await shard.openRepair()
            try await inTransaction(repair) { try await repair.executeScript(DecisionLedger.script) }
        }
    }

    /// Decisions that stand.
    func inDoubt() async throws -> [CommitInDoubt] {
        var found: [CommitInDoubt] = []
        for (index, shard) in shards.enumerated() {
            for decision in try await reading(index, { try await DecisionLedger.decisions(on: $0) }) {
                var missing: [String] = []
                for name in decision.shards {
                    guard let other = shards.firstIndex(where: { $0.name == name }) else { continue }
                    let applied = try await reading(other) {
                        try await DecisionLedger.applied(of: shard.name, on: $0)
                    }
                    if applied < decision.sequence { missing.append(name) }
                }
                found.append(
                    CommitInDoubt(
                        commitPoint: shard.name, sequence: decision.sequence, shards: decision.shards,
                        missing: missing, decided: decision.decided))
            }
        }
        return found
    }

    /// Finishes what others have left: applies every decision where it is missing and retires it. Waits for those that are
    /// under way.
    ///
    /// - Returns: how many decisions had to be applied somewhere.
    @discardableResult
    func recover() async throws -> Int {
        try await recovering.withLock {
            var count = 0
            // Before decisions are read: what is abandoned now will not be decided any more.
            let known = shards.indices.map(abandoned)
            for index in shards.indices {
                let decisions = try await reading(index) { try await DecisionLedger.decisions(on: $0) }
                for decision in decisions { if try await finish(decision, of: index) { count += 1 } }
            }
            for index in shards.indices { clearAbandoned(index, known[index]) }
            return count
        }
    }

    /// Applies to one shard what was decided for it. Takes no other shard's lock: the caller may hold some.
    private func applyDecisions(to shard: ShardIndex) async throws {
        let name = shards[shard].name
        for index in shards.indices where index != shard {
            let decisions = try await reading(index) { try await DecisionLedger.decisions(on: $0) }
            for decision in decisions where decision.shards.contains(name) {
                _ = try await apply(decision.sequence, of: index, to: shard)
            }
        }
    }

    private func abandoned(_ shard: ShardIndex) -> [EpochPage.Announcement] {
        board.map { board in board.pendingCommits(to: shard).filter(board.isAbandoned) } ?? []
    }

    /// What was abandoned before all decisions were applied to the shard is among them, or was never decided.
    private func clearAbandoned(_ shard: ShardIndex, _ announcements: [EpochPage.Announcement]) {
        for announcement in announcements {
            board?.reached(shard, announcement)
            if board?.hasShardsLeft(announcement) == false { board?.retract(announcement) }
        }
    }

    /// - Returns: whether it had to be applied somewhere.
    private func finish(_ decision: DecisionLedger.Decision, of commitPoint: ShardIndex) async throws -> Bool {
        var wasMissing = false
        for name in decision.shards {
            guard let other = shards.firstIndex(where: { $0.name == name }) else {
                throw ShardError(
                    .corrupt, "shard \(shards[commitPoint].name) holds a commit for a shard \(name) that is not there")
            }
            if try await apply(decision.sequence, of: commitPoint, to: other) { wasMissing = true }
            if !shards[other].commitsAreDurable { try await shards[other].syncCommits() }
        }
        try FaultPoints.hit(.recoveryBeforeRetiring)
        let repair = try await shards[commitPoint].openRepair()
        do {
            try await inTransaction(repair) { try await DecisionLedger.retire(decision.sequence, on: repair) }
        } catch let error as ShardError where error.code == .busy {
            // Somebody writes it: a decision that stands too long does no harm.
        }
        return wasMissing
    }

    /// - Returns: whether it was missing there.
    private func apply(_ sequence: Int64, of commitPoint: ShardIndex, to other: ShardIndex) async throws -> Bool {
        let name = shards[commitPoint].name
        let known = try await reading(other) { try await DecisionLedger.applied(of: name, on: $0) }
        if known >= sequence { return false }
        let repair = try await shards[other].openRepair()
        return try await inTransaction(repair) {
            // With the lock: whoever was about to commit it has done so, or is gone.
            if try await DecisionLedger.applied(of: name, on: repair) >= sequence { return false }
            let log = try await reading(commitPoint) {
                try await DecisionLedger.log(sequence, of: self.shards[other].name, on: $0)
            }
            guard let log else { return false }
            try repair.apply(log)
            try await DecisionLedger.mark(sequence, of: name, on: repair)
            try FaultPoints.hit(.recoveryApplied)
            logger.notice(
                "a commit over several shards that was left behind has been finished",
                metadata: [
                    "shard": "\(shards[other].name)", "commit": "\(name) \(sequence)", "rows": "\(log.rowCount)",
                ])
            return true
        }
    }

    /// Finishes what dead processes have announced, wherever, and takes their announcements away.
    private func clearTheDead() async throws {
        guard let board else { return }
        let dead = board.announcements.filter(board.isAbandoned)
        if dead.isEmpty { return }
        for index in shards.indices { try await settleAbandoned(index) }
        for announcement in dead where !board.hasShardsLeft(announcement) { board.retract(announcement) }
    }

    /// Before shards are read together: what a dead process had decided is seen on all of them. One atomic load when nothing is
    /// under way.
    func settleAbandoned(_ indices: [ShardIndex]) async throws {
        guard let board, board.hasPendingCommits else { return }
        for index in indices { try await settleAbandoned(index) }
    }

    /// - Returns: whether there was anything.
    @discardableResult
    private func settleAbandoned(_ shard: ShardIndex) async throws -> Bool {
        let known = abandoned(shard)
        if known.isEmpty { return false }
        try await recovering.withLock { try await applyDecisions(to: shard) }
        clearAbandoned(shard, known)
        return true
    }

    /// Makes way for writers of a shard: returns when no commit is announced for it any more. The caller does not hold its
    /// lock; it may hold others.
    func settle(_ shard: ShardIndex) async throws {
        guard let board else { return }
        let deadline = ContinuousClock.now + timeout
        while !board.pendingCommits(to: shard).isEmpty {
            if try await settleAbandoned(shard) { continue }
            guard ContinuousClock.now < deadline else {
                throw ShardError(
                    .busy, "database is locked",
                    hint: "A commit over several shards to \(shards[shard].name) has not ended.", engineCode: "5",
                    isRetryable: true)
            }
            try await Task.sleep(for: .microseconds(200))
        }
    }

    /// Whether a commit was refused by a shard's guard.
    static func isRefusal(_ error: any Error) -> Bool {
        (error as? ShardError)?.engineCode == CommitRefusal.engineCode
    }

    /// Whether a writer of the shard, who holds its lock, has to let others finish first.
    func isPending(_ shard: ShardIndex) -> Bool {
        guard let board, board.hasPendingCommits else { return false }
        return !board.pendingCommits(to: shard).isEmpty
    }

    // MARK: Connections

    private func reading<Result>(
        _ shard: ShardIndex, _ body: (any ShardConnection) async throws -> Result
    ) async throws -> Result {
        let connection = try await shards[shard].acquire(.read, settings: .engineDefaults)
        defer { shards[shard].release(connection) }
        return try await body(connection)
    }

    private func inTransaction<Result>(
        _ connection: any ShardConnection, _ body: () async throws -> Result
    ) async throws -> Result {
        // Who recovers must not give up early: nobody may write a shard before it has what was decided.
        let deadline = ContinuousClock.now + max(timeout, .seconds(10))
        while true {
            do {
                _ = try await connection.execute(TransactionStatements.beginImmediate, values: [])
                break
            } catch let error as ShardError where error.code == .busy && ContinuousClock.now < deadline {}
        }
        do {
            let result = try await body()
            _ = try await connection.execute(TransactionStatements.commit, values: [])
            return result
        } catch {
            _ = try? await connection.execute(TransactionStatements.rollback, values: [])
            throw error
        }
    }
}
