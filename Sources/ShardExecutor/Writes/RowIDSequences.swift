import ShardBase
import ShardSQL
import ShardValues
import Synchronization

/// The next rowid of each spread table: exactly the number that one plain database would give, `max(rowid) + 1` (and
/// never one used before, where AUTOINCREMENT says so), as long as one process inserts.
///
/// A counter is trusted until something may have freed or taken numbers unseen (a DELETE, a ROLLBACK, an error, another
/// process): then it is *stale* and the next INSERT asks the shards for their maximum again.
///
/// - Numbers given to a statement or transaction that has not ended are remembered per owner: no shard shows them yet,
///   and nobody else may get them.
/// - Numbers are given from blocks that the catalog reserves, so that processes never give the same; while only one
///   process reserves, blocks follow on without gaps.
final class RowIDSequences: Sendable {
    /// Reserves numbers of a sequence for this process: starting at `atLeast` if nobody else has reserved since.
    typealias Reserve =
        @Sendable (_ sequence: String, _ atLeast: Int64, _ count: Int64) async throws -> Range<Int64>

    private struct Counter {
        /// The number the next row gets; nil: ask the shards.
        var next: Int64?
        /// The largest number of all is used: there is no next one.
        var isFull = false
        var block: Range<Int64> = 0..<0
        /// Behind the highest number of the block that was ever given.
        var unused: Int64 = 0
        /// The next block's size: doubles up to a bound.
        var blockSize: Int64 = RowIDSequences.firstBlock
        /// Grows with each event that makes a running look at the shards out of date.
        var generation: UInt64 = 0
        /// The highest number taken by each owner whose statement or transaction is not over.
        var inFlight: [UInt64: Int64] = [:]
    }

    private static let firstBlock: Int64 = 64
    private static let largestBlock: Int64 = 65_536

    private let counters = Mutex<[String: Counter]>([:])
    private let refreshing = AsyncMutex()
    private let reserve: Reserve

    init(reserve: @escaping Reserve) { self.reserve = reserve }

    /// The keys of a statement's rows, in order: a number per `.generate`, `.null` for rows with keys of their own,
    /// which move the counter on as they do in SQLite.
    ///
    /// - Parameters:
    ///   - owner: who takes the numbers; to be told to ``ended(_:isUndone:)`` when the statement or transaction is
    ///     over.
    ///   - maximum: asks the shards (the owner's own uncommitted rows included) for the highest number used.
    func assign(
        table: String, requests: [KeyRequest], isAutoIncrement: Bool, owner: UInt64,
        maximum: () async throws -> Int64?
    ) async throws -> [Value] {
        let name = table.asciiLowercased()
        if let keys = try attempt(name, requests, isAutoIncrement, owner) { return keys }
        return try await refreshing.withLock {
            // Somebody may have refreshed the counter while this one waited.
            if let keys = try attempt(name, requests, isAutoIncrement, owner) { return keys }
            for _ in 0..<8 {
                try await refresh(name, requests, owner, maximum)
                if let keys = try attempt(name, requests, isAutoIncrement, owner) { return keys }
            }
            throw ShardError(
                .busy, "the next key of \(table) could not be settled: its rows change too fast", isRetryable: true)
        }
    }

    /// Rows that all bring keys of their own: the counter moves on, nothing is asked.
    func observe(table: String, requests: [KeyRequest], owner: UInt64) {
        counters.withLock { counters in
            var counter = counters[table.asciiLowercased(), default: Counter()]
            for case .explicit(.integer(let id)) in requests {
                if let next = counter.next, id >= next { counter.next = Self.after(id, &counter.isFull) }
                counter.inFlight[owner] = max(counter.inFlight[owner] ?? id, id)
            }
            counters[table.asciiLowercased()] = counter
        }
    }

    /// A row's number may have been freed or taken unseen.
    func markStale(_ table: String) {
        counters.withLock { counters in
            counters[table.asciiLowercased(), default: Counter()].next = nil
            counters[table.asciiLowercased(), default: Counter()].generation += 1
        }
    }

    /// The schema has changed.
    func markAllStale() {
        counters.withLock { counters in
            for name in counters.keys {
                counters[name]?.next = nil
                counters[name]?.generation += 1
            }
        }
    }

    /// What is left of each block, by sequence. Nobody may take a number afterwards.
    func takeUnused() -> [(sequence: String, unused: Range<Int64>)] {
        counters.withLock { counters in
            defer { counters = [:] }
            return counters.compactMap { name, counter in
                counter.unused < counter.block.upperBound
                    ? (name, max(counter.unused, counter.block.lowerBound)..<counter.block.upperBound) : nil
            }
        }
    }

