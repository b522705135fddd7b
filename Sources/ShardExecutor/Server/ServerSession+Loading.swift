import ShardBackend
import ShardBase
import ShardPlanner
import ShardTopology
import ShardValues

extension Session {
    /// Brings rows in the text form of COPY into a table of the logical database, each to the partition that its key names, by
    /// COPY; all of them or none.
    ///
    /// - Parameters:
    ///   - columns: what each line has, in order. Generated columns cannot be among them.
    ///   - rows: is given what takes whole lines.
    /// - Returns: the number of rows.
    /// - Throws: what a shard says of a row, for example a constraint that it violates.
    public func load(
        into table: String, columns: [String], _ rows: (_ send: ([UInt8]) async throws -> Void) async throws -> Void
    ) async throws -> Int64 {
        let schema = try await database.currentSchema()
        guard let server else { throw ShardError(.statementNotModelled, "lines of COPY go to database servers only") }
        guard let logical = schema.topology.table(named: table) else {
            throw ShardError(.notFound, "no such table: \(table)")
        }
        return try await server.load(into: logical, columns: columns, schema, rows)
    }
}

extension ServerSession {
    fileprivate func load(
        into table: LogicalTable, columns: [String], _ schema: LogicalSchema,
        _ rows: (_ send: ([UInt8]) async throws -> Void) async throws -> Void
    ) async throws -> Int64 {
        guard transaction == nil else {
            throw ShardError(.transactionState, "rows are loaded in a transaction of their own", hint: "COMMIT first.")
        }
        let own = newTransaction()
        var lanes: Lanes?
        do {
            let list = columns.map(ServerNames.quoted).joined(separator: ", ")
            var loader = try await ServerRowLoader(table, columns, list, own, schema.topology)
            lanes = loader.lanes
            try await rows { lines in try await loader.add(lines) }
            let count = try await loader.finish()
            guard try await own.commit() else {
                throw ShardError(.internalError, "rows that were loaded were rolled back")
            }
            return count
        } catch {
            // No connection is used by two at once: what is on its way ends first.
            await lanes?.drain()
            let error = own.explained(error)
            await own.rollback()
            throw error
        }
    }
}

/// Sorts lines by partition, and sends each partition's in large pieces: shards work at the same time, each on one piece, while
/// the next are sorted.
private struct ServerRowLoader {
    private struct Place {
        var shard: ShardIndex
        /// With its columns, as SQL text.
        var table: String
        var lines: [UInt8] = []
    }
    private static let pieceSize = 1 << 19

    let lanes: Lanes
    private var places: [Place]
    private let sharding: Sharding?
    /// Where the key is in a line, ascending, and which of the key's columns that is.
    private let keys: [(field: Int, key: Int, column: ServerKeyColumn)]
    private var count: Int64 = 0

    init(
        _ table: LogicalTable, _ columns: [String], _ list: String, _ transaction: ServerTransaction,
        _ topology: Topology
    ) async throws {
        switch table.placement {
        case .broadcast:
            places = topology.shards.indices.map {
                Place(shard: $0, table: "\(ServerNames.whole(table.schema.name)) (\(list))")
            }
            (sharding, keys) = (nil, [])
        case .single(let shard):
            places = [Place(shard: shard, table: "\(ServerNames.whole(table.schema.name)) (\(list))")]
            (sharding, keys) = (nil, [])
        case .sharded(let own):
            places = zip(own.partitions, ServerNames.names(of: table.schema.name, own)).map {
                Place(shard: $0.shard, table: "\($1) (\(list))")
            }
            sharding = own
            keys = try own.keyColumns.enumerated().map { key, ordinal in
                let column = table.schema.columns[ordinal]
                guard let field = columns.firstIndex(of: column.name), let reader = ServerKeyColumn(column) else {
                    throw ShardError(
                        .shardKeyMissing, "the rows for \(table.schema.name) lack the column \(column.name) of its key")
                }
                return (field, key, reader)
            }.sorted { $0.field < $1.field }
        }
        let shards = Set(places.map(\.shard)).sorted()
        try transaction.willWrite(shards)
        var connections: [ShardIndex: any ServerConnection] = [:]
        for shard in shards {
            guard let connection = try await transaction.connection(for: shard) as? any ServerConnection else {
                throw ShardError(.internalError, "a shard is no database server")
            }
            connections[shard] = connection
        }
        lanes = Lanes(connections)
    }

    mutating func add(_ lines: [UInt8]) async throws {
        if let sharding {
            try CopyLines.forEachLine(lines) { line in
                guard let fields = CopyLines.fields(keys.map(\.field), of: lines, line) else {
                    throw ShardError(.input, "a row has too few fields")
                }
                var values = [Value](repeating: .null, count: keys.count)
                for (found, key) in zip(fields, keys) {
                    if let found { values[key.key] = try key.column.stored(.text(found)) }
                }
                places[try sharding.partition(of: values)].lines += lines[line]
                count += 1
            }
        } else {
            CopyLines.forEachLine(lines) { _ in count += 1 }
            for index in places.indices { places[index].lines += lines }
        }
        for index in places.indices where places[index].lines.count >= Self.pieceSize { try await send(index) }
    }

    private mutating func send(_ index: Int) async throws {
        let piece = places[index].lines
        places[index].lines = []
        try await lanes.send(piece, to: places[index].table, on: places[index].shard)
    }

    mutating func finish() async throws -> Int64 {
        for index in places.indices where !places[index].lines.isEmpty { try await send(index) }
        try await lanes.finish()
        return count
    }
}

/// One piece under way for each shard.
///
/// Unchecked: touched by the one statement that the session runs at a time.
private final class Lanes: @unchecked Sendable {
    private let connections: [ShardIndex: any ServerConnection]
    private var underWay: [ShardIndex: Task<Void, any Error>] = [:]

    init(_ connections: [ShardIndex: any ServerConnection]) { self.connections = connections }

    func send(_ lines: [UInt8], to table: String, on shard: ShardIndex) async throws {
        try await underWay.removeValue(forKey: shard)?.value
        guard let connection = connections[shard] else { throw ShardError(.internalError, "a lane is missing") }
        underWay[shard] = Task { _ = try await connection.copy(lines: lines, into: table) }
    }

    func finish() async throws {
        for shard in underWay.keys.sorted() { try await underWay.removeValue(forKey: shard)?.value }
    }

    func drain() async {
        for task in underWay.values { _ = try? await task.value }
        underWay = [:]
    }
}
