import ShardBackend
import ShardBase
import ShardTopology
import ShardValues

/// The shell around ``TransactionStateMachine``: leases connections, runs what the machine says, tells it what came of
/// it.
///
/// Reads of a transaction hold one snapshot per shard on a read connection until the first write to that shard; then
/// the writer takes over, provided nobody committed in between. (The reader's `PRAGMA data_version` is compared while
/// the writer's BEGIN IMMEDIATE keeps everybody else from committing.)
///
/// A COMMIT over several shards is atomic (``AtomicCommits``), or `fast`: shard by shard. Under `fast`, deferred constraints are
/// checked on all shards before the first commit: where
/// foreign keys are on and two shards or more were written, `PRAGMA foreign_key_check` finds the shards whose COMMIT
/// may fail, and those commit first. So a COMMIT that fails for a constraint leaves the whole transaction open, as in
/// SQLite; a shard that fails after another has committed (a full disk, a crash) is told in the error, shard by shard.
final class SessionTransaction: ConnectionProvider, @unchecked Sendable {
    // Unchecked: `machine`, `pins` and `settings` are touched only while `lock` is held, or by the one statement that
    // the session runs at a time (`Session.enter()`), between its child tasks' lives.
    typealias Machine = TransactionStateMachine

    private struct Pin {
        var connection: any ShardConnection
        /// Nil for the session's private database.
        var database: (any ShardDatabase)?
        var gate: WriterGate?
        /// A reader's `PRAGMA data_version` in its snapshot.
        var dataVersion: Value?
        /// What the pool believes the connection carries.
        var settings: SessionSettings
    }

    private let shards: ShardAccess
    private let lock = AsyncMutex()
    private var machine: Machine
    /// Of a commit over several shards that is under way.
    private var prepared: AtomicCommits.Prepared?
    private var pins: [Machine.Participant: Pin] = [:]
    /// Leased readers that are about to be pinned.
    private var spares: [ShardIndex: any ShardConnection] = [:]
    /// The session's settings, given to connections when they are leased.
    var settings = SessionSettings.engineDefaults
    /// `PRAGMA defer_foreign_keys` is on for the rest of this transaction.
    private var defersForeignKeys = false
    /// The session's private database, once there is one.
    var temporary: (any PrivateDatabase)?

    /// Called once per COMMIT, when constraints are checked and before the first shard commits; where it throws, nothing
    /// is committed and the transaction stays open.
    var beforeFirstCommit: (() async throws -> Void)?

    /// How many savepoints are open.
    var savepointDepth: Int { machine.savepoints.count }

    private let home: ShardIndex

    /// - Parameter home: the shard for what any shard can answer, while none takes part yet.
    init(shards: ShardAccess, home: ShardIndex) {
        self.shards = shards
        self.home = home
        machine = Machine(isAtomic: shards.commits != nil)
    }

    var anyShard: ShardIndex { participants.first ?? home }

    var isOpen: Bool { machine.isOpen }

    /// The names of the shards that take part, in order.
    var participants: [ShardIndex] {
        machine.holds.keys.sorted().compactMap { if case .shard(let index) = $0 { index } else { nil } }
    }

    /// The shards whose uncommitted rows this transaction may hold.
    func writer(of shard: ShardIndex) -> (any ShardConnection)? {
        machine.holds[.shard(shard)] == .writing ? pins[.shard(shard)]?.connection : nil
    }

    // MARK: Verbs

    /// Begins, ends or marks the transaction. Gives how it ended, if it did.
    @discardableResult
    func apply(_ event: Machine.Event) async throws -> Machine.Outcome? {
        try await lock.withLock {
            switch event {
            case .commit, .release:
                // Nobody sees one shard committed and the next one not.
                guard machine.holds.values.count(where: { $0 == .writing }) > 1 else { break }
                return try await shards.moments.committing { try await perform(event) }
            case .begin, .rollback, .savepoint, .rollbackTo, .touch, .pinned, .checked, .committed, .prepared,
                .prepareFailed, .commitFailed, .lost:
                break
            }
            return try await perform(event)
        }
    }

    /// The connection of a shard for a read; every call within one transaction gives the same one.
    func connection(for shard: ShardIndex) async throws -> any ShardConnection {
        try await connection(.shard(shard), .reading)
    }

    func connection(
        _ participant: Machine.Participant, _ hold: Machine.Hold
    ) async throws -> any ShardConnection {
        try await lock.withLock {
            _ = try await perform(.touch(participant, hold))
            guard let pin = pins[participant] else {
                throw ShardError(.internalError, "a participant of the transaction has no connection")
            }
            return pin.connection
        }
    }

