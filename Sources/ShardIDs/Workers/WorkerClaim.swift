import Synchronization

/// A generator's hold on one worker in a store.
///
/// The high-water mark and the fence stand in one row, so that whoever moves the mark proves with the same write that
/// the worker is still its own. That is why a stolen lease makes no duplicates whatever the clocks say: the old holder
/// issues below the mark it wrote, the new one begins at that mark, and the old one's next write fails.
final class WorkerClaim: Sendable {
    let store: any WorkerStore
    /// nil: held by configuration, without end.
    let lease: Duration?
    let holder: String
    let node: Int64

    private struct State {
        var row: WorkerRow
        /// A write failed or hung: the row may be the one before it or after it.
        var isUncertain: Bool
    }
    private let state: Mutex<State>

    private init(store: any WorkerStore, lease: Duration?, row: WorkerRow) {
        self.store = store
        self.lease = lease
        holder = row.holder
        node = row.node
        state = Mutex(State(row: row, isUncertain: false))
    }

    var mark: HighWaterMark { state.withLock { $0.row.mark } }

    /// Takes over a configured worker, whoever had it: its last holder stops at its next write.
    static func fixed(node: Int64, label: String, store: any WorkerStore) async throws -> WorkerClaim {
        for _ in 0..<16 {
            let row = try await store.workers().rows.first { $0.node == node }
            let new = WorkerRow(
                node: node, holder: unique(label), fence: (row?.fence ?? 0) + 1, expires: nil,
                mark: row?.mark ?? HighWaterMark(milliseconds: .min))
            if try await store.replace(fence: row?.fence ?? 0, with: new, lease: nil) {
                return WorkerClaim(store: store, lease: nil, row: new)
            }
        }
        throw IDError(
            .workerLost, "worker \(node) is being taken over by other processes all the time",
            advice: "Give each process a worker of its own.")
    }

    /// Leases a free worker.
    ///
    /// - Returns: the claim, and the mark to begin at.
    static func leased(
        nodes: ClosedRange<Int64>, label: String, store: any WorkerStore, lease: Duration
    ) async throws -> (claim: WorkerClaim, floor: HighWaterMark) {
        for attempt in 0..<64 {
            let snapshot = try await store.workers()
            let floor = WorkerChoice.floor(snapshot, lease: lease)
            // Processes that begin together all see the same rows: they choose among the first few at random.
            let candidates = WorkerChoice.candidates(snapshot, nodes: nodes, limit: 1 + attempt)
            guard let chosen = candidates.randomElement() else {
                throw IDError(
                    .noFreeWorker, "all \(nodes.count) workers are held",
                    advice:
                        "Stop a process, wait for a lease of a dead one to end, or take a layout with more worker bits."
                )
            }
            let mark = max(chosen.row?.mark ?? floor, floor)
            let new = WorkerRow(
                node: chosen.node, holder: unique(label), fence: (chosen.row?.fence ?? 0) + 1, expires: 0, mark: mark)
            if try await store.replace(fence: chosen.row?.fence ?? 0, with: new, lease: lease) {
                return (WorkerClaim(store: store, lease: lease, row: new), mark)
            }
        }
        throw IDError(
            .noFreeWorker, "no worker could be leased: others were faster 64 times",
            advice: "Try again; so many processes starting at once need some time.")
    }

    /// Moves the mark up to `target` at least, and renews the lease. One caller at a time.
    ///
    /// - Returns: the mark as it stands in the store.
    /// - Throws: `workerLost` when the worker is somebody else's; what the store throws.
    func advance(to target: HighWaterMark, lease: Duration? = nil) async throws -> HighWaterMark {
        for _ in 0..<8 {
            let (known, isUncertain) = state.withLock { ($0.row, $0.isUncertain) }
            var row = known
            if isUncertain { row = try await reread() }
            let fence = row.fence
            row.fence += 1
            row.mark = max(row.mark, target)
            state.withLock { $0.isUncertain = true }
            if try await store.replace(fence: fence, with: row, lease: lease ?? self.lease) {
                state.withLock { $0 = State(row: row, isUncertain: false) }
                return row.mark
            }
        }
        throw IDError(
            .storeWrong, "the store says again and again that worker \(node) is unchanged, and refuses to change it",
            advice: "Check the store's compare-and-set.")
    }

    private func reread() async throws -> WorkerRow {
        guard let row = try await store.workers().rows.first(where: { $0.node == node }) else {
            throw IDError(
                .workerLost, "the row of worker \(node) was removed from the store",
                advice: "Make a new generator; do not remove rows of running processes.")
        }
        guard row.holder == holder else {
            let other = row.holder.isEmpty ? "nobody" : row.holder
            throw IDError(
                .workerLost, "worker \(node) was taken over by \(other)",
                advice: lease == nil
                    ? "Two processes are configured with this worker: give each its own, or lease them."
                    : "Make a new generator: the lease ran out before it could be renewed.")
        }
        return row
    }

    /// Gives a leased worker back, its mark lowered to what was really issued; of a configured one only the mark is.
    func release(issuedBelow mark: HighWaterMark) async throws {
        // A renewal may have been under way: then the row is looked at once more.
        for _ in 0..<2 {
            let (known, isUncertain) = state.withLock { ($0.row, $0.isUncertain) }
            var row = isUncertain ? try await reread() : known
            let fence = row.fence
            row.fence += 1
            row.holder = ""
            // Nothing was issued between this and the mark reserved, and nothing will be.
            row.mark = min(row.mark, mark)
            state.withLock { $0.isUncertain = true }
            if try await store.replace(fence: fence, with: row, lease: lease == nil ? nil : .zero) { return }
        }
    }

    /// A label with a random number: no two generators have the same, also after a restart.
    private static func unique(_ label: String) -> String {
        let number = String(UInt64.random(in: .min ... .max), radix: 16)
        return "\(label)#\(String(repeating: "0", count: 16 - number.count))\(number)"
    }
}
