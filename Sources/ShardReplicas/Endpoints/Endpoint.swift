public import ShardBase

/// One server (or file) that can serve statements of a shard.
public struct Endpoint: Sendable, Hashable {
    /// What the endpoint is declared as. Where roles are probed (PostgreSQL), what the probe says counts, and not this.
    public enum Role: String, Sendable, Hashable, CaseIterable { case primary, replica }

    /// Unique in its shard. What is known of an endpoint (health, load, lag) goes with its name.
    public var name: String
    public var role: Role
    /// How many times the reads of an endpoint of weight 1 it takes, 0…1,000. Default: 1. One of weight 0 is read from
    /// only where a hint names it.
    public var weight: Int
    /// What rules and preferences choose by, as `zone=eu`. An endpoint may have several values under one key.
    public var tags: Set<EndpointTag>

    public init(_ name: String, role: Role, weight: Int = 1, tags: Set<EndpointTag> = []) {
        self.name = name
        self.role = role
        self.weight = weight
        self.tags = tags
    }

    public static let weights = 0...1000
}

/// A key and a value that an endpoint is marked with: `zone=eu`.
public struct EndpointTag: Sendable, Hashable {
    public var key: String
    public var value: String

    public init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }

    /// Reads `zone=eu`. The value begins after the first `=` and may be empty.
    ///
    /// - Throws: `.configuration` without `=` or without a key.
    public init(parsing text: String) throws(ShardError) {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw ShardError(.configuration, "'\(text)' is no tag", hint: "Write key=value, as in zone=eu.")
        }
        key = String(text[..<equals])
        value = String(text[text.index(after: equals)...])
    }
}

extension EndpointTag: CustomStringConvertible {
    public var description: String { "\(key)=\(value)" }
}
