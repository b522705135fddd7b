import ShardBackend
import ShardBase
import ShardValues

/// What a shard keeps of commits over several shards (decision 0010), in tables of its own:
///
/// | table | a row is |
/// |---|---|
/// | `_shardkit_decisions` | a commit that was decided here, this shard being its commit point, and is not known to have reached all others |
/// | `_shardkit_decision_logs` | what another shard has to do for it, in parts of 1 MiB at most |
/// | `_shardkit_applied` | a commit point, and its last decision that has reached this shard; this shard itself, and its last decision |
///
/// A commit point numbers its decisions without gaps in their order. Two that touch the same other shard reach it in that order,
/// since each holds that shard's write lock when it is decided: so one number per commit point says all.
enum DecisionLedger {
    static let script = """
        CREATE TABLE IF NOT EXISTS _shardkit_decisions (sequence INTEGER PRIMARY KEY, shards TEXT NOT NULL, \
        decided INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS _shardkit_decision_logs (sequence INTEGER NOT NULL, shard TEXT NOT NULL, \
        part INTEGER NOT NULL, log BLOB NOT NULL, PRIMARY KEY (sequence, shard, part)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS _shardkit_applied (shard TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
        """

    private static let exists = ShardStatement("SELECT 1 FROM sqlite_master WHERE name = '_shardkit_applied'")
    private static let next = ShardStatement(
        """
        INSERT INTO _shardkit_applied VALUES (?1, 1) ON CONFLICT (shard) DO UPDATE SET sequence = sequence + 1 \
        RETURNING sequence
        """)
    private static let decide = ShardStatement("INSERT INTO _shardkit_decisions VALUES (?1, ?2, ?3)")
    private static let keepLog = ShardStatement("INSERT INTO _shardkit_decision_logs VALUES (?1, ?2, ?3, ?4)")
    private static let mark = ShardStatement(
        "INSERT INTO _shardkit_applied VALUES (?1, ?2) ON CONFLICT (shard) DO UPDATE SET sequence = excluded.sequence")
    private static let applied = ShardStatement("SELECT sequence FROM _shardkit_applied WHERE shard = ?1")
    private static let decisions = ShardStatement(
        "SELECT sequence, shards, decided FROM _shardkit_decisions ORDER BY sequence")
    private static let log = ShardStatement(
        "SELECT log FROM _shardkit_decision_logs WHERE sequence = ?1 AND shard = ?2 ORDER BY part")
    private static let retireDecision = ShardStatement("DELETE FROM _shardkit_decisions WHERE sequence = ?1")
    private static let retireLogs = ShardStatement("DELETE FROM _shardkit_decision_logs WHERE sequence = ?1")

    private static let partBytes = 1 << 20

    /// A decision that stands.
    struct Decision: Sendable, Hashable {
        var sequence: Int64
        /// Names of the other shards.
        var shards: [String]
        /// Milliseconds since 1970.
        var decided: Int64
    }

    static func isMade(on connection: any ShardConnection) async throws -> Bool {
        try await !connection.first(exists).isEmpty
    }

    // MARK: On the commit point

    /// Inside its transaction: the decision with its number.
    static func decide(
        on connection: any ShardConnection, shard: String, logs: [(shard: String, log: [UInt8])], at time: Int64
    ) async throws -> Int64 {
        guard case .integer(let sequence)? = try await connection.first(next, [.text(shard)]).first else {
            throw ShardError(.corrupt, "the decisions of shard \(shard) cannot be numbered")
        }
        let names = logs.map(\.shard).joined(separator: "\n")
        _ = try await connection.execute(decide, values: [.integer(sequence), .text(names), .integer(time)])
        for (other, log) in logs {
            var start = 0
            var part: Int64 = 0
            repeat {
                let end = min(log.count, start + partBytes)
                _ = try await connection.execute(
                    keepLog,
                    values: [
                        .integer(sequence), .text(other), .integer(part),
                        .blob(start == 0 && end == log.count ? log : Array(log[start..<end])),
                    ])
                start = end
                part += 1
            } while start < log.count
        }
        return sequence
    }

    static func decisions(on connection: any ShardConnection) async throws -> [Decision] {
        try await connection.wholeAnswer(decisions, values: [], byteLimit: .max).batches.flatMap { batch in
            try (0..<batch.rowCount).map { row throws(ShardError) in
                guard case .integer(let sequence) = batch.value(row: row, column: 0),
                    case .text(let names) = batch.value(row: row, column: 1),
                    case .integer(let decided) = batch.value(row: row, column: 2)
                else { throw ShardError(.corrupt, "the decisions of a shard cannot be read") }
                return Decision(
                    sequence: sequence, shards: names.split(separator: "\n").map(String.init), decided: decided)
            }
        }
    }

    /// What a decision has for a shard; nil: it does not stand any more.
    static func log(_ sequence: Int64, of shard: String, on connection: any ShardConnection) async throws -> RowLog? {
        var bytes: [UInt8] = []
        let answer = try await connection.wholeAnswer(
            log, values: [.integer(sequence), .text(shard)], byteLimit: .max)
        if answer.batches.isEmpty { return nil }
        for batch in answer.batches {
            for row in 0..<batch.rowCount {
                guard case .blob(let part) = batch.value(row: row, column: 0) else {
                    throw ShardError(.corrupt, "a row log of a commit over several shards is damaged")
                }
                bytes += part
            }
        }
        return try RowLog(decoding: bytes)
    }

    /// Inside a transaction: the decision has reached all shards, durably.
    static func retire(_ sequence: Int64, on connection: any ShardConnection) async throws {
        _ = try await connection.execute(retireLogs, values: [.integer(sequence)])
        _ = try await connection.execute(retireDecision, values: [.integer(sequence)])
    }

    // MARK: On the others

    /// Inside the transaction that does what the decision says.
    static func mark(_ sequence: Int64, of commitPoint: String, on connection: any ShardConnection) async throws {
        _ = try await connection.execute(mark, values: [.text(commitPoint), .integer(sequence)])
    }

    /// The commit point's last decision that has reached the shard; 0: none.
    static func applied(of commitPoint: String, on connection: any ShardConnection) async throws -> Int64 {
        guard case .integer(let sequence)? = try await connection.first(applied, [.text(commitPoint)]).first else {
            return 0
        }
        return sequence
    }
}

extension ShardConnection {
    /// The first row of an answer; empty where there is none.
    fileprivate func first(_ statement: ShardStatement, _ values: [Value] = []) async throws -> [Value] {
        let start = try await query(statement, values: values, rowLimit: 2)
        start.cursor?.close()
        return start.batch.isEmpty ? [] : start.batch.row(0)
    }
}
