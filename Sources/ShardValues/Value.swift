/// One SQL value, as users bind and read them.
///
/// Inside the rows' way values stay flat (see ``Cell``); `Value` appears where a user asks or a plan holds a constant.
public enum Value: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
    /// A TEXT whose bytes are not UTF-8. Engines store and return such texts; they are never bent.
    case malformedText([UInt8])
}

// There is no nil literal on purpose: `isKnown ? value : nil` as a `Value?` would quietly be a known NULL. Write `.null`.
extension Value: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
    ExpressibleByBooleanLiteral
{
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .real(value) }
    public init(stringLiteral value: String) { self = .text(value) }
    public init(booleanLiteral value: Bool) { self = .integer(value ? 1 : 0) }
}
