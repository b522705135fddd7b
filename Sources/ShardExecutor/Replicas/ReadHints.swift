import ShardBase
public import ShardReplicas

/// What one statement says in `/*+ … */` about where it is read and what it may miss: `primary`, `replica`, `replica(r1)`,
/// `tag(zone=eu)`, `consistency=eventual`, `max_lag=2s`, `label(reports)`. Several in one comment are separated by
/// spaces or commas.
public struct ReadHints: Sendable, Hashable {
    public var options = ReadOptions()
    public var endpoint: EndpointHint?
    public var label: String?
    /// A replica is asked for: the level is eventual where nobody says one. Where no replica may serve it, `replica` fails and
    /// `tag` goes to the primary.
    public private(set) var asksForReplica = false
    /// Hints that are about something else.
    public private(set) var others: [String] = []

    public init() {}

    /// - Throws: `.configuration` for a hint of these that says something it cannot.
    public init(_ hints: [String]) throws(ShardError) {
        for hint in hints {
            var isOther = false
            for word in Self.words(hint) where try !read(word) { isOther = true }
            if isOther { others.append(hint) }
        }
    }

    /// - Returns: false for what is about something else.
    private mutating func read(_ word: String) throws(ShardError) -> Bool {
        let (name, value) = Self.parts(word)
        switch name {
        case "primary" where value == nil: endpoint = .primary
        case "replica":
            if let value { endpoint = .replica(value) }
            options.fallback = .fail
            asksForReplica = true
        case "tag":
            endpoint = .tag(try EndpointTag(parsing: value ?? ""))
            asksForReplica = true
        case "consistency": options.level = try ConsistencyLevel(parsing: value ?? "")
        case "max_lag": options.maxLag = try Duration(readingTime: value ?? "", of: "max_lag")
        case "wait": options.waitBound = try Duration(readingTime: value ?? "", of: "wait")
        case "label":
            guard let value, !value.isEmpty else { throw ShardError(.configuration, "the hint label names no label") }
            label = value
        default: return false
        }
        return true
    }

    /// At spaces and commas outside parentheses.
    private static func words(_ hint: String) -> [String] {
        var words: [String] = []
        var word = ""
        var depth = 0
        for character in hint {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if depth <= 0, character.isWhitespace || character == "," {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    /// `name`, `name(value)`, `name=value`.
    private static func parts(_ word: String) -> (name: String, value: String?) {
        guard let sign = word.firstIndex(where: { $0 == "=" || $0 == "(" }) else { return (word.lowercased(), nil) }
        var value = word[word.index(after: sign)...]
        if word[sign] == "(", value.last == ")" { value.removeLast() }
        return (word[..<sign].lowercased(), value.filter { !$0.isWhitespace })
    }
}

extension ConsistencyLevel {
    /// Reads `eventual`, `bounded(5s)`, `readYourWrites` (or `read_your_writes`), `strong`, without regard to case.
    ///
    /// - Throws: `.configuration` for anything else.
    public init(parsing text: String) throws(ShardError) {
        let word = text.lowercased().filter { $0 != "_" && $0 != "-" && !$0.isWhitespace }
        switch word {
        case "eventual": self = .eventual
        case "readyourwrites": self = .readYourWrites
        case "strong": self = .strong
        default:
            guard word.hasPrefix("bounded(") && word.hasSuffix(")") else {
                throw ShardError(
                    .configuration, "'\(text)' is no consistency level",
                    hint: "It is eventual, bounded(5s), readYourWrites or strong.")
            }
            self = .bounded(
                staleness: try Duration(readingTime: String(word.dropFirst(8).dropLast()), of: "bounded"))
        }
    }

    /// What ``init(parsing:)`` reads.
    public var text: String {
        switch self {
        case .eventual: "eventual"
        case .bounded(let staleness): "bounded(\(staleness.timeText))"
        case .readYourWrites: "readYourWrites"
        case .strong: "strong"
        }
    }
}

extension Duration {
    /// Reads `500ms`, `5s`, `2m`; a plain number is milliseconds.
    ///
    /// - Parameter name: what errors call it.
    init(readingTime text: String, of name: String) throws(ShardError) {
        for (suffix, factor) in [("ms", Int64(1)), ("s", 1000), ("m", 60_000), ("", 1)] where text.hasSuffix(suffix) {
            if let count = Int64(text.dropLast(suffix.count)), count >= 0, count <= 86_400_000 {
                self = .milliseconds(count * factor)
                return
            }
        }
        throw ShardError(.configuration, "\(name) has to be a time such as 5s or 500ms, not '\(text)'")
    }

    /// `500ms`, `5s`.
    var timeText: String {
        let milliseconds = Int64(clamping: attoseconds / 1_000_000_000_000_000)
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }
}