    func snapshots(of indices: [ShardIndex]) async throws -> [any ShardConnection] {
        try await lock.withLock {
            let missing = indices.filter { pins[.shard($0)] == nil }
            if !missing.isEmpty {
                try await shards.commits?.settleAbandoned(missing)
                // Before the gate, not inside it: who waits for a connection must hold up no commit.
                for index in missing { spares[index] = try await shards[index].acquire(.read, settings: settings) }
                defer {
                    for (index, connection) in spares { shards[index].release(connection) }
                    spares = [:]
                }
                try await shards.moments.reading {
                    for index in missing { _ = try await perform(.touch(.shard(index), .reading)) }
                }
            }
            return try indices.map { index in
                guard let pin = pins[.shard(index)] else {
                    throw ShardError(.internalError, "a participant of the transaction has no connection")
                }
                return pin.connection
            }
        }
    }

    func withMoment<Result>(
        of indices: [ShardIndex], _ body: ([any ShardConnection]) async throws -> Result
    ) async throws -> Result {
        try await body(try await snapshots(of: indices))
    }

    /// Nothing: pinned connections go back when the transaction ends.
    func giveBack(_ connection: any ShardConnection, of shard: ShardIndex) {}

    /// After a failed statement: when an engine has rolled its part back, so does the whole transaction.
    func settle() async {
        let isLost = pins.contains { !$0.value.connection.isInTransaction }
        if isLost { _ = try? await apply(.lost) }
    }

    /// A setting changed while connections are pinned.
    func change(_ name: String, to value: String) async throws {
        if name == "defer_foreign_keys" { defersForeignKeys = SettingCatalogue.isTrue(value) }
        for (participant, pin) in pins {
            if case .shard = participant { try await pin.connection.executeScript("PRAGMA \(name) = \(value)") }
        }
    }

    // MARK: Performing

    private func perform(_ event: Machine.Event) async throws -> Machine.Outcome? {
        var actions = machine.handle(event)
        var outcome: Machine.Outcome?
        var failure: (any Error)?
        while !actions.isEmpty {
            let action = actions.removeFirst()
            switch action {
            case .pin(let participant, let hold, let statements):
                pins[participant] = try await pin(participant, hold, statements)
                actions = machine.handle(.pinned(participant, hold)) + actions
            case .upgrade(let participant, let statements):
                do {
                    pins[participant] = try await upgrade(participant, statements)
                    actions = machine.handle(.pinned(participant, .writing)) + actions
                } catch let error as ShardError where error.engineCode == Self.staleSnapshot {
                    failure = error
                    actions = machine.handle(.lost)
                }
            case .run(let participant, let sql):
                do {
                    _ = try await pins[participant]?.connection.execute(TransactionStatements.named(sql), values: [])
                } catch {
                    // The participants no longer agree on the savepoints: the transaction cannot go on.
                    failure = error
                    actions = machine.handle(.lost)
                }
            case .checkConstraints(let participants):
                do {
                    actions = machine.handle(.checked(suspects: try await suspects(participants))) + actions
                } catch {
                    failure = error
                    actions = machine.handle(.commitFailed(participants[0], isOpen: true)) + actions
                }
            case .prepare(let participants):
                do {
                    let order = try await prepare(participants)
                    actions = machine.handle(.prepared(order)) + actions
                } catch {
                    failure = error
                    actions = machine.handle(.prepareFailed)
                }
            case .commit(let participant):
                do {
                    if let hook = beforeFirstCommit {
                        beforeFirstCommit = nil
                        try await hook()
                    }
                    _ = try await pins[participant]?.connection.execute(TransactionStatements.commit, values: [])
                } catch {
                    failure = error
                    let isOpen = pins[participant]?.connection.isInTransaction ?? false
                    let mayRepeat = isOpen && error.mayCommitAgain
                    actions = machine.handle(.commitFailed(participant, isOpen: mayRepeat))
                    if mayRepeat { await undoPrepared() }
                    continue
                }
                let next = machine.handle(.committed(participant))
                do {
                    if let prepared, case .shard(let index) = participant {
                        try await shards.commits?.committed(index, prepared)
                    }
                    actions = next + actions
                } catch {
                    // Decided, but the others may not follow before that is durable.
                    failure = error
                    actions = next
                    if case .commit(let left)? = next.last {
                        actions = machine.handle(.commitFailed(left, isOpen: false))
                    }
                }
            case .fault(let point):
                do {
                    try FaultPoints.hit(point)
                } catch {
                    failure = error
                    if case .commit(let participant)? = actions.first {
                        actions = machine.handle(.commitFailed(participant, isOpen: false))
                    }
                }
            case .abandon(let participant): await abandon(participant)
            case .finish(let ending):
                outcome = ending
                defersForeignKeys = false
                switch ending {
                case .committed: if let prepared { shards.commits?.finished(prepared) }
                case .torn(let committed, let lost): failure = tornError(failure, committed: committed, lost: lost)
                case .pending(_, let missing): failure = await complete(missing)
                case .rolledBack, .commitFailed:
                    if let prepared { await shards.commits?.undo(prepared, []) }
                }
                prepared = nil
            case .reject(let message):
                throw ShardError(.transactionState, message, engineCode: "1")
            case .rethrow: break
            }
        }
        if let failure { throw failure }
        return outcome
    }

