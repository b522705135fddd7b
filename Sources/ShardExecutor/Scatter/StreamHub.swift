import ShardBase
import ShardValues
import Synchronization

/// Where the drivers of a scatter (one per shard) leave their batches and the reader takes them.
///
/// A hub has channels, one per stream of rows, and drivers, each filling some of the channels. A channel is full at
/// `depth` batches, or at `readAhead` bytes where that is more, which is the back-pressure: a driver all of whose channels
/// are full sleeps until one is taken from.
/// The first failure, a cancellation or ``stop(_:)`` ends everybody: sleeping drivers wake to clean up, the reader gets
/// the error.
///
/// One reader, any number of drivers; state changes under a lock, continuations are resumed outside of it.
final class StreamHub: Sendable {
    private struct Channel {
        let driver: Int
        var ready: [RowBatch] = []
        /// Of the batches that are ready.
        var byteCount = 0
        /// The place of the next batch in `ready`.
        var head = 0
        /// Storage that the reader is done with.
        var spare: [RowBatch] = []
        var hasEnded = false
        /// Its driver is filling a batch for it.
        var isBusy = false

        var count: Int { ready.count - head }
    }

    private struct Reader {
        var channel: Int
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var channels: [Channel]
        var sleepers: [CheckedContinuation<Void, Never>?]
        var reader: Reader?
        var failure: (any Error)?
        var isStopped = false

        /// The driver's emptiest channel that has room.
        func look(_ driver: Int, _ depth: Int, _ readAhead: Int) -> Look {
            if isStopped { return .stopped }
            var best: Int?
            for index in channels.indices where channels[index].driver == driver {
                if channels[index].hasEnded || channels[index].isBusy { continue }
                let count = channels[index].count
                if count >= depth, channels[index].byteCount >= readAhead { continue }
                if let known = best, channels[known].count <= count { continue }
                best = index
            }
            return best.map { .work($0) } ?? .full
        }
    }

    private enum Look {
        case stopped
        case work(Int)
        case full
    }

    private let state: Mutex<State>
    private let depth: Int
    private let readAhead: Int
    let columnCount: Int

    /// - Parameters:
    ///   - channels: the number of the driver that fills each channel.
    ///   - depth: batches held ready per channel, at least 1.
    ///   - readAhead: bytes held ready per channel, where that is more. Streams that are read one after another work side by
    ///     side only as far as this goes.
    init(channels: [Int], driverCount: Int, depth: Int, readAhead: Int = 0, columnCount: Int) {
        self.depth = max(1, depth)
        self.readAhead = readAhead
        self.columnCount = columnCount
        state = Mutex(
            State(
                channels: channels.map { Channel(driver: $0) },
                sleepers: Array(repeating: nil, count: driverCount)))
    }

    // MARK: Drivers

    /// A channel of the driver's that has room, and storage to fill; waits while there is none. Nil once stopped.
    func work(for driver: Int) async -> (channel: Int, storage: RowBatch)? {
        while true {
            let look = state.withLock { $0.look(driver, depth, readAhead) }
            switch look {
            case .stopped: return nil
            case .work(let channel):
                let storage = state.withLock { state -> RowBatch? in
                    state.channels[channel].isBusy = true
                    return state.channels[channel].spare.popLast()
                }
                return (channel, storage ?? RowBatch(columnCount: columnCount))
            case .full:
                await withCheckedContinuation { continuation in
                    let mayRun = state.withLock { state -> Bool in
                        if case .full = state.look(driver, depth, readAhead) {
                            state.sleepers[driver] = continuation
                            return false
                        }
                        return true
                    }
                    if mayRun { continuation.resume() }
                }
            }
        }
    }

    /// Puts rows into a channel; `isLast`: nothing follows them.
    func put(_ batch: consuming RowBatch, into channel: Int, isLast: Bool) {
        var batch: RowBatch? = batch.isEmpty ? nil : batch
        let waiting = state.withLock { state -> CheckedContinuation<Void, any Error>? in
            state.channels[channel].isBusy = false
            if let batch = batch.take() {
                state.channels[channel].byteCount += batch.byteCount
                state.channels[channel].ready.append(batch)
            }
            if isLast { state.channels[channel].hasEnded = true }
            guard state.reader?.channel == channel else { return nil }
            let isReady = state.channels[channel].count > 0 || state.channels[channel].hasEnded
            return isReady ? Self.takeReader(&state) : nil
        }
        waiting?.resume()
    }

