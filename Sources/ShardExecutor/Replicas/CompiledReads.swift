import ShardPlanner
import ShardReplicas

/// Where a statement that only reads may be read, as it says itself.
struct CompiledReads: Sendable {
    let hints: ReadHints
    let purpose: ReadPurpose

    init(_ hints: ReadHints, _ purpose: ReadPurpose) {
        self.hints = hints
        self.purpose = purpose
    }
}

extension Plan {
    /// Whether it reads shards and does nothing else.
    var isRead: Bool {
        switch action {
        case .query: true
        case .server(let server):
            switch server.work {
            case .combine, .finish: true
            case .coordinator, .write, .insert, .rehearse: false
            }
        case .combine, .scalarsFirst, .write, .combineWrite, .rehearsal, .insert, .insertQuery, .definition, .session,
            .catalogQuery, .privateStatement, .showTopology, .explain:
            false
        }
    }
}