    // MARK: Commits over several shards

    private func participants(_ participants: [Machine.Participant]) -> [AtomicCommits.Participant]? {
        var found: [AtomicCommits.Participant] = []
        for participant in participants {
            guard case .shard(let index) = participant,
                let connection = pins[participant]?.connection as? any RowLogging
            else { return nil }
            found.append(.init(shard: index, connection: connection))
        }
        return found
    }

    private func prepare(_ wanted: [Machine.Participant]) async throws -> [Machine.Participant] {
        guard let commits = shards.commits, let participants = participants(wanted) else {
            throw ShardError(.internalError, "a shard cannot take part in an atomic commit")
        }
        let prepared = try await commits.prepare(participants)
        self.prepared = prepared
        return prepared.order.map { .shard($0) }
    }

    /// The commit point's COMMIT failed, and the transaction goes on.
    private func undoPrepared() async {
        guard let prepared, let participants = participants(prepared.order.map { .shard($0) }) else { return }
        await shards.commits?.undo(prepared, participants)
        self.prepared = nil
    }

    /// The transaction is decided: what is missing is applied now, as it would be by who comes next.
    ///
    /// - Returns: what to tell where that is not possible now.
    private func complete(_ missing: [Machine.Participant]) async -> ShardError? {
        guard let commits = shards.commits else { return nil }
        do {
            try await commits.recover()
            if let prepared { await commits.undo(prepared, []) }
            return nil
        } catch {
            return ShardError(
                .commitPending,
                "the transaction is committed, but \(names(missing)) could not be reached and will show it later: "
                    + ((error as? ShardError)?.message ?? "\(error)"),
                hint: "Do not run it again. It is completed when the shard can be written, or by: shardkit recover")
        }
    }

    private func pin(
        _ participant: Machine.Participant, _ hold: Machine.Hold, _ statements: [String]
    ) async throws -> Pin {
        guard case .shard(let index) = participant else {
            guard let temporary else {
                throw ShardError(.internalError, "the session has no private database")
            }
            for sql in statements { _ = try await temporary.execute(TransactionStatements.named(sql), values: []) }
            return Pin(connection: temporary, settings: settings)
        }
        switch hold {
        case .writing: return try await pinWriter(index, statements)
        case .reading:
            let database = shards[index]
            var connection = spares.removeValue(forKey: index)
            if connection == nil { connection = try await database.acquire(.read, settings: settings) }
            guard let connection else { throw ShardError(.internalError, "no connection was leased") }
            var pin = Pin(connection: connection, database: database, settings: settings)
            do {
                for sql in statements {
                    _ = try await pin.connection.execute(TransactionStatements.named(sql), values: [])
                }
                pin.dataVersion = try await dataVersion(pin.connection)
            } catch {
                database.release(pin.connection)
                throw error
            }
            return pin
        }
    }

    private func pinWriter(_ index: ShardIndex, _ statements: [String]) async throws -> Pin {
        guard machine.holds.contains(where: { $0.value == .writing && $0.key != .temporary }) else {
            return try await pinWriter(index, statements, timeout: shards.busyTimeout)
        }
        // Others may wait for what this transaction holds, and hold what it waits for. Not all of a ring give up at once.
        let timeout = min(shards.busyTimeout, Self.waitHoldingLocks) * Double.random(in: 0.5...1)
        return try await LockWait.$limit.withValue(timeout) {
            try await pinWriter(index, statements, timeout: timeout)
        }
    }

    /// How long a transaction that has written one shard waits for another's lock: what ends a ring of transactions that wait for
    /// one another.
    static let waitHoldingLocks = Duration.seconds(1)

