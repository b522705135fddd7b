import ShardBackend
import ShardBase
import ShardSQL
import ShardTopology

/// The transaction of one session over database servers. A shard takes part from its first statement on: BEGIN, then the open
/// savepoints again, in order. A statement that fails anywhere makes all of it fail until ROLLBACK or ROLLBACK TO, as on one
/// server.
///
/// COMMIT over several shards that were written is atomic (``ServerCommits``), or under `commit: fast` goes shard by shard: what
/// fails behind the first is told, shard by shard.
final class ServerTransaction: ConnectionProvider, @unchecked Sendable {
    // Unchecked: touched by the one statement that the session runs at a time.

    private enum Participant: Hashable, Comparable {
        case shard(ShardIndex)
        /// Comes last: nothing of it is lost that anybody would miss.
        case coordinator

        static func < (left: Self, right: Self) -> Bool {
            switch (left, right) {
            case (.shard(let one), .shard(let other)): one < other
            case (.shard, .coordinator): true
            case (.coordinator, _): false
            }
        }
    }

    private let shards: ShardAccess
    private let coordinator: any ShardDatabase
    private let home: ShardIndex
    /// Nil: commits go shard by shard.
    private let commits: ServerCommits?
    private let deadlocks: ServerDeadlocks?
    /// What the session's reads may miss, where shards have replicas.
    private let reading: SessionReading?
    /// What a shard's connection carries when it comes in.
    private var settings: SessionSettings
    /// What its connections are called on the servers, from its second shard on.
    private var name: String?
    /// Shards that were written.
    private var written: Set<ShardIndex> = []
    /// As BEGIN named it: `ISOLATION LEVEL READ COMMITTED`, `READ ONLY`.
    let mode: String
    private var pins: [Participant: any ShardConnection] = [:]
    /// As SQL text, outermost first.
    private var savepoints: [String] = []
    /// A statement has failed.
    private(set) var isFailed = false
    /// The session's own connection to the coordinator: it stays the session's when the transaction ends.
    private var own: (any ServerConnection)?

    init(
        shards: ShardAccess, coordinator: any ShardDatabase, home: ShardIndex, commits: ServerCommits?,
        deadlocks: ServerDeadlocks?, settings: SessionSettings, own: (any ServerConnection)?, mode: String = "",
        reading: SessionReading? = nil
    ) {
        self.reading = reading
        self.own = own
        self.settings = settings
        self.deadlocks = deadlocks
        self.commits = commits
        self.shards = shards
        self.coordinator = coordinator
        self.home = home
        self.mode = mode
    }

    static var aborted: ShardError {
        ShardError(
            .transactionState, "current transaction is aborted, commands ignored until end of transaction block",
            hint: "ROLLBACK, or ROLLBACK TO a savepoint.", engineCode: "25P02")
    }

    /// A statement of the transaction has failed.
    func fail() { isFailed = true }

    // MARK: Connections

    /// A statement is going to write these shards.
    ///
    /// - Throws: where they could not be committed together.
    func willWrite(_ indices: some Sequence<ShardIndex>) throws(ShardError) {
        let all = written.union(indices)
        try commits?.check(all.sorted())
        written = all
    }

    var anyShard: ShardIndex {
        for participant in pins.keys.sorted() { if case .shard(let index) = participant { return index } }
        return home
    }

    func connection(for shard: ShardIndex) async throws -> any ShardConnection {
        try await pinned(.shard(shard), shards[shard])
    }

    func coordinatorConnection() async throws -> any ServerConnection {
        guard let connection = try await pinned(.coordinator, coordinator) as? any ServerConnection else {
            throw ShardError(.internalError, "the coordinator is no database server")
        }
        return connection
    }

    /// The transaction's connection to the coordinator, where it has one already.
    var coordinatorInUse: (any ServerConnection)? { pins[.coordinator] as? any ServerConnection }

    private func pinned(_ participant: Participant, _ database: any ShardDatabase) async throws -> any ShardConnection {
        if let known = pins[participant] { return known }
        let connection = try await lent(participant, database)
        do {
            var texts = [mode.isEmpty ? "BEGIN" : "BEGIN " + mode]
            if let own = try await named(participant) { texts.append(own) }
            texts += savepoints.map { "SAVEPOINT " + $0 }
            try await connection.executeScript(texts.joined(separator: "; "))
        } catch {
            if participant != .coordinator || own == nil { database.release(connection) }
            throw error
        }
        pins[participant] = connection
        return connection
    }

    /// What BEGIN said keeps it from writing on every server: replicas may take part.
    private var isReadOnly: Bool { mode.contains("READ ONLY") && !mode.contains("READ WRITE") }

    private func lent(_ participant: Participant, _ database: any ShardDatabase) async throws -> any ShardConnection {
        guard participant == .coordinator, let own else {
            if isReadOnly, case .shard(let index) = participant, let reading,
                let replicated = database as? ReplicatedShard
            {
                let request = try await reading.request(shard: index, name: replicated.name)
                return try await replicated.acquire(request, settings: settings)
            }
            return try await database.acquire(.write, settings: settings)
        }
        try await own.carry(settings)
        return own
    }

    /// The connection to the coordinator becomes the session's own.
    func adoptCoordinator() async throws -> any ServerConnection {
        let connection = try await coordinatorConnection()
        own = connection
        return connection
    }

