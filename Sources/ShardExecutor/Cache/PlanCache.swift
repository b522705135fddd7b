import ShardBase
import ShardPlanner
import ShardSQL
import ShardValues
import Synchronization

/// What a cached plan depends on besides its text.
struct PlanCacheKey: Sendable, Hashable {
    var epoch: UInt64
    /// An opaque number of the session's state that changes plans (TEMP tables, some settings); 0: none.
    var session: UInt64 = 0
}

/// Plans by text, bounded in bytes.
///
/// Two ways lead to a plan. A text without folded literals is found by the hash of its bytes. A text with folded literals
/// (`… WHERE id = 7`) is found by the fingerprint of its shape; it must be, byte for byte, the text of the entry with
/// other literals in the holes, so that nothing else of a text (names of result columns, LIMIT 5, hints) is ever
/// mistaken. Both ways cost neither parsing nor planning.
///
/// Entries leave by a clock: the hand passes over those used since it came by last. Entries of epochs that are over are
/// dropped when the first plan of a newer one comes in.
final class PlanCache: Sendable {
    fileprivate struct Slot {
        var entry: PlanCacheEntry
        var hash: UInt64
        var wasUsed: Bool
    }

    fileprivate struct State {
        /// By hash of text or shape, mixed with the key.
        var positions: [UInt64: Int] = [:]
        var slots: [Slot] = []
        var hand = 0
        var bytes = 0
        var epoch: UInt64 = 0
    }

    private let stripes: [Stripe]
    private let dialect: Dialect
    private let byteLimit: Int
    /// Result column names may be spelled by the text, so bare words count as written.
    private static let options = Fingerprint.Options(foldsCase: false)
    /// Longer texts are not kept: bulk INSERTs, which never come twice.
    static let longestText = 16 << 10
    private static let stripeCount = 4

    private let spareScratch = Mutex<FingerprintScratch?>(nil)

    private final class Stripe: Sendable {
        let state = Mutex(State())
    }

    /// - Parameter byteLimit: for texts and plans together, counted as estimated.
    init(byteLimit: Int, dialect: Dialect = .sqlite) {
        self.byteLimit = max(0, byteLimit)
        self.dialect = dialect
        stripes = (0..<Self.stripeCount).map { _ in Stripe() }
    }

    // MARK: Looking up

    /// The plan of a text, nil when there is none.
    ///
    /// - Parameter scratch: the caller's own, reused from call to call.
    func find(_ sql: String, key: PlanCacheKey, scratch: inout FingerprintScratch) -> CachedPlan? {
        var sql = sql
        return sql.withUTF8 { bytes in
            if bytes.count > Self.longestText { return nil }
            if let entry = entry(Self.mixed(TextHash.of(bytes), key)), entry.key == key, entry.holes.isEmpty,
                entry.isSame(bytes)
            {
                return CachedPlan(compiled: entry.compiled, literals: [])
            }
            guard let shape = Fingerprint.of(bytes, dialect: dialect, options: Self.options, into: &scratch),
                !scratch.literals.isEmpty
            else { return nil }
            guard let entry = entry(Self.mixed(~shape, key)), entry.key == key, !entry.holes.isEmpty,
                let literals = entry.literals(in: bytes, scratch.literals, dialect: dialect)
            else { return nil }
            return CachedPlan(compiled: entry.compiled, literals: literals)
        }
    }

    /// The same for who has no scratch.
    func find(_ sql: String, key: PlanCacheKey) -> CachedPlan? {
        var scratch = spareScratch.withLock { $0.take() } ?? FingerprintScratch()
        defer { spareScratch.withLock { $0 = scratch } }
        return find(sql, key: key, scratch: &scratch)
    }

    private func entry(_ hash: UInt64) -> PlanCacheEntry? {
        stripe(hash).state.withLock { state in
            guard let position = state.positions[hash] else { return nil }
            state.slots[position].wasUsed = true
            return state.slots[position].entry
        }
    }

    // MARK: Keeping

