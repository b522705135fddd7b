public import ShardValues

/// A statement with its values: what stands in `\(…)` is bound, never pasted into the text.
///
/// ```swift
/// let orders = try await database.query("SELECT id, total FROM orders WHERE user_id = \(userID) ORDER BY id")
/// ```
///
/// An array becomes a list of parameters, `IN (\(list: ids))`. Text that you trust, such as a column's name chosen by
/// your own code, goes in as `\(raw: name)`.
public struct SQLText: Sendable, Hashable {
    /// The text with `$1`, `$2` … for the values: both engines take these in the order of their places.
    public var text: String
    /// The values in the order of their parameters.
    public var values: [Value]

    /// A statement's text and the values of its parameters.
    public init(_ text: String, values: [Value] = []) {
        self.text = text
        self.values = values
    }
}

extension SQLText: ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) { self.init(value) }
    public init(stringInterpolation: StringInterpolation) {
        self.init(stringInterpolation.text, values: stringInterpolation.values)
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        var text = ""
        var values: [Value] = []

        public init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount)
            values.reserveCapacity(interpolationCount)
        }

        public mutating func appendLiteral(_ literal: String) { text += literal }

        /// Binds a value.
        public mutating func appendInterpolation(_ value: some SQLValueConvertible) {
            append(value.sqlValue)
        }

        /// Binds a value, or NULL.
        public mutating func appendInterpolation(_ value: (some SQLValueConvertible)?) {
            append(value?.sqlValue ?? .null)
        }

        /// Binds each element: `$1, $2, $3`. An empty list leaves the text empty, which `IN ()` accepts.
        public mutating func appendInterpolation(list: some Sequence<some SQLValueConvertible>) {
            var isFirst = true
            for value in list {
                if !isFirst { text += ", " }
                isFirst = false
                append(value.sqlValue)
            }
        }

        private mutating func append(_ value: Value) {
            values.append(value)
            text += "$"
            text += String(values.count)
        }

        /// Pastes text as it is. It must not come from outside.
        public mutating func appendInterpolation(raw: String) { text += raw }
    }
}

extension SQLText: CustomStringConvertible {
    /// The text alone: values are not shown.
    public var description: String { text }
}
