import ShardKit

/// What linting a script has found, and how it is written.
struct LintReport: Sendable {
    var statements: [LintedStatement]
    /// What is compared with; nil: nothing.
    var baseline: LintBaseline?
    /// The baseline file that was written.
    var written: String?

    /// Nothing to compare with but nothing: a statement that fails is worse than one that does not.
    private func standing(_ statement: LintedStatement) -> LintBaseline.Standing {
        if written != nil { return .none }
        if let baseline { return baseline.standing(of: statement) }
        if case .failed = statement.outcome { return .worse([]) }
        return .none
    }

    var isWorse: Bool {
        statements.contains { if case .worse = standing($0) { true } else { false } }
    }

    // MARK: Text

    /// All lines, of 80 columns at most.
    var lines: [String] {
        ["line  rung       shards  statement"] + statements.flatMap(lines) + summary
    }

    private func lines(_ statement: LintedStatement) -> [String] {
        var (rung, shards) = ("-", "-")
        var notes: [String] = []
        switch statement.outcome {
        case .skipped: break
        case .planned(let cost):
            rung = cost.rung.rawValue
            shards = cost.isEveryShard ? "all" : String(cost.shards)
            notes += cost.warnings.map { "\($0.kind.rawValue): \($0.message)" }
        case .failed(let error):
            rung = error.isRefusal ? "refused" : "error"
            notes.append("[\(error.code.rawValue)] \(error.message)")
        }
        switch standing(statement) {
        case .worse(let ways): notes += ways.map { "WORSE: \($0)" }
        case .better: notes.append("better than the baseline")
        case .new: notes.append("new: the baseline does not know it")
        case .same, .none: break
        }
        let head =
            DisplayWidth.pad(String(statement.line), to: 4, right: true) + "  " + DisplayWidth.pad(rung, to: 9) + "  "
            + DisplayWidth.pad(shards, to: 6, right: true) + "  "
        return [head + StatementText.line(statement.sql, width: 80 - head.count)]
            + notes.map { CommandFailure.wrapped($0, width: 80, indent: "      ") }.flatMap {
                $0.split(separator: "\n").map(String.init)
            }
    }

    private var summary: [String] {
        let outcomes = Rung.allCases.map(\.rawValue) + ["refused", "error", "skipped"]
        let parts = outcomes.compactMap { word -> String? in
            let count = statements.count { Self.word($0.outcome) == word }
            return count == 0 ? nil : "\(count) \(word)"
        }
        let warnings = LintWarning.Kind.allCases.compactMap { kind -> String? in
            let count = statements.count { Self.warnings($0.outcome).contains { $0.kind == kind } }
            return count == 0 ? nil : "\(kind.rawValue) \(count)"
        }
        var lines = ["\(StatementText.count(statements.count, "statement")): \(parts.joined(separator: ", "))."]
        if !warnings.isEmpty { lines.append("Warnings: \(warnings.joined(separator: ", ")).") }
        if let written { lines.append("Wrote the baseline \(written).") }
        if let baseline {
            let counts = standingCounts.map { "\($0.count) \($0.word)" } + ["\(baseline.goneCount(statements)) gone"]
            lines.append("Against the baseline: \(counts.joined(separator: ", ")).")
        }
        return lines.flatMap { CommandFailure.wrapped($0, width: 80).split(separator: "\n").map(String.init) }
    }

    private var standingCounts: [(word: String, count: Int)] {
        let words = statements.map { Self.word(standing($0)) }
        return ["worse", "better", "new"].map { word in (word, words.count { $0 == word }) }
    }

    private static func word(_ standing: LintBaseline.Standing) -> String {
        switch standing {
        case .worse: "worse"
        case .better: "better"
        case .same: "same"
        case .new: "new"
        case .none: "none"
        }
    }

    private static func word(_ outcome: LintedStatement.Outcome) -> String {
        switch outcome {
        case .planned(let cost): cost.rung.rawValue
        case .failed(let error): error.isRefusal ? "refused" : "error"
        case .skipped: "skipped"
        }
    }

    private static func warnings(_ outcome: LintedStatement.Outcome) -> [LintWarning] {
        if case .planned(let cost) = outcome { cost.warnings } else { [] }
    }

    // MARK: JSON

    /// `{"statements":[{"line":1,"sql":…,"fingerprint":…,"rung":"merge","shards":4,"everyShard":true,
    /// "warnings":[{"kind":"scatters","message":…}],"standing":"worse","worse":[…]},…],"isWorse":true}`; `error` in place
    /// of rung, shards and warnings; neither for what is skipped; `standing` is null where nothing is compared.
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.raw("{\"statements\":[")
        for (index, statement) in statements.enumerated() {
            writer.raw(index == 0 ? "\n " : ",\n ")
            writer.linted(statement, standing: standing(statement), word: Self.word(standing(statement)))
        }
        writer.raw("\n],\"isWorse\":")
        writer.bool(isWorse)
        writer.raw("}\n")
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func linted(_ statement: LintedStatement, standing: LintBaseline.Standing, word: String) {
        raw("{\"line\":\(statement.line),\"sql\":")
        string(statement.sql)
        raw(",\"fingerprint\":")
        string(statement.fingerprint)
        switch statement.outcome {
        case .skipped: break
        case .planned(let cost):
            raw(",\"rung\":")
            string(cost.rung.rawValue)
            raw(",\"shards\":\(cost.shards),\"everyShard\":")
            bool(cost.isEveryShard)
            raw(",\"warnings\":")
            list(cost.warnings) { writer, warning in
                writer.raw("{\"kind\":")
                writer.string(warning.kind.rawValue)
                writer.raw(",\"message\":")
                writer.string(warning.message)
                writer.raw("}")
            }
        case .failed(let failure):
            raw(",\"error\":")
            error(failure)
        }
        raw(",\"standing\":")
        if case .none = standing { null() } else { string(word) }
        if case .worse(let ways) = standing {
            raw(",\"worse\":")
            strings(ways)
        }
        raw("}")
    }
}
