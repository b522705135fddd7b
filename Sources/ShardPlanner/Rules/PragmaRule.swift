import ShardBase
import ShardSQL

/// PRAGMAs: session state, questions to the logical schema, or refused.
struct PragmaRule {
    let work: PlanningWork

    init(_ work: PlanningWork) { self.work = work }

    /// State of the logical session, replayed on the connections it uses.
    static let settings: Set<String> = [
        "foreign_keys", "defer_foreign_keys", "case_sensitive_like", "recursive_triggers", "ignore_check_constraints",
        "reverse_unordered_selects", "read_uncommitted", "automatic_index", "cell_size_check", "legacy_alter_table",
        "query_only", "trusted_schema", "cache_size", "temp_store", "busy_timeout", "short_column_names",
        "full_column_names", "count_changes",
    ]
    /// Answered by the logical schema.
    static let schemaQuestions: Set<String> = [
        "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list",
        "collation_list", "function_list", "module_list", "pragma_list", "compile_options", "encoding",
        "database_list",
    ]
    /// Settings that change what results look like; they would have to hold for merged answers too.
    static let refusedSettings: Set<String> = ["short_column_names", "full_column_names", "count_changes"]

    func plan(_ pragma: PragmaStatement) throws(PlanningRefusal) -> Plan {
        let name = pragma.name.folded
        let schema = pragma.schema?.folded ?? "main"
        guard schema == "main" || schema == "temp" else {
            throw PlanningRefusal(.pragmaNotModelled, "PRAGMA \(schema).\(name): there is no database \(schema)")
        }
        if Self.refusedSettings.contains(name) { throw refused(name) }
        if Self.settings.contains(name) {
            switch pragma.argument {
            case nil: return work.plan(.session(.setting(name: name, value: nil)))
            case .assigned(let value)?, .called(let value)?:
                return work.plan(.session(.setting(name: name, value: value)))
            }
        }
        if Self.schemaQuestions.contains(name) {
            if name == "encoding", pragma.argument != nil { throw refused(name) }
            return work.plan(.catalogQuery(sql: work.sourceText), reasons: ["the logical schema answers"])
        }
        throw refused(name)
    }

    private func refused(_ name: String) -> PlanningRefusal {
        PlanningRefusal(
            .pragmaNotModelled, "PRAGMA \(name) is not provided over shards",
            hint: "Storage settings stand in the configuration; session settings and schema questions work as PRAGMA.")
    }
}
