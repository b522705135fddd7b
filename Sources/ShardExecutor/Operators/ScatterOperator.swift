import ShardValues

/// The streams of a scatter one after the other, in order of shards: batches pass through as they were filled.
///
/// All shards work from the start, each as far ahead as its channel holds batches.
final class ScatterOperator: RowSource, @unchecked Sendable {
    // Unchecked: `channel` and `isAtEnd` are touched by the one reader only.
    private let run: ScatterRun
    private let channelCount: Int
    private var channel = 0
    private(set) var isAtEnd = false

    init(_ run: ScatterRun, channelCount: Int) {
        self.run = run
        self.channelCount = channelCount
    }

    var columnCount: Int { run.hub.columnCount }

    func next(_ recycled: consuming RowBatch) async throws -> RowBatch {
        var storage = recycled
        while channel < channelCount {
            do {
                storage = try await run.hub.take(from: channel, recycling: storage)
            } catch {
                isAtEnd = true
                await run.close()
                throw error
            }
            if !storage.isEmpty {
                // A stream that is known to be over is not asked again.
                while channel < channelCount, run.hub.hasEnded(channel) { channel += 1 }
                isAtEnd = channel == channelCount
                return storage
            }
            channel += 1
        }
        isAtEnd = true
        await run.close()
        storage.removeAll()
        return storage
    }

    func close() async {
        isAtEnd = true
        channel = channelCount
        await run.close()
    }
}

/// One stream of a scatter, as a merge reads it.
final class ChannelSource: RowSource {
    private let run: ScatterRun
    private let channel: Int

    init(_ run: ScatterRun, channel: Int) {
        self.run = run
        self.channel = channel
    }

    var columnCount: Int { run.hub.columnCount }

    func next(_ recycled: consuming RowBatch) async throws -> RowBatch {
        do {
            return try await run.hub.take(from: channel, recycling: recycled)
        } catch {
            await run.close()
            throw error
        }
    }

    /// Ends the whole scatter: a merge without one of its streams is none.
    func close() async { await run.close() }
}