    private func pinWriter(_ index: ShardIndex, _ statements: [String], timeout: Duration) async throws -> Pin {
        let lease = try await shards.writer(of: index, settings: settings, timeout: timeout)
        do {
            for sql in statements {
                _ = try await lease.connection.execute(TransactionStatements.named(sql), values: [])
            }
            if let commits = shards.commits {
                // What a dead process has left for this shard comes first; with the lock held, nothing new can come.
                if commits.isPending(index) { throw MustSettle() }
                try (lease.connection as? any RowLogging)?.beginRowLog()
            }
            if defersForeignKeys { try await lease.connection.executeScript("PRAGMA defer_foreign_keys = 1") }
        } catch is MustSettle {
            lease.giveBack()
            try await shards.commits?.settle(index)
            return try await pinWriter(index, statements, timeout: timeout)
        } catch {
            lease.giveBack()
            throw error
        }
        return Pin(connection: lease.connection, database: lease.database, gate: lease.gate, settings: settings)
    }

    private struct MustSettle: Error {}

    static let staleSnapshot = "517"

    private func upgrade(_ participant: Machine.Participant, _ statements: [String]) async throws -> Pin {
        guard case .shard(let index) = participant, let reader = pins[participant], let database = reader.database
        else {
            throw ShardError(.internalError, "only a shard's reader can be upgraded")
        }
        let writer = try await pinWriter(index, statements)
        // From here on nobody else can commit. The reader's snapshot ends; what it sees now is what the writer sees.
        do {
            _ = try await reader.connection.execute(TransactionStatements.rollback, values: [])
            let version = try await dataVersion(reader.connection)
            guard version == reader.dataVersion else {
                throw ShardError(
                    .busy, "database is locked",
                    hint: "Another transaction changed shard \(database.name) after this one had read it; "
                        + "this transaction was rolled back. Run it again, or BEGIN IMMEDIATE.",
                    engineCode: Self.staleSnapshot, isRetryable: true)
            }
        } catch {
            giveBack(writer)
            throw error
        }
        database.release(reader.connection)
        return writer
    }

    private func dataVersion(_ connection: any ShardConnection) async throws -> Value? {
        let start = try await connection.query(TransactionStatements.dataVersion, values: [], rowLimit: 2)
        start.cursor?.close()
        return start.batch.isEmpty ? nil : start.batch.value(row: 0, column: 0)
    }

    /// Participants with rows that break a foreign key now: only those can fail at COMMIT for a constraint.
    private func suspects(_ participants: [Machine.Participant]) async throws -> [Machine.Participant] {
        guard settings.values["foreign_keys"].map(SettingCatalogue.isTrue) ?? false else { return [] }
        var suspects: [Machine.Participant] = []
        for participant in participants {
            guard let connection = pins[participant]?.connection else { continue }
            let start = try await connection.query(TransactionStatements.foreignKeyCheck, values: [], rowLimit: 1)
            start.cursor?.close()
            if !start.batch.isEmpty { suspects.append(participant) }
        }
        return suspects
    }

    private func abandon(_ participant: Machine.Participant) async {
        guard let pin = pins.removeValue(forKey: participant) else { return }
        if pin.connection.isInTransaction {
            // A failure to roll back means that the engine already did, or that the pool will when it takes the
            // connection back.
            _ = try? await pin.connection.execute(TransactionStatements.rollback, values: [])
        }
        for name in SettingCatalogue.replayed where pin.settings.values[name] != settings.values[name] {
            let value = pin.settings.values[name] ?? SettingCatalogue.defaultValue(of: name)
            try? await pin.connection.executeScript("PRAGMA \(name) = \(value)")
        }
        giveBack(pin)
    }

    private func giveBack(_ pin: Pin) {
        pin.database?.release(pin.connection)
        pin.gate?.leave()
    }

    private func tornError(
        _ failure: (any Error)?, committed: [Machine.Participant], lost: [Machine.Participant]
    ) -> ShardError {
        let cause = failure as? ShardError ?? ShardError(.engine, failure.map { "\($0)" } ?? "COMMIT failed")
        return ShardError(
            cause.code,
            "COMMIT reached \(names(committed)) and not \(names(lost)), which rolled back: \(cause.message)",
            hint: "The changes on \(names(committed)) are durable, those on \(names(lost)) are not.",
            engineCode: cause.engineCode)
    }

    private func names(_ participants: [Machine.Participant]) -> String {
        participants.map { participant in
            switch participant {
            case .shard(let index): "shard \(shards[index].name)"
            case .temporary: "the TEMP tables"
            }
        }.joined(separator: ", ")
    }
}

extension Error {
    /// SQLite leaves the transaction open when COMMIT fails for a constraint or a lock.
    fileprivate var mayCommitAgain: Bool {
        guard let error = self as? ShardError else { return false }
        return error.code == .constraint || error.code == .busy
    }
}
