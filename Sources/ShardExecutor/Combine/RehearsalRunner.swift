import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import ShardValues

/// Runs a rehearsal: brings the tables whole into a private engine, runs the write there while its row changes are
/// watched, and then does to each row what became of it. One transaction, which holds every writer from before the
/// gathering on.
struct RehearsalRunner {
    let session: Session
    let schema: LogicalSchema
    let compiled: CompiledPlan
    let plan: RehearsalPlan
    /// The run's, extras included.
    let values: [Value]

    func run() async throws -> WriteResult {
        defer {
            for table in plan.tables where table.hasMadeRowIDs { session.touchedRowIDs(of: table.piece.table) }
        }
        let targets = Set(plan.tables.flatMap { $0.home.shards(of: schema.topology) }).sorted()
        return try await session.withEveryWriter(to: targets) { writers in
            try await run(writers, targets)
        }
    }

    /// A function of its own, never part of the closure: built for release by Swift 6.3, the closure gave back a result
    /// whose arrays were other memory, and the process crashed when it let go of them.
    @inline(never)
    private func run(_ writers: ShardWriters, _ targets: [ShardIndex]) async throws -> WriteResult {
        let engine = try await Gathering(
            pieces: plan.tables.map(\.piece), compiled: compiled, values: values,
            settings: session.transaction.settings, environment: session.database.environment
        ).engine(session.transaction).engine
        try await seedSequences(engine)
        for script in plan.scripts { try await engine.executeScript(script) }
        let (outcome, changes) = try await rehearse(engine)
        let fates = try await fates(changes, engine)
        try await carryOut(fates, writers)
        var result = WriteResult(shards: targets)
        result.count(outcome.outcome)
        if plan.returnsRows { result.batches = outcome.batches }
        if plan.isInsert, outcome.outcome.changes > 0 { result.lastInsert = .known(outcome.outcome.lastInsertID) }
        return result
    }

    /// AUTOINCREMENT goes on from the highest number ever used, which the rows alone do not tell.
    private func seedSequences(_ engine: any PrivateDatabase) async throws {
        for table in plan.tables where table.isAutoIncrement {
            guard let highest = try await session.highestRowID(of: table.piece.table, schema: schema) else { continue }
            let name = "'" + table.piece.table.replacing("'", with: "''") + "'"
            try await engine.executeScript(
                "DELETE FROM sqlite_sequence WHERE name = \(name); INSERT INTO sqlite_sequence VALUES (\(name), \(highest))"
            )
        }
    }

    private func rehearse(
        _ engine: any PrivateDatabase
    ) async throws -> (outcome: FragmentOutcome, changes: [RowChange]) {
        try engine.watch(
            plan.tables.map { table in
                WatchedTable(
                    name: table.piece.table, identity: table.identityOrdinals, key: table.home.keyOrdinals)
            })
        do {
            let outcome = try await engine.write(
                ShardStatement(plan.sql), values: values, returnsRows: plan.returnsRows,
                byteLimit: session.database.environment.limits.maxStatementBytes)
            return (outcome, engine.endWatching())
        } catch {
            _ = engine.endWatching()
            throw error
        }
    }

    // MARK: What became of the rows

    /// A row that was touched.
    private struct Fate {
        var table: Int
        var identity: [Value]
        /// The shard key's values as they were; nil: there was no such row.
        var keyBefore: [Value]?
        /// The row as it is; nil: it is gone.
        var row: [Value]?
    }

    private struct Touched: Hashable {
        var table: Int
        var identity: [Value]
    }

    private func fates(_ changes: [RowChange], _ engine: any PrivateDatabase) async throws -> [Fate] {
        var keysBefore: [Touched: [Value]?] = [:]
        var order: [Touched] = []
        let comparisons = plan.tables.map { table in
            let columns = schema.topology.table(named: table.piece.table)?.schema.columns ?? []
            return table.identityOrdinals.map { $0 < columns.count ? columns[$0].collation : .binary }
        }
        func touch(_ table: Int, _ identity: [Value], _ key: [Value]?) {
            let touched = Touched(table: table, identity: Self.canonical(identity, comparisons[table]))
            // What it was before the statement is what its first change says.
            guard keysBefore[touched] == nil else { return }
            keysBefore[touched] = .some(key)
            order.append(touched)
        }
        for change in changes {
            if let before = change.before { touch(change.table, before.identity, before.key) }
            if let after = change.after { touch(change.table, after, nil) }
        }
        let readers = plan.tables.map { table in
            let columns = table.columns.map { Identifier.quoted($0) }.joined(separator: ", ")
            let condition = table.identity.enumerated().map { index, position in
                "\(Identifier.quoted(table.columns[position])) = ?\(index + 1)"
            }.joined(separator: " AND ")
            return ShardStatement(
                "SELECT \(columns) FROM \(Identifier.quoted(table.piece.table)) WHERE \(condition)")
        }
        var fates: [Fate] = []
        fates.reserveCapacity(order.count)
        for touched in order {
            let found = try await engine.query(readers[touched.table], values: touched.identity, rowLimit: 2)
            found.cursor?.close()
            fates.append(
                Fate(
                    table: touched.table, identity: touched.identity, keyBefore: keysBefore[touched] ?? nil,
                    row: found.batch.isEmpty ? nil : found.batch.row(0)))
        }
        return fates
    }

