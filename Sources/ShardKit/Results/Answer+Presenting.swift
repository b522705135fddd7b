import ShardExecutor

extension StatementResult {
    /// An answer as users see it; `lease` is given back when its rows are read or closed, at once when there are none.
    init(_ answer: Answer, lease: SessionLease?) {
        let header = ColumnHeader(answer)
        if let source = answer.rows {
            rows = Rows(header: header, source: source, lease: lease)
        } else {
            rows = nil
            lease?.giveBack()
        }
        self.header = header
        changes = answer.changes
        lastInsertID = answer.lastInsertID
        rung = answer.rung
        shards = answer.shards
    }
}
