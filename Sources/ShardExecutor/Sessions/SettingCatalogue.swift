/// PRAGMAs that are state of a session: which of them shards must carry, and their values by SQLite's rules.
enum SettingCatalogue {
    /// Replayed on every connection the session uses; each with the engine's default.
    private static let defaults: [String: String] = [
        "foreign_keys": "0", "case_sensitive_like": "0", "recursive_triggers": "0", "ignore_check_constraints": "0",
        "reverse_unordered_selects": "0", "automatic_index": "1", "cell_size_check": "0",
    ]

    static let replayed: [String] = defaults.keys.sorted()

    static func defaultValue(of name: String) -> String { defaults[name] ?? "0" }

    static func isReplayed(_ name: String) -> Bool { defaults[name] != nil }

    /// SQLite's reading of a boolean: `on`, `yes`, `true` in any case, or a number that is not 0; quotes are ignored.
    static func isTrue(_ value: String) -> Bool {
        let bare = value.filter { $0 != "'" && $0 != "\"" }.lowercased()
        if bare == "on" || bare == "yes" || bare == "true" { return true }
        // Digits as far as they go, like C's atoi.
        return bare.prefix { $0.isASCII && $0.isNumber }.contains { $0 != "0" }
    }

    /// Whether a value text is one word or number, so that it can stand in a PRAGMA as it is.
    static func isPlain(_ value: String) -> Bool {
        let bare = value.filter { $0 != "'" && $0 != "\"" }
        return bare.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-_.".contains($0)) }
    }
}