    /// The same for identities that the table's key calls equal: texts under its collations, 5 and 5.0. (The hook shows
    /// whole numbers of REAL columns as integers, and of WITHOUT ROWID tables others as reals.)
    private static func canonical(_ identity: [Value], _ collations: [Collation]) -> [Value] {
        identity.enumerated().map { index, value in
            switch value {
            case .real(let real): return Int64(exactly: real).map { .integer($0) } ?? value
            case .text(let text):
                switch index < collations.count ? collations[index] : .binary {
                case .nocase: return .text(text.asciiLowercased())
                case .rtrim:
                    return .text(
                        String(text.unicodeScalars.reversed().drop { $0 == " " }.reversed().map(Character.init)))
                case .binary, .custom: return value
                }
            case .null, .integer, .blob, .malformedText: return value
            }
        }
    }

    // MARK: Carrying out

    private struct RowWrite: ShardWork {
        var shard: ShardIndex
        var statement: ShardStatement
        var values: [Value]
        var table: Int
    }

    private func carryOut(_ fates: [Fate], _ writers: ShardWriters) async throws {
        let deletes = plan.tables.map { RenderedTemplate($0.delete) }
        let inserts = plan.tables.map { RenderedTemplate($0.insert) }
        let updates = plan.tables.map { $0.update.map { RenderedTemplate($0) } }
        // Rows that go make room before others change and new ones come.
        var leaving: [RowWrite] = []
        var changing: [RowWrite] = []
        var coming: [RowWrite] = []
        for fate in fates {
            let table = plan.tables[fate.table]
            let before = try fate.keyBefore.map { try table.home.places(key: $0, schema.topology) }
            let after = try fate.row.map { row in
                try table.home.places(key: table.home.keyPositions.map { row[$0] }, schema.topology)
            }
            func add(_ list: inout [RowWrite], _ template: RenderedTemplate, _ places: [Place], _ values: [Value])
                throws
            {
                for place in places {
                    list.append(
                        RowWrite(
                            shard: place.shard, statement: try template.statement(place.partition), values: values,
                            table: fate.table))
                }
            }
            // An equal key that is not the same ('a' and 'A') is no column that an update sets: the row is written anew.
            if let before, let after, before == after, let update = updates[fate.table], let row = fate.row,
                table.identity.map({ row[$0] }) == fate.identity
            {
                try add(&changing, update, after, row)
                continue
            }
            if let before {
                // The statement finds the row by its identity; its other parameters stay NULL.
                var values = [Value](repeating: .null, count: table.columns.count)
                for (position, value) in zip(table.identity, fate.identity) { values[position] = value }
                try add(&leaving, deletes[fate.table], before, values)
            }
            if let after, let row = fate.row { try add(&coming, inserts[fate.table], after, row) }
        }
        for work in [leaving, changing, coming] {
            let counts = try await writers.each(work, isLarge: work.count > 64) { row, connection in
                try await connection.execute(row.statement, values: row.values).changes
            }
            if let missed = zip(work, counts).first(where: { $1 != 1 })?.0 {
                throw ShardError(
                    .schemaDrift,
                    "a row of \(plan.tables[missed.table].piece.table) that was read is not where it belongs, on shard "
                        + schema.topology.shards[missed.shard],
                    hint: "shardkit check finds rows on the wrong shard.")
            }
        }
    }
}

/// One of the places of a row.
struct Place: Hashable {
    var shard: ShardIndex
    var partition: Int?
}

extension RehearsedTable.Home {
    var keyPositions: [Int] {
        switch self {
        case .key(_, let positions, _): positions
        case .single, .everyShard: []
        }
    }

    var keyOrdinals: [Int] {
        switch self {
        case .key(_, _, let ordinals): ordinals
        case .single, .everyShard: []
        }
    }

    func places(key: [Value], _ topology: Topology) throws(ShardError) -> [Place] {
        switch self {
        case .single(let shard): return [Place(shard: shard, partition: nil)]
        case .everyShard: return topology.shards.indices.map { Place(shard: $0, partition: nil) }
        case .key(let sharding, _, _):
            let partition = try sharding.partition(of: key)
            return [Place(shard: sharding.partitions[partition].shard, partition: partition)]
        }
    }

    /// The shards that rows can be on, ascending.
    func shards(of topology: Topology) -> [ShardIndex] {
        switch self {
        case .single(let shard): [shard]
        case .everyShard: Array(topology.shards.indices)
        case .key(let sharding, _, _): Set(sharding.partitions.map(\.shard)).sorted()
        }
    }
}
