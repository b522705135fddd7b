import ShardBase
import ShardPlanner
import ShardReplicas
import ShardSQL
import ShardValues

/// `SET`, `SHOW` and `RESET` of what a session's reads may miss. They take effect at once, and no rollback undoes them. Where no shard
/// has replicas they are checked and mean nothing: every read sees everything there.
extension ServerSession {
    private enum OwnSetting: String, CaseIterable {
        case consistency = "shardkit.consistency"
        case maxLag = "shardkit.max_lag"
        case wait = "shardkit.read_wait"
        case fallback = "shardkit.read_fallback"
        case monotonic = "shardkit.monotonic_reads"
        case label = "shardkit.label"
        case token = "shardkit.consistency_token"
    }

    /// - Returns: nil for settings that are not ShardKit's.
    func answer(own setting: SettingStatement) async throws -> Answer? {
        guard setting.name.hasPrefix("shardkit.") else { return nil }
        guard let own = OwnSetting(rawValue: setting.name) else {
            throw ShardError(
                .notFound, "there is no setting \(setting.name)",
                hint: "There are \(OwnSetting.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        if setting.verb == .show { return try await show(own) }
        guard setting.scope != "LOCAL" else {
            throw ShardError(
                .statementNotModelled, "SET LOCAL of \(setting.name): it is the session's, and no transaction's",
                hint: "Use SET, or a hint in the statement.")
        }
        var value = setting.verb == .reset ? nil : setting.value.map(Self.plain)
        if setting.value?.lowercased() == "default" { value = nil }
        try set(own, to: value)
        return Answer()
    }

    private func set(_ own: OwnSetting, to value: String?) throws(ShardError) {
        var options = reading?.options ?? ReadOptions()
        switch own {
        case .consistency:
            options.level = try value.map { text throws(ShardError) in try ConsistencyLevel(parsing: text) }
        case .maxLag: options.maxLag = try time(value, own)
        case .wait: options.waitBound = try time(value, own)
        case .fallback: options.fallback = try choice(value, ["primary": .primary, "fail": .fail], own)
        case .monotonic:
            options.isMonotonic = try choice(value, ["on": true, "off": false, "true": true, "false": false], own)
        case .label: reading?.label = value
        case .token:
            guard let value else {
                throw ShardError(
                    .configuration, "a session does not forget what it has to see", hint: "Use another session.")
            }
            if let reading { reading.present(try reading.splitting.tokens.token(from: value)) }
        }
        reading?.options = options
    }

    private func time(_ text: String?, _ own: OwnSetting) throws(ShardError) -> Duration? {
        guard let text else { return nil }
        return try Duration(readingTime: text, of: own.rawValue)
    }

    private func choice<Choice>(
        _ text: String?, _ choices: [String: Choice], _ own: OwnSetting
    ) throws(ShardError) -> Choice? {
        guard let text else { return nil }
        guard let choice = choices[text.lowercased()] else {
            throw ShardError(
                .configuration, "\(own.rawValue) cannot be '\(text)'",
                hint: "It is one of \(choices.keys.sorted().joined(separator: ", ")).")
        }
        return choice
    }

    private func show(_ own: OwnSetting) async throws -> Answer {
        let options = (reading?.options ?? ReadOptions()).over(reading?.splitting.options ?? ReadOptions())
        let text: String
        switch own {
        case .consistency: text = reading == nil ? "strong" : (options.level ?? .strong).text
        case .maxLag: text = options.maxLag?.timeText ?? ""
        case .wait: text = (options.waitBound ?? .zero).timeText
        case .fallback: text = options.fallback == .fail ? "fail" : "primary"
        case .monotonic: text = options.isMonotonic ?? true ? "on" : "off"
        case .label: text = reading?.label ?? ""
        case .token:
            guard let reading else {
                throw ShardError(
                    .configuration, "no shard of the database has replicas, so there is nothing to be behind",
                    hint: "Name replicas in the configuration.")
            }
            text = reading.splitting.tokens.text(of: try await reading.token())
        }
        var batch = RowBatch(columnCount: 1)
        batch.append(.text(text))
        batch.endRow()
        return Answer(
            columns: [PlanColumn(name: own.rawValue, declaredType: "text", typeID: 25)],
            rows: AnswerRows(columnCount: 1, batches: [batch]))
    }

    /// A value without its quotes.
    private static func plain(_ text: String) -> String {
        guard text.count >= 2, let quote = text.first, quote == text.last, quote == "'" || quote == "\"" else {
            return text
        }
        return String(text.dropFirst().dropLast())
    }
}
