import ShardBackend
import ShardBase
import ShardPlanner
import ShardTopology
import ShardValues

/// Runs a scalars-first plan: each scalar, then the statement with their values, all as of one moment.
struct ScalarsFirstRunner {
    let compiled: CompiledPlan
    /// The user's.
    let values: [Value]
    let settings: SessionSettings
    let environment: ExecutionEnvironment
    /// A plan's extras behind the values it is given.
    let bound: (Plan, [Value]) async throws -> [Value]

    private var main: CompiledPlan { compiled.pieces[0] }
    private var fallback: CompiledPlan { compiled.pieces[1] }
    private var scalars: ArraySlice<CompiledPlan> { compiled.pieces.dropFirst(2) }

    func start(_ provider: any ConnectionProvider) async throws -> StartedQuery {
        let shards = Array(compiled.topology.shards.indices)
        let moment = try await StatementMoment(provider, shards: shards)
        do {
            let answers: [Value]
            let asked: Set<ShardIndex>
            do {
                (answers, asked) = try await ask(moment)
            } catch let error as ShardError where error.engineCode != nil && error.code != .cancelled {
                // An overflow, say. One plain database would compute it only where it is needed.
                return held(try await run(fallback, values, moment), moment)
            }
            var started = try await run(main, values + answers, moment)
            started.shards = asked.union(started.shards).sorted()
            return held(started, moment)
        } catch {
            moment.end()
            throw error
        }
    }

    private func ask(_ moment: StatementMoment) async throws -> (answers: [Value], shards: Set<ShardIndex>) {
        var answers: [Value] = []
        var shards: Set<ShardIndex> = []
        for scalar in scalars {
            let started = try await run(scalar, values, moment)
            answers.append(started.firstBatch.isEmpty ? .null : started.firstBatch.value(row: 0, column: 0))
            shards.formUnion(started.shards)
            await started.rest?.close()
        }
        return (answers, shards)
    }

    private func run(
        _ compiled: CompiledPlan, _ values: [Value], _ moment: StatementMoment
    ) async throws -> StartedQuery {
        let values = try await bound(compiled.plan, values)
        guard case .combine(let combine) = compiled.plan.action else {
            return try await QueryRunner.start(compiled, values: values, provider: moment, environment: environment)
        }
        return try await CombineRunner(
            compiled: compiled, plan: combine, values: values, settings: settings, environment: environment
        ).start(moment)
    }

    /// The moment ends with the rows.
    private func held(_ started: StartedQuery, _ moment: StatementMoment) -> StartedQuery {
        var started = started
        if let rest = started.rest {
            started.rest = MomentSource(rest, moment)
        } else {
            moment.end()
        }
        return started
    }
}

/// Rows that are read through the connections of one moment, which go back at their end.
private final class MomentSource: RowSource, @unchecked Sendable {
    // Unchecked: all state is touched by the one reader only.
    private let rows: any RowSource
    private var moment: StatementMoment?

    init(_ rows: any RowSource, _ moment: StatementMoment) {
        self.rows = rows
        self.moment = moment
    }

    deinit {
        guard let moment else { return }
        Task { [rows] in
            await rows.close()
            moment.end()
        }
    }

    var columnCount: Int { rows.columnCount }
    var isAtEnd: Bool { rows.isAtEnd }

    func next(_ recycled: consuming RowBatch) async throws -> RowBatch {
        do {
            let batch = try await rows.next(recycled)
            if batch.isEmpty { await close() }
            return batch
        } catch {
            await close()
            throw error
        }
    }

    func close() async {
        await rows.close()
        moment?.end()
        moment = nil
    }
}