    /// Keeps a plan for a text and gives what the text's first run needs.
    ///
    /// - Parameters:
    ///   - folded: where the literals stood that became parameters after the user's, in their order
    ///     (``ShardPlanner/LiteralFolding``); empty when none were folded.
    /// - Returns: nil when a folded literal's value cannot be told from the text; then the plan is not kept, and the
    ///   statement has to be planned as written.
    func insert(
        _ compiled: CompiledPlan, for sql: String, folded: [SourceRange], key: PlanCacheKey
    ) -> CachedPlan? {
        var sql = sql
        return sql.withUTF8 { bytes in
            if folded.isEmpty {
                if bytes.count <= Self.longestText {
                    keep(
                        PlanCacheEntry(key: key, text: Array(bytes), holes: [], literalCount: 0, compiled: compiled),
                        Self.mixed(TextHash.of(bytes), key))
                }
                return CachedPlan(compiled: compiled, literals: [])
            }
            var scratch = FingerprintScratch()
            guard let shape = Fingerprint.of(bytes, dialect: dialect, options: Self.options, into: &scratch),
                let holes = Self.holes(folded, scratch.literals)
            else { return nil }
            let entry = PlanCacheEntry(
                key: key, text: Array(bytes), holes: holes, literalCount: scratch.literals.count, compiled: compiled)
            guard let literals = entry.literals(in: bytes, scratch.literals, dialect: dialect) else { return nil }
            if bytes.count <= Self.longestText { keep(entry, Self.mixed(~shape, key)) }
            return CachedPlan(compiled: compiled, literals: literals)
        }
    }

    private static func holes(_ folded: [SourceRange], _ literals: [FoldedLiteral]) -> [PlanCacheEntry.Hole]? {
        var holes: [PlanCacheEntry.Hole] = []
        for (value, range) in folded.enumerated() {
            guard let literal = literals.firstIndex(where: { $0.start == range.start && $0.end == range.end }) else {
                return nil
            }
            holes.append(
                .init(
                    start: Int(range.start), end: Int(range.end), kind: literals[literal].kind, literal: literal,
                    value: value))
        }
        return holes.sorted { $0.start < $1.start }
    }

    private func keep(_ entry: PlanCacheEntry, _ hash: UInt64) {
        let limit = byteLimit / Self.stripeCount
        guard entry.byteCount <= limit else { return }
        // What is dropped is freed outside of the lock.
        let dropped = stripe(hash).state.withLock { state -> [PlanCacheEntry] in
            var dropped: [PlanCacheEntry] = []
            if entry.key.epoch > state.epoch {
                state.epoch = entry.key.epoch
                dropped = state.removeAll()
            }
            if let position = state.positions[hash] { dropped.append(state.remove(position)) }
            while state.bytes + entry.byteCount > limit, let next = state.evict() { dropped.append(next) }
            state.positions[hash] = state.slots.count
            state.slots.append(Slot(entry: entry, hash: hash, wasUsed: false))
            state.bytes += entry.byteCount
            return dropped
        }
        _ = consume dropped
    }

    /// Forgets everything.
    func removeAll() {
        for stripe in stripes { _ = stripe.state.withLock { $0.removeAll() } }
    }

    /// Entries and their bytes, for statistics and tests.
    var usage: (entries: Int, bytes: Int) {
        var usage = (entries: 0, bytes: 0)
        for stripe in stripes {
            stripe.state.withLock {
                usage.entries += $0.slots.count
                usage.bytes += $0.bytes
            }
        }
        return usage
    }

    private func stripe(_ hash: UInt64) -> Stripe { stripes[Int(truncatingIfNeeded: hash >> 62)] }

    private static func mixed(_ hash: UInt64, _ key: PlanCacheKey) -> UInt64 {
        TextHash.fold(hash ^ key.epoch, key.session ^ 0x9E37_79B9_7F4A_7C15)
    }
}

extension PlanCache.State {
    fileprivate mutating func removeAll() -> [PlanCacheEntry] {
        let entries = slots.map(\.entry)
        positions.removeAll()
        slots.removeAll()
        hand = 0
        bytes = 0
        return entries
    }

    /// The last slot takes the place of the removed one.
    fileprivate mutating func remove(_ position: Int) -> PlanCacheEntry {
        let slot = slots[position]
        positions[slot.hash] = nil
        bytes -= slot.entry.byteCount
        let last = slots.removeLast()
        if position < slots.count {
            slots[position] = last
            positions[last.hash] = position
        }
        return slot.entry
    }

    /// Removes the first entry behind the hand that was not used since the hand came by.
    fileprivate mutating func evict() -> PlanCacheEntry? {
        guard !slots.isEmpty else { return nil }
        while true {
            if hand >= slots.count { hand = 0 }
            if !slots[hand].wasUsed { return remove(hand) }
            slots[hand].wasUsed = false
            hand += 1
        }
    }
}
