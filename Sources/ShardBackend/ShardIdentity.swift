public import ShardBase
import ShardValues

/// Who a shard says it is: one row of `_shardkit_meta` in its file. Format version 1; transactions and migration stand
/// on its columns.
public struct ShardIdentity: Sendable, Hashable {
    public static let formatVersion: Int64 = 1
    public static let table = "_shardkit_meta"

    public enum State: String, Sendable, Hashable, CaseIterable { case serving, importing, fenced, retired }

    public var clusterID: String
    public var shardID: String
    public var shardName: String
    /// Grows when a file is replaced by a restored or moved one.
    public var incarnation: Int64
    public var state: State
    public var epoch: Int64
    public var attempt: Int64
    public var commitCounter: Int64

    public init(
        clusterID: String, shardID: String, shardName: String, incarnation: Int64 = 1, state: State = .serving,
        epoch: Int64 = 0, attempt: Int64 = 0, commitCounter: Int64 = 0
    ) {
        self.clusterID = clusterID
        self.shardID = shardID
        self.shardName = shardName
        self.incarnation = incarnation
        self.state = state
        self.epoch = epoch
        self.attempt = attempt
        self.commitCounter = commitCounter
    }

    /// Reads the identity; nil from a database that has none.
    ///
    /// - Parameter spelling: the engine's. Default: SQLite's.
    public static func read(
        from connection: any ShardConnection, spelling: EngineSpelling = .sqlite
    ) async throws -> ShardIdentity? {
        let known = try await connection.query(
            ShardStatement(spelling.tableExists), values: [.text(table)], rowLimit: 1)
        known.cursor?.close()
        if known.batch.isEmpty { return nil }
        let start = try await connection.query(
            ShardStatement(
                "SELECT format, cluster, shard, name, incarnation, state, epoch, attempt, commits FROM \(table)"),
            values: [], rowLimit: 2)
        start.cursor?.close()
        guard start.batch.rowCount == 1 else {
            throw ShardError(.corrupt, "\(table) of a shard has \(start.batch.rowCount) rows instead of one")
        }
        let row = start.batch.row(0)
        guard case .integer(let format) = row[0] else {
            throw ShardError(.corrupt, "\(table) of a shard cannot be read")
        }
        guard format == formatVersion else {
            throw ShardError(
                .catalogVersion, "a shard has format \(format); this version of ShardKit reads \(formatVersion)")
        }
        guard case .text(let cluster) = row[1], case .text(let shard) = row[2], case .text(let name) = row[3],
            case .integer(let incarnation) = row[4], case .text(let stateText) = row[5],
            let state = State(rawValue: stateText), case .integer(let epoch) = row[6],
            case .integer(let attempt) = row[7], case .integer(let commits) = row[8]
        else { throw ShardError(.corrupt, "\(table) of a shard cannot be read") }
        return ShardIdentity(
            clusterID: cluster, shardID: shard, shardName: name, incarnation: incarnation, state: state, epoch: epoch,
            attempt: attempt, commitCounter: commits)
    }

    /// Writes the identity into a database that has none.
    ///
    /// - Parameter spelling: the engine's. Default: SQLite's.
    public func create(on connection: any ShardConnection, spelling: EngineSpelling = .sqlite) async throws {
        let integer = spelling.integerType
        try await connection.executeScript(
            """
            \(spelling.beginWriting);
            CREATE TABLE \(Self.table) (format \(integer) NOT NULL, cluster TEXT NOT NULL, shard TEXT NOT NULL, \
            name TEXT NOT NULL, incarnation \(integer) NOT NULL, state TEXT NOT NULL, epoch \(integer) NOT NULL, \
            attempt \(integer) NOT NULL, commits \(integer) NOT NULL);
            """)
        _ = try await connection.execute(
            ShardStatement("INSERT INTO \(Self.table) VALUES \(spelling.parameters(9))"),
            values: [
                .integer(Self.formatVersion), .text(clusterID), .text(shardID), .text(shardName),
                .integer(incarnation), .text(state.rawValue), .integer(epoch), .integer(attempt),
                .integer(commitCounter),
            ])
        try await connection.executeScript("COMMIT")
    }

    /// Refuses a file that does not belong where it stands.
    public func verify(clusterID: String, shardID: String?, shardName: String) throws(ShardError) {
        guard self.clusterID == clusterID else {
            throw ShardError(
                .foreignShard, "the file of shard \(shardName) belongs to another cluster (\(self.clusterID))",
                hint: "Put the right file in its place; ShardKit wrote nothing to this one.")
        }
        guard self.shardName == shardName, shardID == nil || shardID == self.shardID else {
            throw ShardError(
                .foreignShard, "the file of shard \(shardName) is that of shard \(self.shardName), or a copy of it",
                hint: "Put each file in its own place; a copied shard would answer for rows that are not its own.")
        }
    }
}
