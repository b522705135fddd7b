import ShardSQL

/// Leaves out the common tables that nothing reads, the statement's and those of its subqueries, as SQLite does: it does
/// not even look at them.
///
/// Counter-example: `WITH x AS (SELECT a FROM sharded) SELECT 10` reads no table and goes to any one shard, where the
/// sharded table has no name.
struct CommonTablePruning {
    func prune(_ statement: Statement) -> Statement {
        pruneOwn(
            statement.mappedSelects { select in
                if select.with == nil { return nil }
                var copy = select
                copy.with = pruned(select.with) {
                    var body = select
                    body.with = nil
                    return .select(body)
                }
                return copy
            })
    }

    /// Those of a write.
    private func pruneOwn(_ statement: Statement) -> Statement {
        switch statement {
        case .select: return statement
        case .insert(var insert):
            insert.with = pruned(insert.with) {
                var body = insert
                body.with = nil
                return .insert(body)
            }
            return .insert(insert)
        case .update(var update):
            update.with = pruned(update.with) {
                var body = update
                body.with = nil
                return .update(body)
            }
            return .update(update)
        case .delete(var delete):
            delete.with = pruned(delete.with) {
                var body = delete
                body.with = nil
                return .delete(body)
            }
            return .delete(delete)
        case .createTable, .createIndex, .createView, .createTrigger, .createVirtualTable, .alterTable, .drop,
            .transaction, .explain, .pragma, .setting, .showTopology, .other:
            return statement
        }
    }

    /// The tables that the body reads, directly or through another. A name that means a base table is taken for a read.
    private func pruned(_ with: WithClause?, body: () -> Statement) -> WithClause? {
        guard var with else { return nil }
        var used: Set<String> = []
        body().forEachTable(includingSubqueries: true) { used.insert($0.name.name.folded) }
        var isGrowing = true
        while isGrowing {
            let before = used.count
            for table in with.tables where used.contains(table.name.folded) {
                table.statement.forEachTable(includingSubqueries: true) { used.insert($0.name.name.folded) }
            }
            isGrowing = used.count > before
        }
        with.tables.removeAll { !used.contains($0.name.folded) }
        return with.tables.isEmpty ? nil : with
    }
}
