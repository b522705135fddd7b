import ShardBase
import ShardPlanner
import ShardValues

/// The session's counters that a statement may ask for.
struct SessionCounters: Sendable, Hashable {
    /// Nil when only a shard knows it.
    var lastInsertRowID: Int64? = 0
    var changes: Int64 = 0
    var totalChanges: Int64 = 0
}

/// The values of one run: the user's, then the plan's extras, each computed once before anything is sent.
enum ExtraValues {
    /// As the one for plans; a plan without extras is not looked into.
    static func bound(
        _ compiled: CompiledPlan, values: [Value], counters: SessionCounters, clock: any ShardClock,
        evaluate: (_ sql: String, _ values: [Value]) async throws -> Value
    ) async throws -> [Value] {
        if !compiled.hasExtras, values.count == compiled.parameterCount { return values }
        return try await bound(compiled.plan, values: values, counters: counters, clock: clock, evaluate: evaluate)
    }

    /// - Parameters:
    ///   - evaluate: the value of `SELECT expression` on a private engine, the user's values bound.
    /// - Throws: `.parameters` for a wrong number of values; what evaluating throws; "datatype mismatch" for a LIMIT that is
    ///   no integer.
    static func bound(
        _ plan: Plan, values: [Value], counters: SessionCounters, clock: any ShardClock,
        evaluate: (_ sql: String, _ values: [Value]) async throws -> Value
    ) async throws -> [Value] {
        if values.count != plan.parameterCount { throw wrongCount(plan.parameterCount, values.count) }
        if plan.extras.isEmpty { return values }
        var result = values
        result.reserveCapacity(values.count + plan.extras.count)
        // One moment for the whole statement.
        var moment: Moment?
        var deferred: [(index: Int, count: LimitOperand, offset: LimitOperand?)] = []
        for (index, extra) in plan.extras.enumerated() {
            switch extra {
            case .lastInsertRowID:
                guard let id = counters.lastInsertRowID else {
                    throw ShardError(
                        .functionNotModelled, "last_insert_rowid() is not known: the rows went to several shards",
                        hint: "Use RETURNING, or give the table an INTEGER PRIMARY KEY.")
                }
                result.append(.integer(id))
            case .changes: result.append(.integer(counters.changes))
            case .totalChanges: result.append(.integer(counters.totalChanges))
            case .now: result.append(.text(Self.moment(&moment, clock).withMilliseconds))
            case .currentTimestamp: result.append(.text(Self.moment(&moment, clock).timestamp))
            case .currentDate: result.append(.text(Self.moment(&moment, clock).date))
            case .currentTime: result.append(.text(Self.moment(&moment, clock).time))
            case .evaluated(let sql): result.append(try await evaluate(sql, values))
            case .gatheredKeys: result.append(.null)
            case .fragmentLimit(let count, let offset):
                // May stand on an extra that comes later.
                deferred.append((index, count, offset))
                result.append(.null)
            }
        }
        for limit in deferred {
            let rows = try LimitBounds(
                count: limit.count, offset: limit.offset, values: result, parameterCount: plan.parameterCount)
            result[plan.parameterCount + limit.index] = .integer(rows.fragmentLimit)
        }
        return result
    }

    private static func moment(_ known: inout Moment?, _ clock: any ShardClock) -> Moment {
        if let known { return known }
        let moment = Moment(wallMilliseconds: clock.wallMilliseconds)
        known = moment
        return moment
    }

    static func wrongCount(_ expected: Int, _ given: Int) -> ShardError {
        let parameters = expected == 1 ? "1 parameter" : "\(expected) parameters"
        let values = given == 1 ? "1 value was given" : "\(given) values were given"
        return ShardError(.parameters, "the statement has \(parameters), \(values)")
    }
}

/// A moment in UTC as SQLite spells it.
struct Moment: Sendable, Hashable {
    let date: String
    let time: String
    private let milliseconds: Int

    init(wallMilliseconds: Int64) {
        let day = 86_400_000 as Int64
        var days = wallMilliseconds / day
        var rest = wallMilliseconds % day
        if rest < 0 {
            rest += day
            days -= 1
        }
        let (year, month, dayOfMonth) = Self.civil(days)
        date = "\(Self.padded(Int(year), 4))-\(Self.padded(month, 2))-\(Self.padded(dayOfMonth, 2))"
        let seconds = Int(rest / 1000)
        time =
            "\(Self.padded(seconds / 3600, 2)):\(Self.padded(seconds / 60 % 60, 2)):\(Self.padded(seconds % 60, 2))"
        milliseconds = Int(rest % 1000)
    }

    var timestamp: String { "\(date) \(time)" }
    /// `YYYY-MM-DD HH:MM:SS.SSS`
    var withMilliseconds: String { "\(date) \(time).\(Self.padded(milliseconds, 3))" }

    /// Days since 1970-01-01 to a date of the proleptic Gregorian calendar.
    /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        let month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