    /// From the second shard on a transaction may be part of a ring that no server sees: its connections get its name.
    ///
    /// - Returns: what a further one runs.
    private func named(_ participant: Participant) async throws -> String? {
        guard let deadlocks, case .shard = participant else { return nil }
        let others = pins.filter { if case .shard = $0.key { true } else { false } }
        guard !others.isEmpty else { return nil }
        if let name { return "SET LOCAL application_name = '\(name)'" }
        let name = deadlocks.newName(SystemClock())
        self.name = name
        deadlocks.entered()
        for (_, other) in others { try await other.executeScript("SET LOCAL application_name = '\(name)'") }
        return "SET LOCAL application_name = '\(name)'"
    }

    /// An error as the session shows it: a statement that was cancelled to end a ring says so.
    func explained(_ error: any Error) -> any Error {
        guard let name, let deadlock = deadlocks?.deadlock(error, of: name) else { return error }
        return deadlock
    }

    private func leave() {
        guard name != nil else { return }
        name = nil
        deadlocks?.left()
    }

    func snapshots(of indices: [ShardIndex]) async throws -> [any ShardConnection] {
        var found: [any ShardConnection] = []
        for index in indices { found.append(try await connection(for: index)) }
        return found
    }

    func withMoment<Result>(
        of indices: [ShardIndex], _ body: ([any ShardConnection]) async throws -> Result
    ) async throws -> Result {
        try await body(try await snapshots(of: indices))
    }

    /// Nothing: pinned connections go back when the transaction ends.
    func giveBack(_ connection: any ShardConnection, of shard: ShardIndex) {}

    private func database(_ participant: Participant) -> any ShardDatabase {
        switch participant {
        case .shard(let index): shards[index]
        case .coordinator: coordinator
        }
    }

    private func release(_ participant: Participant) {
        // The pool rolls back what is still open.
        guard let connection = pins.removeValue(forKey: participant) else { return }
        if let reading, case .shard(let index) = participant {
            if !isReadOnly { reading.wrote(connection, of: index) }
            reading.saw(connection, of: index)
        }
        if participant != .coordinator || own == nil { database(participant).release(connection) }
    }

    /// The session has SET something.
    ///
    /// - Parameter text: for the connections that are in the transaction already.
    func set(_ text: String, _ settings: SessionSettings) async throws {
        self.settings = settings
        try await onAll(text)
    }

    // MARK: Savepoints

    func savepoint(_ name: String) async throws {
        try await onAll("SAVEPOINT " + name)
        savepoints.append(name)
    }

    func release(savepoint name: String) async throws {
        let index = try index(of: name)
        try await onAll("RELEASE SAVEPOINT " + name)
        savepoints.removeSubrange(index...)
    }

    func rollback(to name: String) async throws {
        let index = try index(of: name)
        try await onAll("ROLLBACK TO SAVEPOINT " + name)
        savepoints.removeSubrange((index + 1)...)
        isFailed = false
    }

    private func index(of name: String) throws(ShardError) -> Int {
        guard let index = savepoints.lastIndex(of: name) else {
            isFailed = true
            throw ShardError(.engine, "savepoint \(name) does not exist", engineCode: "3B001")
        }
        return index
    }

    private func onAll(_ sql: String) async throws {
        do {
            for participant in pins.keys.sorted() { try await pins[participant]?.executeScript(sql) }
        } catch {
            isFailed = true
            throw error
        }
    }

    // MARK: The end

    func rollback() async {
        leave()
        for participant in pins.keys.sorted() {
            if let connection = pins[participant], connection.isInTransaction {
                try? await connection.executeScript("ROLLBACK")
            }
            release(participant)
        }
    }

    /// - Returns: whether it was committed; a transaction that has failed is rolled back.
    func commit() async throws -> Bool {
        // A server answers COMMIT of a failed transaction with ROLLBACK, and no error.
        if pins.values.contains(where: { ($0 as? any ServerConnection)?.isTransactionFailed ?? false }) {
            isFailed = true
        }
        guard !isFailed else {
            await rollback()
            return false
        }
        // What the session's own tables forbid has to show before any shard commits.
        if own != nil, let connection = pins[.coordinator] {
            do {
                try await connection.executeScript("SET CONSTRAINTS ALL IMMEDIATE")
            } catch {
                await rollback()
                throw error
            }
        }
        leave()
        guard written.count > 1 else {
            try await commitAll()
            return true
        }
        try await shards.moments.committing {
            if let commits { try await commitTogether(commits) } else { try await commitAll() }
        }
        return true
    }

    /// Shards that were only read, and the coordinator, take no part.
    private func commitTogether(_ commits: ServerCommits) async throws {
        let writers = written.sorted().compactMap { index in
            pins[.shard(index)].map { (shard: index, connection: $0) }
        }
        do {
            try await commits.commit(writers)
        } catch {
            await rollback()
            throw error
        }
        for participant in pins.keys.sorted() {
            if case .shard(let index) = participant, written.contains(index) {
                release(participant)
                continue
            }
            try? await pins[participant]?.executeScript("COMMIT")
            release(participant)
        }
    }

    private func commitAll() async throws {
        var done: [String] = []
        for participant in pins.keys.sorted() {
            do {
                try await pins[participant]?.executeScript("COMMIT")
                done.append(database(participant).name)
                release(participant)
            } catch {
                let failure = error as? ShardError ?? ShardError(.engine, "\(error)")
                let lost = pins.keys.sorted().map { database($0).name }
                await rollback()
                let doneShards = done.joined(separator: ", ")
                guard !done.isEmpty else { throw failure }
                // What the coordinator held is nobody's.
                if participant == .coordinator { return }
                throw ShardError(
                    failure.code,
                    "COMMIT reached \(doneShards) and not \(lost.joined(separator: ", ")), which rolled back: \(failure.message)",
                    hint: "The changes on \(doneShards) are durable, the others are not.",
                    engineCode: failure.engineCode)
            }
        }
    }
}
