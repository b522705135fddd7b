import PlainEngine
import ShardExecutor
import ShardKit
import ShardSQL
import ShardValues

/// Makes a case small: leaves out statements, rows and parts of the statement while the answer is still wrong.
struct Shrinker {
    let schema: FuzzSchema
    let fault: PlanFault?
    /// What a case may cost.
    var budget = Duration.seconds(25)

    /// The smallest case found within the budget; the case itself where it cannot be made again.
    func shrink(_ original: FuzzCase) async -> FuzzCase {
        let end = ContinuousClock.now + budget
        guard var small = await again(original) else { return original }
        small = await dropping(small, until: end)
        small = await reducing(small, until: end)
        return await dropping(small, until: end)
    }

    // MARK: Statements before

    private func dropping(_ original: FuzzCase, until end: ContinuousClock.Instant) async -> FuzzCase {
        var small = original
        var size = max(1, small.setup.count / 2)
        while true {
            var start = 0
            while start < small.setup.count, ContinuousClock.now < end {
                var fewer = small
                fewer.setup.removeSubrange(start..<min(start + size, small.setup.count))
                if let found = await again(fewer) { small = found } else { start += size }
            }
            if size == 1 || ContinuousClock.now >= end { return small }
            size /= 2
        }
    }

    // MARK: The statement

    private func reducing(_ original: FuzzCase, until end: ContinuousClock.Instant) async -> FuzzCase {
        var small = bound(original)
        if await again(small) == nil { small = original }
        while ContinuousClock.now < end {
            guard let parsed = try? Parser.parse(small.statement.sql, dialect: .sqlite).statement else { return small }
            let texts = Reduction.candidates(parsed).filter { $0.utf8.count < small.statement.sql.utf8.count }
            guard let found = await first(of: texts, small, until: end) else { return small }
            small = found
        }
        return small
    }

    /// The first text that is still wrong. A read changes nothing: one arena serves all texts.
    private func first(of texts: [String], _ small: FuzzCase, until end: ContinuousClock.Instant) async -> FuzzCase? {
        let isRead = ["SELECT", "WITH", "VALUES"].contains { small.statement.sql.hasPrefix($0) }
        func other(_ text: String) -> FuzzCase {
            var other = small
            other.statement.sql = text
            return other
        }
        guard isRead else {
            for text in texts where ContinuousClock.now < end {
                if let found = await again(other(text)) { return found }
            }
            return nil
        }
        return try? await FuzzArena.with(shards: small.shards) { arena in
            await prepare(arena, small)
            for text in texts where ContinuousClock.now < end {
                if let found = await judged(other(text), arena) { return found }
            }
            return nil
        }
    }

    /// The case with its values as literals, which shrink like others.
    private func bound(_ original: FuzzCase) -> FuzzCase {
        guard !original.statement.values.isEmpty,
            let parsed = try? Parser.parse(original.statement.sql, dialect: .sqlite).statement
        else { return original }
        let values = original.statement.values
        let statement = parsed.mapped(includingSubqueries: true) { expression in
            guard case .parameter(let parameter) = expression, parameter.index < values.count else { return nil }
            return try? Parser.parseExpression(values[parameter.index].sql, dialect: .sqlite)
        }
        var copy = original
        copy.statement = FuzzStatement(SQLPrinter.print(statement, options: .init(dialect: .sqlite)))
        return copy
    }

    // MARK: Asking again

    /// The case with what is wrong now; nil where nothing is.
    private func again(_ small: FuzzCase) async -> FuzzCase? {
        try? await FuzzArena.with(shards: small.shards) { arena in
            await prepare(arena, small)
            return await judged(small, arena)
        }
    }

    private func prepare(_ arena: FuzzArena, _ small: FuzzCase) async {
        for statement in small.setup {
            let sharded = await arena.session.answer(statement)
            if sharded.error == nil { _ = arena.plain.answer(statement.plain) }
        }
    }

    private func judged(_ small: FuzzCase, _ arena: FuzzArena) async -> FuzzCase? {
        let trial =
            small.isGathered ? PlanTrial(gathersReads: true) : fault.map { fault in PlanTrial { fault.apply(to: $0) } }
        guard let found = await arena.judge(small.statement, schema, seed: small.seed, log: small.setup, trial: trial)
        else { return nil }
        var wrong = small
        (wrong.why, wrong.got, wrong.expected) = (found.why, found.got.shown, found.expected.shown)
        return wrong
    }
}
