import ShardBackend
import ShardBase
import ShardValues
import Testing

@testable import ShardExecutor

@Suite("Scatter", .timeLimit(.minutes(2)))
struct ScatterRunTests {
    private static func rows(_ range: Range<Int>) -> [[Value]] { range.map { [.integer(Int64($0))] } }

    private struct Bench {
        let provider: FakeProvider
        let environment: ExecutionEnvironment
        var fragments: [Fragment] = []

        /// Per shard a list of scripts, one per partition.
        init(_ scripts: [[FakeShard.Script]], prefetched: Int = 1, executor: (any TaskExecutor)? = WorkExecutor.shared)
        {
            var shards: [FakeShard] = []
            for (shard, scripts) in scripts.enumerated() {
                var named: [String: FakeShard.Script] = [:]
                for (partition, script) in scripts.enumerated() {
                    named["p\(partition)"] = script
                    fragments.append(
                        Fragment(shard: shard, partition: partition, statement: ShardStatement("p\(partition)")))
                }
                shards.append(FakeShard("s\(shard)", columnCount: 1, scripts: named, executor: executor))
            }
            provider = FakeProvider(shards: shards)
            environment = ExecutionEnvironment(
                shards: shards, makePrivate: { throw ShardError(.internalError, "no engine here") },
                limits: ExecutionLimits(prefetchedBatches: prefetched))
        }

        func merge(rowLimit: Int = 10) async throws -> MergeOperator {
            let (run, channels) = try await ScatterRun.start(
                fragments, columnCount: 1, isOrdered: true, values: [], rowLimit: rowLimit, provider: provider,
                environment: environment)
            return MergeOperator(
                inputs: (0..<channels).map { ChannelSource(run, channel: $0) },
                comparator: try RowComparator(keys: [SortKey(column: 0)]), columnCount: 1, rowLimit: rowLimit)
        }

        func append(rowLimit: Int = 10) async throws -> ScatterOperator {
            let (run, channels) = try await ScatterRun.start(
                fragments, columnCount: 1, isOrdered: false, values: [], rowLimit: rowLimit, provider: provider,
                environment: environment)
            return ScatterOperator(run, channelCount: channels)
        }
    }

    @Test("sorted streams of all partitions of all shards are merged", arguments: [1, 3], [false, true])
    func merges(prefetched: Int, onWorkExecutor: Bool) async throws {
        let scripts = (0..<3).map { shard in
            (0..<4).map { partition in
                FakeShard.Script.rows(
                    stride(from: shard * 4 + partition, to: 600, by: 12).map { [.integer(Int64($0))] })
            }
        }
        let bench = Bench(scripts, prefetched: prefetched, executor: onWorkExecutor ? WorkExecutor.shared : nil)
        let merge = try await bench.merge()
        #expect(try await merge.allRows() == Self.rows(0..<600))
        #expect(bench.provider.isClean)
        // Several statements of one shard share a snapshot.
        #expect(bench.provider.shards.allSatisfy { $0.transactions == 1 })
    }

    @Test("without an order the streams follow one another, shard by shard")
    func appends() async throws {
        let bench = Bench([
            [.rows(Self.rows(0..<35)), .rows([]), .rows(Self.rows(35..<40))], [.rows(Self.rows(40..<95))], [.rows([])],
        ])
        let append = try await bench.append()
        #expect(try await append.allRows() == Self.rows(0..<95))
        #expect(append.isAtEnd)
        #expect(bench.provider.isClean)
    }

    @Test("when the end is known the connections are back", arguments: 0..<20)
    func endMeansBack(seed: Int) async throws {
        let bench = Bench([[.rows(Self.rows(0..<3))], [.rows(Self.rows(3..<6)), .rows(Self.rows(6..<7))]])
        let append = try await bench.append()
        var count = 0
        while !append.isAtEnd { count += try await append.next(RowBatch(columnCount: 1)).rowCount }
        #expect(count == 7)
        #expect(bench.provider.isClean)
    }

    @Test("an error in the middle stops all shards and gives every connection back once", arguments: 0..<20)
    func errors(round: Int) async throws {
        let bench = Bench([
            [.rows(Self.rows(0..<1000))], [.rows(Self.rows(0..<1000)), .failing(Self.rows(0..<(round * 5)))],
            [.hanging(Self.rows(0..<1000))],
        ])
        let merge = try await bench.merge()
        let error = await #expect(throws: ShardError.self) { _ = try await merge.allRows() }
        #expect(error?.message == "the shard broke")
        #expect(bench.provider.isClean)
    }

    @Test("a statement that fails at once does the same")
    func errorAtTheStart() async throws {
        var bench = Bench([[.hanging([])], [.rows([])]])
        bench.fragments[1].statement = ShardStatement("unknown")
        let append = try await bench.append()
        let error = await #expect(throws: ShardError.self) { _ = try await append.allRows() }
        #expect(error?.message == "no such statement: unknown")
        #expect(bench.provider.isClean)
    }

    @Test("closing early ends what still runs", arguments: 0..<20)
    func earlyClose(round: Int) async throws {
        let bench = Bench([[.rows(Self.rows(0..<1000))], [.hanging(Self.rows(0..<40))], [.rows(Self.rows(0..<50))]])
        let merge = try await bench.merge()
        for _ in 0..<(round % 4) { _ = try await merge.next(RowBatch(columnCount: 1)) }
        await merge.close()
        #expect(bench.provider.isClean)
        await merge.close()
        let after = try await merge.next(RowBatch(columnCount: 1))
        #expect(after.isEmpty)
        #expect(bench.provider.isClean)
    }

    @Test("cancelling the reader ends everything and says so", arguments: 0..<10)
    func cancellation(round: Int) async throws {
        let bench = Bench([[.rows(Self.rows(0..<100))], [.hanging(Self.rows(0..<(round * 7)))]])
        let merge = try await bench.merge()
        let reader = Task { try await merge.allRows() }
        try await Task.sleep(for: .milliseconds(round))
        reader.cancel()
        let error = await #expect(throws: ShardError.self) { _ = try await reader.value }
        #expect(error?.code == .cancelled)
        #expect(bench.provider.isClean)
    }

    @Test("a scatter that is let go of gives its connections back by itself")
    func lettingGo() async throws {
        let bench = Bench([[.rows(Self.rows(0..<1000))], [.hanging(Self.rows(0..<20))]])
        do {
            let merge = try await bench.merge()
            _ = try await merge.next(RowBatch(columnCount: 1))
        }
        for _ in 0..<500 where !bench.provider.isClean { try await Task.sleep(for: .milliseconds(2)) }
        #expect(bench.provider.isClean)
    }

    @Test("shards are read no further ahead than the channels hold")
    func backPressure() async throws {
        let bench = Bench([[.rows(Self.rows(0..<500_000))]])
        let append = try await bench.append(rowLimit: 1000)
        _ = try await append.next(RowBatch(columnCount: 1))
        try await Task.sleep(for: .milliseconds(20))
        #expect(bench.provider.shards[0].openCursors == 1)
        await append.close()
        #expect(bench.provider.isClean)
    }
}
