public import ShardBase
import ShardPlanner

/// What statements cost when somebody last agreed to it: a text file to be committed, one line for each shape of statement.
///
/// ```
/// # shardkit lint, format 1: fingerprint, rung or error code, shards, warnings; the statement is for readers only
/// 0f6c2b8f2f9d1c3e fast-path 1 - SELECT name FROM users WHERE id = ?
/// 8d1e55c07b1f0a92 merge all scatters SELECT count(*) FROM users
/// c41f7e2a90b3d657 refused:attach-refused 0 - ATTACH 'old.db' AS old
/// ```
public struct LintBaseline: Sendable, Hashable {
    /// What is remembered of a shape; of several statements of one shape the worst of each.
    struct Entry: Sendable, Hashable {
        /// Nil: it failed.
        var rung: Rung?
        /// The code it failed with.
        var code: String?
        var isRefusal = false
        var shards = 0
        var isEveryShard = false
        var warnings: Set<LintWarning.Kind> = []
        /// For readers.
        var sql = ""
    }

    /// How a statement stands to the baseline.
    public enum Standing: Sendable, Hashable {
        /// With what got worse, one sentence each.
        case worse([String])
        case better
        case same
        /// The baseline does not know it, and it is answered.
        case new
        /// There is no baseline to compare with, or nothing to compare.
        case none
    }

    private(set) var entries: [String: Entry] = [:]
    /// The fingerprints in the order of the script.
    private var order: [String] = []

    private static let head =
        "# shardkit lint, format 1: fingerprint, rung or error code, shards, warnings; the statement is for readers only"

    /// What the statements cost now.
    public init(_ statements: [LintedStatement]) {
        for statement in statements {
            guard let entry = Entry(statement) else { continue }
            let fingerprint = statement.fingerprint
            if let known = entries[fingerprint] {
                entries[fingerprint] = known.joined(with: entry)
            } else {
                entries[fingerprint] = entry
                order.append(fingerprint)
            }
        }
    }

    /// Reads a file's text.
    ///
    /// - Throws: `.input` with the line that is not as it should be.
    public init(text: String, file: String) throws(ShardError) {
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let (fingerprint, entry) = Entry.read(line) else {
                throw ShardError(
                    .input, "\(file), line \(index + 1) is no line of a lint baseline",
                    hint: "Write it again with --write-baseline.")
            }
            if entries[fingerprint] == nil { order.append(fingerprint) }
            entries[fingerprint] = entry
        }
    }

    /// The file's text: in the order of the script, so that a change of one statement is a change of one line.
    public var text: String {
        ([Self.head] + order.compactMap { fingerprint in entries[fingerprint].map { "\(fingerprint) \($0.text)" } })
            .joined(separator: "\n") + "\n"
    }

    /// How many shapes are in the baseline and not among the statements.
    public func goneCount(_ statements: [LintedStatement]) -> Int {
        Set(entries.keys).subtracting(statements.map(\.fingerprint)).count
    }

    /// How a statement stands to the baseline. A statement that the baseline does not know is worse than nothing where it
    /// fails.
    public func standing(of statement: LintedStatement) -> Standing {
        guard let now = Entry(statement) else { return .none }
        guard let before = entries[statement.fingerprint] else {
            return now.code == nil ? .new : .worse([Self.failure(now) + ", and the baseline does not know it"])
        }
        let worse = now.worse(than: before)
        if !worse.isEmpty { return .worse(worse) }
        return before.worse(than: now).isEmpty ? .same : .better
    }

    fileprivate static func failure(_ entry: Entry) -> String {
        (entry.isRefusal ? "refused: " : "fails: ") + (entry.code ?? "")
    }
}

extension LintBaseline.Entry {
    init?(_ statement: LintedStatement) {
        switch statement.outcome {
        case .skipped: return nil
        case .planned(let cost):
            rung = cost.rung
            shards = cost.shards
            isEveryShard = cost.isEveryShard
            warnings = Set(cost.warnings.map(\.kind))
        case .failed(let error):
            code = error.code.rawValue
            isRefusal = error.isRefusal
        }
        let words = SQLScript.withoutComments(statement.sql[...]).split { $0.isWhitespace }
        sql = words.joined(separator: " ")
        if sql.count > 100 { sql = sql.prefix(99) + "…" }
    }

    private var rank: Int {
        switch rung {
        case .fastPath: 0
        case .route: 1
        case .merge: 2
        case .combine: 3
        case nil: isRefusal ? 4 : 5
        }
    }

    func joined(with other: Self) -> Self {
        var joined = other.rank > rank ? other : self
        joined.sql = sql
        joined.shards = max(shards, other.shards)
        joined.isEveryShard = isEveryShard || other.isEveryShard
        joined.warnings = warnings.union(other.warnings)
        return joined
    }

    /// In what this is worse, one sentence each.
    func worse(than before: Self) -> [String] {
        if code != nil {
            return rank > before.rank ? ["\(LintBaseline.failure(self)), before \(before.word)"] : []
        }
        if before.code != nil { return [] }
        var found: [String] = []
        if rank > before.rank { found.append("rung \(word), before \(before.word)") }
        if isEveryShard ? !before.isEveryShard : !before.isEveryShard && shards > before.shards {
            found.append("asks \(shardWord) shards, before \(before.shardWord)")
        }
        for kind in LintWarning.Kind.allCases where warnings.contains(kind) && !before.warnings.contains(kind) {
            found.append("new warning \(kind.rawValue)")
        }
        return found
    }

    // MARK: Text

    private var word: String { rung?.rawValue ?? (isRefusal ? "refused:" : "error:") + (code ?? "") }
    private var shardWord: String { isEveryShard ? "all" : String(shards) }

    var text: String {
        let kinds = LintWarning.Kind.allCases.filter(warnings.contains).map(\.rawValue).joined(separator: ",")
        return "\(word) \(shardWord) \(kinds.isEmpty ? "-" : kinds) \(sql)"
    }

    static func read(_ line: Substring) -> (String, Self)? {
        let fields = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
        guard fields.count >= 4, fields[0].count == 16, fields[0].allSatisfy(\.isHexDigit) else { return nil }
        var entry = Self()
        if let rung = Rung(rawValue: String(fields[1])) {
            entry.rung = rung
        } else {
            let parts = fields[1].split(separator: ":")
            guard parts.count == 2, parts[0] == "refused" || parts[0] == "error" else { return nil }
            entry.code = String(parts[1])
            entry.isRefusal = parts[0] == "refused"
        }
        if fields[2] == "all" {
            entry.isEveryShard = true
        } else {
            guard let shards = Int(fields[2]), shards >= 0 else { return nil }
            entry.shards = shards
        }
        if fields[3] != "-" {
            for name in fields[3].split(separator: ",") {
                guard let kind = LintWarning.Kind(rawValue: String(name)) else { return nil }
                entry.warnings.insert(kind)
            }
        }
        entry.sql = fields.count > 4 ? String(fields[4]) : ""
        return (String(fields[0]), entry)
    }
}
