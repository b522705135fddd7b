extension Statement {
    /// The statement's class as a stable word: `select`, `insert`, `create-table`, `begin`, `pragma`, `merge`, …
    ///
    /// What is recognised without being modelled has its first words (`create-sequence`, `vacuum`). A leading WITH does
    /// not count, and EXPLAIN is its own class.
    public var classification: String {
        switch self {
        case .select: "select"
        case .insert: "insert"
        case .update: "update"
        case .delete: "delete"
        case .createTable: "create-table"
        case .createIndex: "create-index"
        case .createView: "create-view"
        case .createTrigger: "create-trigger"
        case .createVirtualTable: "create-virtual-table"
        case .alterTable: "alter-table"
        case .drop(let node): "drop-\(node.subject.rawValue.asciiLowercased())"
        case .transaction(let node): node.action.classification
        case .explain: "explain"
        case .pragma: "pragma"
        case .setting(let node): node.verb.classification
        case .showTopology: "show"
        case .other(let node): Self.dashed(node.kind)
        }
    }

    private static func dashed(_ kind: String) -> String {
        kind.asciiLowercased().split(separator: " ").joined(separator: "-")
    }
}

extension TransactionStatement.Action {
    fileprivate var classification: String {
        switch self {
        case .begin: "begin"
        case .commit: "commit"
        case .rollback: "rollback"
        case .savepoint: "savepoint"
        case .release: "release"
        case .rollbackTo: "rollback-to"
        }
    }
}

extension SettingStatement.Verb {
    fileprivate var classification: String {
        switch self {
        case .set: "set"
        case .reset: "reset"
        case .show: "show"
        }
    }
}
