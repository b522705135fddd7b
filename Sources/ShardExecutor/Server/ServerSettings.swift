import ShardBackend
import ShardBase
import ShardSQL

/// What a session has SET, by PostgreSQL's rules: SET lasts for the session unless its transaction is rolled back, SET LOCAL for the
/// transaction. Every connection that the session uses is made to carry it.
struct ServerSettings {
    /// As of now.
    private(set) var current = SessionSettings.engineDefaults
    /// What stays when the open transaction is committed; nil: none is open.
    private var lasting: SessionSettings?
    /// As of the open transaction's begin.
    private var atBegin = SessionSettings.engineDefaults

    mutating func begin() {
        lasting = current
        atBegin = current
    }

    mutating func end(isCommitted: Bool) {
        if let lasting { current = isCommitted ? lasting : atBegin }
        lasting = nil
    }

    /// - Returns: what connections of the open transaction run.
    /// - Throws: a refusal of what would change how answers are read, or where they come from.
    mutating func apply(_ setting: SettingStatement) throws(ShardError) -> String? {
        let name = setting.name == "time zone" ? "timezone" : setting.name
        if setting.verb == .reset, name == "all" {
            let names = current.values.keys.sorted()
            current = .engineDefaults
            lasting?.values = [:]
            return names.isEmpty ? nil : names.map { "SET LOCAL \($0) TO DEFAULT" }.joined(separator: "; ")
        }
        guard Self.isCarried(name) else {
            throw ShardError(
                .statementNotModelled, "SET \(name) is not modelled on PostgreSQL shards",
                hint: "Set it for the role or the databases, the same for all.")
        }
        var value = setting.value
        if let word = value?.lowercased(), word == "default" || name == "timezone" && word == "local" { value = nil }
        if setting.verb == .reset { value = nil }
        if setting.scope == "LOCAL" {
            // Outside a transaction it does nothing but warn.
            guard lasting != nil else { return nil }
            current.values[name] = value
        } else {
            current.values[name] = value
            lasting?.values[name] = value
        }
        return "SET LOCAL \(name) TO \(value ?? "DEFAULT")"
    }

    /// Settings that change how a server works, or the time zone; not what names mean or how values are written.
    private static func isCarried(_ name: String) -> Bool {
        let prefixes = ["enable_", "geqo", "jit", "parallel_", "max_parallel_", "cpu_", "vacuum_", "log_", "debug_"]
        return prefixes.contains(where: name.hasPrefix) || names.contains(name) || name.contains(".")
    }

    private static let names: Set<String> = [
        "timezone", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "work_mem",
        "maintenance_work_mem", "temp_buffers", "constraint_exclusion", "from_collapse_limit", "join_collapse_limit",
        "default_statistics_target", "client_min_messages", "random_page_cost", "seq_page_cost",
        "effective_cache_size", "plan_cache_mode", "synchronous_commit", "deadlock_timeout", "cursor_tuple_fraction",
        "hash_mem_multiplier", "min_parallel_table_scan_size", "min_parallel_index_scan_size", "row_security",
        "check_function_bodies", "transform_null_equals", "array_nulls", "backslash_quote", "xmloption",
        "default_table_access_method", "default_toast_compression", "gin_fuzzy_search_limit", "track_activities",
    ]
}