    /// Numbers an owner has taken may have been undone; it still runs.
    func markStale(takenBy owner: UInt64) {
        counters.withLock { counters in
            for (name, counter) in counters where counter.inFlight[owner] != nil {
                counters[name]?.next = nil
                counters[name]?.generation += 1
            }
        }
    }

    /// An owner's statement or transaction is over. `isUndone`: what it inserted is gone.
    func ended(_ owner: UInt64, isUndone: Bool) {
        counters.withLock { counters in
            for (name, counter) in counters where counter.inFlight[owner] != nil {
                var counter = counter
                counter.inFlight[owner] = nil
                counter.generation += 1
                if isUndone { counter.next = nil }
                counters[name] = counter
            }
        }
    }

    /// Gives numbers if the counter is fresh and its block suffices.
    private func attempt(
        _ name: String, _ requests: [KeyRequest], _ isAutoIncrement: Bool, _ owner: UInt64
    ) throws(ShardError) -> [Value]? {
        let result: Result<[Value]?, ShardError> = counters.withLock { counters in
            guard var counter = counters[name], var next = counter.next else { return .success(nil) }
            var isFull = counter.isFull
            var keys: [Value] = []
            keys.reserveCapacity(requests.count)
            var highest = counter.inFlight[owner]
            for request in requests {
                switch request {
                case .explicit(let value):
                    keys.append(.null)
                    guard case .integer(let id) = value else { continue }
                    if id >= next { next = Self.after(id, &isFull) }
                    highest = max(highest ?? id, id)
                case .generate:
                    if isFull {
                        // As SQLite: with AUTOINCREMENT the table is full, else any unused number will do.
                        if isAutoIncrement { return .failure(RowIDSequences.exhausted) }
                        keys.append(.integer(Int64.random(in: 1..<(.max / 2))))
                        continue
                    }
                    // An explicit number beyond the block leaves it: a new block is needed for what follows.
                    guard next == .max || counter.block.contains(next) else { return .success(nil) }
                    keys.append(.integer(next))
                    highest = max(highest ?? next, next)
                    next = Self.after(next, &isFull)
                    counter.unused = max(counter.unused, next)
                }
            }
            counter.next = next
            counter.isFull = isFull
            counter.inFlight[owner] = highest
            counters[name] = counter
            return .success(keys)
        }
        return try result.get()
    }

    private static func after(_ number: Int64, _ isFull: inout Bool) -> Int64 {
        if number < .max { return number + 1 }
        isFull = true
        return .max
    }

    private static var exhausted: ShardError {
        ShardError(.diskFull, "database or disk is full", hint: "The table's rowids are used up.", engineCode: "13")
    }

    private func refresh(
        _ name: String, _ requests: [KeyRequest], _ owner: UInt64, _ maximum: () async throws -> Int64?
    ) async throws {
        let before = counters.withLock { $0[name, default: Counter()] }
        var next: Int64
        var isFull = before.isFull
        if let known = before.next {
            next = known
        } else {
            let highest = try await maximum()
            // Own numbers of this transaction are in the shards, or undone.
            let others = before.inFlight.filter { $0.key != owner }.values.max()
            let top = [highest, others].compactMap { $0 }.max()
            isFull = false
            next = top.map { Self.after($0, &isFull) } ?? 1
        }
        // The block must cover what this statement takes, also behind an explicit number that jumps ahead.
        var last = next
        var generates = false
        for request in requests {
            switch request {
            case .explicit(.integer(let id)): if id >= last { last = id == .max ? .max : id + 1 }
            case .explicit: break
            case .generate:
                generates = true
                if last < .max { last += 1 }
            }
        }
        let span = last.subtractingReportingOverflow(next)
        let needed = generates ? (span.overflow ? .max : span.partialValue) : 0
        var block = before.block
        // The largest number needs no block: ranges end before it, and whoever inserts it second fails.
        if generates, next < .max, !(block.contains(next) && block.upperBound >= last) {
            let size = min(max(needed, before.blockSize), Int64.max - max(next, 0))
            block = try await reserve(name, next, max(size, 1))
            next = max(next, block.lowerBound)
        }
        counters.withLock { counters in
            guard counters[name, default: Counter()].generation == before.generation else { return }
            counters[name, default: Counter()].next = next
            counters[name, default: Counter()].isFull = isFull
            if block != before.block {
                counters[name, default: Counter()].block = block
                counters[name, default: Counter()].unused = block.lowerBound
                counters[name, default: Counter()].blockSize = min(before.blockSize * 2, Self.largestBlock)
            }
        }
    }
}
