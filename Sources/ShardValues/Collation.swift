public import ShardBase

/// The order and equality of texts.
public enum Collation: Sendable, Hashable {
    /// Bytes as unsigned numbers, then the shorter first.
    case binary
    /// As ``binary`` after A to Z became a to z; a NUL byte ends the comparison of the letters, then the shorter first.
    case nocase
    /// As ``binary`` without spaces at the end.
    case rtrim
    /// A collation that Swift cannot compare with (an application's own).
    case custom(String)
}

extension Collation {
    /// The stable name: `binary`, `nocase`, `rtrim`, or the custom collation's own.
    public var name: String {
        switch self {
        case .binary: "binary"
        case .nocase: "nocase"
        case .rtrim: "rtrim"
        case .custom(let name): name
        }
    }

    /// Whether Swift compares as the engine does.
    public var isComparable: Bool {
        switch self {
        case .binary, .nocase, .rtrim: true
        case .custom: false
        }
    }

    /// - Throws: `.collationAcrossShards` for a custom collation.
    public func requireComparable() throws(ShardError) {
        guard isComparable else {
            throw ShardError(
                .collationAcrossShards, "texts under the collation \(name) can be compared only by the application",
                hint: ErrorCode.collationAcrossShards.advice)
        }
    }
}

extension Collation: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        switch text {
        case "binary": self = .binary
        case "nocase": self = .nocase
        case "rtrim": self = .rtrim
        default: self = .custom(text.hasPrefix("custom:") ? String(text.dropFirst(7)) : text)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .binary, .nocase, .rtrim: try container.encode(name)
        case .custom(let name): try container.encode("custom:" + name)
        }
    }
}
