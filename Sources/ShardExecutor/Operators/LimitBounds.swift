import ShardBase
import ShardPlanner
import ShardValues

/// LIMIT and OFFSET as numbers, by SQLite's rules: each must be losslessly an integer, else "datatype mismatch"; a negative
/// limit is none; a negative offset is 0; after LIMIT 0 the offset is not looked at.
struct LimitBounds: Sendable, Hashable {
    /// Nil: no limit.
    let count: Int64?
    let offset: Int64

    /// - Parameter values: the run's, extras included.
    init(
        count: LimitOperand?, offset: LimitOperand?, rules: LimitNode.Rules = .sqlite, values: [Value],
        parameterCount: Int
    ) throws(ShardError) {
        if rules == .postgresql {
            self.count = try Self.bound(count, "LIMIT", "2201W", values, parameterCount)
            self.offset = try Self.bound(offset, "OFFSET", "2201X", values, parameterCount) ?? 0
            return
        }
        var limit: Int64?
        if let count {
            let number = try Self.integer(count, values, parameterCount)
            if number >= 0 { limit = number }
        }
        self.count = limit
        guard limit != 0, let offset else {
            self.offset = 0
            return
        }
        self.offset = max(0, try Self.integer(offset, values, parameterCount))
    }

    /// How many rows each fragment must give; -1: all.
    var fragmentLimit: Int64 {
        guard let count else { return -1 }
        let (sum, overflows) = count.addingReportingOverflow(offset)
        return overflows ? -1 : sum
    }

    /// By PostgreSQL's rules.
    private static func bound(
        _ operand: LimitOperand?, _ clause: String, _ code: String, _ values: [Value], _ parameterCount: Int
    ) throws(ShardError) -> Int64? {
        guard let operand else { return nil }
        if case .parameter(let index) = operand, index >= values.count || values[index] == .null { return nil }
        let number = try integer(operand, values, parameterCount)
        guard number >= 0 else { throw ShardError(.engine, "\(clause) must not be negative", engineCode: code) }
        return number
    }

    private static func integer(
        _ operand: LimitOperand, _ values: [Value], _ parameterCount: Int
    ) throws(ShardError) -> Int64 {
        let value: Value
        switch operand {
        case .constant(let number): return number
        case .parameter(let index): value = index < values.count ? values[index] : .null
        case .extra(let index):
            let position = parameterCount + index
            value = position < values.count ? values[position] : .null
        }
        guard case .integer(let number) = Affinity.numeric.apply(to: value) else {
            throw ShardError(.typeMismatch, "datatype mismatch", engineCode: "20")
        }
        return number
    }
}
