import ShardBackend
import ShardBase
import ShardPlanner
import ShardValues

/// Puts its input's rows into a table of a private engine and gives the rows of the plan's final SELECT over it.
///
/// The engine is opened at the first read, and let go of (which closes it) at the end.
final class FinishOperator: RowSource, @unchecked Sendable {
    // Unchecked: all state is touched by the one reader only.
    private let input: any RowSource
    private let node: FinishNode
    private let values: [Value]
    private let environment: ExecutionEnvironment
    let columnCount: Int

    private var engine: (any PrivateDatabase)?
    private var cursor: (any ShardCursor)?
    private var isStarted = false
    private(set) var isAtEnd = false

    /// - Parameters:
    ///   - values: the run's, bound to the final SELECT.
    ///   - columnCount: of the final SELECT.
    init(
        input: any RowSource, node: FinishNode, values: [Value], columnCount: Int, environment: ExecutionEnvironment
    ) {
        self.input = input
        self.node = node
        self.values = values
        self.columnCount = columnCount
        self.environment = environment
    }

    func next(_ recycled: consuming RowBatch) async throws -> RowBatch {
        var output = recycled.reused(columnCount: columnCount)
        if isAtEnd { return output }
        do {
            if !isStarted {
                isStarted = true
                output = try await start()
            } else if let cursor {
                output = try await cursor.next(output)
                if output.isEmpty { await close() }
            }
        } catch {
            await close()
            throw error
        }
        if cursor == nil { await close() }
        return output
    }

    func close() async {
        isAtEnd = true
        cursor?.close()
        cursor = nil
        engine = nil
        await input.close()
    }

    private func start() async throws -> RowBatch {
        let first = try await input.next(RowBatch(columnCount: input.columnCount))
        if input.isAtEnd { return try await run(first) }
        // Many rows: sorting them may take long, so the shards' threads do it.
        guard let executor = environment.shards.first?.workExecutor else { return try await run(first) }
        return try await withTaskExecutorPreference(executor) { try await moved(first) }
    }

    /// Leaves the caller's actor for the preferred executor.
    @concurrent private func moved(_ first: RowBatch) async throws -> RowBatch { try await run(first) }

    private func run(_ first: consuming RowBatch) async throws -> RowBatch {
        let engine = try environment.openPrivate()
        self.engine = engine
        try await engine.executeScript(node.createTable)
        try await engine.executeScript("BEGIN")
        try await fill(engine, first)
        try await engine.executeScript("COMMIT")
        let start = try await engine.query(
            ShardStatement(node.sql), values: values, rowLimit: environment.limits.batchRows)
        cursor = start.cursor
        return start.batch
    }

    private func fill(_ engine: any PrivateDatabase, _ first: consuming RowBatch) async throws {
        let filler = TableFiller(engine, insertHead: "INSERT INTO \(node.table)", columnCount: node.columnCount)
        var batch = first
        while !batch.isEmpty {
            try await filler.fill(batch)
            batch = try await input.next(batch)
        }
    }
}
