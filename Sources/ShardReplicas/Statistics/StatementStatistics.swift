import Synchronization

/// What statements of one fingerprint have done: a line of `SHOW STATEMENTS`.
public struct StatementSummary: Sendable, Hashable {
    public var fingerprint: UInt64
    /// With literals left out, cut to 1,024 bytes.
    public var text: String
    /// Seen since it was last entered.
    public var count: Int
    /// It may have been seen up to so many times more, before it was entered.
    public var missed: Int
    public var failures: Int
    public var rows: Int
    public var times: TimeHistogram
    /// How often each rung of the planner ran it, by the rung's number from 1. The last counts all beyond.
    public var rungs: [Int]
}

/// Counts statements by fingerprint in bounded memory: the most frequent are surely there, the others make room.
///
/// Each of 16 stripes keeps the most frequent of its fingerprints by the space-saving algorithm: a new fingerprint takes the
/// place of the least frequent and inherits its count as what it may have missed. Whatever is more than 1/capacity of a
/// stripe's statements is never displaced. Source: Metwally, Agrawal and El Abbadi, "Efficient Computation of Frequent and
/// Top-k Elements in Data Streams", 2005.
///
/// A statement costs one lock of its stripe and no allocation, but for the first of its fingerprint. Where more fingerprints
/// come than there is room for, each new one costs a look at its stripe: `O(capacity / 16)`.
public final class StatementStatistics: Sendable {
    static let stripeCount = 16
    static let rungCount = 5

    private struct Line {
        var summary: StatementSummary
        /// The algorithm's count: what was seen and what was inherited.
        var rank: Int { summary.count + summary.missed }
    }

    private final class Stripe: Sendable {
        let state = Mutex((places: [UInt64: Int](), lines: [Line]()))
    }

    private let stripes = (0..<stripeCount).map { _ in Stripe() }
    private let linesPerStripe: Int

    /// - Parameter capacity: fingerprints kept, at least 16. Default 1,024: about 1 MiB when full.
    public init(capacity: Int = 1024) {
        linesPerStripe = max(1, capacity / Self.stripeCount)
    }

    /// A statement has ended.
    ///
    /// - Parameters:
    ///   - rung: of the planner, from 1.
    ///   - text: asked for only where the fingerprint is new. It must not hold values.
    public func record(
        _ fingerprint: UInt64, duration: Duration, rows: Int, rung: Int, hasFailed: Bool = false, text: () -> String
    ) {
        let stripe = stripes[Int(Mix64.finish(fingerprint) % UInt64(Self.stripeCount))]
        let isKnown = stripe.state.withLock { state in
            guard let place = state.places[fingerprint] else { return false }
            Self.add(&state.lines[place].summary, duration, rows, rung, hasFailed)
            return true
        }
        if isKnown { return }
        // Made outside of the lock; another task may have entered it meanwhile.
        let text = Self.cut(text())
        stripe.state.withLock { state in
            if let place = state.places[fingerprint] {
                Self.add(&state.lines[place].summary, duration, rows, rung, hasFailed)
                return
            }
            var line = Line(
                summary: StatementSummary(
                    fingerprint: fingerprint, text: text, count: 0, missed: 0, failures: 0, rows: 0,
                    times: TimeHistogram(), rungs: [Int](repeating: 0, count: Self.rungCount)))
            if state.lines.count < linesPerStripe {
                Self.add(&line.summary, duration, rows, rung, hasFailed)
                state.places[fingerprint] = state.lines.count
                state.lines.append(line)
                return
            }
            var least = 0
            for place in state.lines.indices where state.lines[place].rank < state.lines[least].rank { least = place }
            line.summary.missed = state.lines[least].rank
            Self.add(&line.summary, duration, rows, rung, hasFailed)
            state.places[state.lines[least].summary.fingerprint] = nil
            state.places[fingerprint] = least
            state.lines[least] = line
        }
    }

    /// All lines, those that took the most time together first. Stripe by stripe: statements go on meanwhile.
    public func snapshot() -> [StatementSummary] {
        var summaries: [StatementSummary] = []
        for stripe in stripes { summaries += stripe.state.withLock { $0.lines.map(\.summary) } }
        summaries.sort { a, b in
            if a.times.total != b.times.total { return a.times.total > b.times.total }
            return a.fingerprint < b.fingerprint
        }
        return summaries
    }

    public func reset() {
        for stripe in stripes { stripe.state.withLock { $0 = ([:], []) } }
    }

    private static func add(
        _ summary: inout StatementSummary, _ duration: Duration, _ rows: Int, _ rung: Int, _ hasFailed: Bool
    ) {
        summary.count += 1
        summary.rows += rows
        if hasFailed { summary.failures += 1 }
        summary.times.add(duration)
        summary.rungs[max(1, min(rung, rungCount)) - 1] += 1
    }

    /// At a boundary of characters.
    static func cut(_ text: String, to limit: Int = 1024) -> String {
        guard text.utf8.count > limit else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: limit)
        while end.samePosition(in: text) == nil { end = text.utf8.index(before: end) }
        return String(text[..<end]) + "…"
    }
}