    // MARK: The reader

    /// The next batch of a channel, whose storage is given for the one after; empty at the channel's end.
    ///
    /// - Throws: the first failure of any driver; `.cancelled` when the task was cancelled. The hub is stopped then.
    func take(from channel: Int, recycling storage: consuming RowBatch) async throws -> RowBatch {
        var recycled: RowBatch? = storage.reused(columnCount: columnCount)
        while true {
            if Task.isCancelled { stop(ShardError.interrupted) }
            let (outcome, sleeper) = try state.withLock { state -> (Taken, CheckedContinuation<Void, Never>?) in
                if let failure = state.failure { throw failure }
                if state.isStopped { return (.ended, nil) }
                guard state.channels[channel].count > 0 else {
                    return (state.channels[channel].hasEnded ? .ended : .nothing, nil)
                }
                let head = state.channels[channel].head
                let batch = Self.remove(head, of: &state.channels[channel])
                // The very first takes come with storage that nothing was in: as good as any.
                if !state.channels[channel].hasEnded, let spare = recycled.take() {
                    state.channels[channel].spare.append(spare)
                }
                let driver = state.channels[channel].driver
                return (.batch(batch), state.sleepers[driver].take())
            }
            sleeper?.resume()
            switch outcome {
            case .batch(let batch): return batch
            case .ended: return recycled.take() ?? RowBatch(columnCount: columnCount)
            case .nothing: try await wait(for: channel)
            }
        }
    }

    /// Whether a channel is over and all its batches are taken.
    func hasEnded(_ channel: Int) -> Bool {
        state.withLock { $0.channels[channel].hasEnded && $0.channels[channel].count == 0 }
    }

    private enum Taken {
        case batch(RowBatch)
        case ended
        case nothing
    }

    private static func remove(_ head: Int, of channel: inout Channel) -> RowBatch {
        // The slot gives up its storage: a batch handed out is the reader's alone.
        let batch = channel.ready[head]
        channel.ready[head] = RowBatch(columnCount: 0)
        channel.byteCount -= batch.byteCount
        channel.head += 1
        if channel.head == channel.ready.count {
            channel.ready.removeAll(keepingCapacity: true)
            channel.head = 0
        }
        return batch
    }

    private func wait(for channel: Int) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let now = state.withLock { state -> Result<Void, any Error>? in
                    if let failure = state.failure { return .failure(failure) }
                    if state.isStopped || state.channels[channel].hasEnded || state.channels[channel].count > 0 {
                        return .success(())
                    }
                    state.reader = Reader(channel: channel, continuation: continuation)
                    return nil
                }
                if let now { continuation.resume(with: now) }
            }
        } onCancel: {
            stop(ShardError.interrupted)
        }
    }

    // MARK: The end

    /// Ends everybody; the first failure stays. Idempotent.
    func stop(_ failure: (any Error)?) {
        let (reader, sleepers, error) = state.withLock { state in
            if state.isStopped {
                return (nil, [], nil)
                    as (CheckedContinuation<Void, any Error>?, [CheckedContinuation<Void, Never>], (any Error)?)
            }
            state.isStopped = true
            state.failure = failure
            var sleepers: [CheckedContinuation<Void, Never>] = []
            for index in state.sleepers.indices {
                if let sleeper = state.sleepers[index].take() { sleepers.append(sleeper) }
            }
            return (Self.takeReader(&state), sleepers, failure)
        }
        for sleeper in sleepers { sleeper.resume() }
        if let error { reader?.resume(throwing: error) } else { reader?.resume() }
    }

    var isStopped: Bool { state.withLock { $0.isStopped } }

    private static func takeReader(_ state: inout State) -> CheckedContinuation<Void, any Error>? {
        defer { state.reader = nil }
        return state.reader?.continuation
    }
}
