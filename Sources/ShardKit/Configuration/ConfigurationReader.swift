import ShardBase
import Yams

/// A node of the YAML tree with the words to complain about it: which key, on which line, of which file.
struct ConfigurationReader {
    let node: Node
    let file: String
    /// The keys that lead here: `tables.orders`.
    let path: String

    var line: Int { node.mark?.line ?? 1 }

    func error(_ message: String, hint: String? = nil, line: Int? = nil) -> ShardError {
        ShardError(.configuration, "\(file), line \(line ?? self.line): \(message)", hint: hint)
    }

    private func child(_ key: String, _ node: Node) -> Self {
        ConfigurationReader(node: node, file: file, path: path.isEmpty ? key : "\(path).\(key)")
    }

    /// The pairs of a mapping, in order, whatever the keys.
    func pairs() throws(ShardError) -> [(key: String, keyLine: Int, value: Self)] {
        guard let mapping = node.mapping else { throw error("\(shownPath) has to be a mapping of keys to values") }
        var pairs: [(key: String, keyLine: Int, value: Self)] = []
        for (key, value) in mapping {
            guard let name = key.scalar?.string else {
                throw error("a key of \(shownPath) is not a plain word", line: key.mark?.line)
            }
            pairs.append((name, key.mark?.line ?? line, child(name, value)))
        }
        return pairs
    }

    /// The pairs of a mapping whose keys are known; any other key is an error that names the nearest known one.
    func pairs(known: [String]) throws(ShardError) -> [(key: String, value: Self)] {
        var result: [(key: String, value: Self)] = []
        for (key, keyLine, value) in try pairs() {
            guard known.contains(key) else {
                let nearest = NearestWord.of(key, among: known)
                throw error(
                    "unknown key \"\(key)\"\(path.isEmpty ? "" : " in \(path)")",
                    hint: nearest.map { "Did you mean \"\($0)\"?" } ?? "Known keys: \(known.joined(separator: ", ")).",
                    line: keyLine)
            }
            result.append((key, value))
        }
        return result
    }

    func elements() throws(ShardError) -> [Self] {
        guard let sequence = node.sequence else { throw error("\(shownPath) has to be a list") }
        return sequence.enumerated().map { child("\($0.offset + 1)", $0.element) }
    }

    func text() throws(ShardError) -> String {
        guard let scalar = node.scalar else { throw error("\(shownPath) has to be a text") }
        return scalar.string
    }

    func integer(_ range: ClosedRange<Int64>) throws(ShardError) -> Int64 {
        let text = try text().filter { $0 != "_" }
        guard let value = Int64(text), range.contains(value) else {
            throw error(
                "\(shownPath) has to be an integer from \(range.lowerBound) to \(range.upperBound), not \"\(text)\"")
        }
        return value
    }

    /// A size in bytes: `1048576`, `512KiB`, `16MiB`, `1GiB`.
    func byteCount() throws(ShardError) -> Int {
        let text = try text()
        for (suffix, shift) in [("KiB", 10), ("MiB", 20), ("GiB", 30), ("", 0)] where text.hasSuffix(suffix) {
            let number = text.dropLast(suffix.count).filter { $0 != "_" && $0 != " " }
            if let count = Int(number), count > 0, count <= Int.max >> shift { return count << shift }
        }
        throw error("\(shownPath) has to be a number of bytes such as 1048576 or 16MiB, not \"\(text)\"")
    }

    /// A time: `5s`, `500ms`; a plain number is milliseconds.
    func duration() throws(ShardError) -> Duration {
        let text = try text()
        let units = [("ms", Int64(1)), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("", 1)]
        for (suffix, factor) in units where text.hasSuffix(suffix) {
            if let count = Int64(text.dropLast(suffix.count)), count >= 0, count <= 86_400_000 {
                return .milliseconds(count * factor)
            }
        }
        throw error("\(shownPath) has to be a time such as 5s or 500ms, not \"\(text)\"")
    }

    func word<Choice: RawRepresentable & CaseIterable>(
        _ type: Choice.Type
    ) throws(ShardError) -> Choice where Choice.RawValue == String {
        let text = try text()
        guard let choice = Choice(rawValue: text.lowercased()) else {
            let choices = Choice.allCases.map(\.rawValue)
            throw error(
                "\(shownPath) cannot be \"\(text)\"",
                hint: NearestWord.of(text, among: choices).map { "Did you mean \"\($0)\"?" }
                    ?? "It is one of \(choices.joined(separator: ", ")).")
        }
        return choice
    }

    private var shownPath: String { path.isEmpty ? "the file" : path }
}
