import ShardIDs
import Synchronization
import Testing

struct SnowflakeTests {
    static let start = HandClock.start

    @Test("a worker beyond the layout is refused, never cut to fit")
    func workerRange() async {
        await expect(.workerOutOfRange) { try Snowflake(worker: 1024) }
        await expect(.workerOutOfRange) { try Snowflake(worker: 1, datacenter: 1) }
    }

    @Test("a layout with datacenter bits needs a datacenter: there is no default")
    func datacenter() async throws {
        let clock = HandClock()
        let layout = try SnowflakeLayout(timestampBits: 41, workerBits: 5, sequenceBits: 12, datacenterBits: 5)
        await expect(.workerMissing) { try Snowflake(worker: 1, options: options(clock, layout: layout)) }
        await expect(.workerOutOfRange) {
            try Snowflake(worker: 1, datacenter: 32, options: options(clock, layout: layout))
        }
        let generator = try Snowflake(worker: 31, datacenter: 17, options: options(clock, layout: layout))
        let parts = try #require(layout.inspect(try await generator.next()))
        #expect(parts == SnowflakeParts(unixMilliseconds: Self.start, datacenter: 17, worker: 31, sequence: 0))
    }

    @Test("a worker comes from an environment variable, or there is an error: never a silent 0")
    func environment() async throws {
        #expect(try Snowflake.worker(fromEnvironment: "W", in: ["W": "17"]) == 17)
        await expect(.workerMissing) { try Snowflake.worker(fromEnvironment: "W", in: [:]) }
        await expect(.workerMissing) { try Snowflake.worker(fromEnvironment: "W", in: ["W": ""]) }
        await expect(.workerMissing) { try Snowflake.worker(fromEnvironment: "SHARDKIT_NO_SUCH_VARIABLE") }
        for text in ["-1", "+1", " 1", "1 ", "x", "0x1", "1.0", "99999999999999999999"] {
            await expect(.workerOutOfRange) { try Snowflake.worker(fromEnvironment: "W", in: ["W": text]) }
        }
    }

    @Test("a strict generator gives 4,096 identifiers in a millisecond, all of its worker, and no more")
    func strictCap() throws {
        let clock = HandClock()
        let generator = try Snowflake(worker: 1023, options: options(clock, pace: .strict))
        var last: Int64 = -1
        for sequence in 0..<4096 {
            let id = try generator.tryNext() ?? -1
            check(id > last)
            let parts = SnowflakeParts(unixMilliseconds: Self.start, worker: 1023, sequence: UInt64(sequence))
            check(generator.layout.inspect(id) == parts)
            last = id
        }
        #expect(try generator.tryNext() == nil)
        clock.advance(1)
        let next = try #require(try generator.tryNext())
        #expect(next > last)
        #expect(generator.layout.inspect(next)?.sequence == 0)
    }

    @Test("running ahead is bounded by the limit")
    func runAhead() throws {
        let clock = HandClock()
        let generator = try Snowflake(worker: 7, options: options(clock, pace: .runAhead(limit: .milliseconds(2))))
        var made = 0
        var last: Int64 = -1
        while let id = try generator.tryNext() {
            check(id > last)
            last = id
            made += 1
        }
        #expect(made == 3 * 4096)
        #expect(generator.layout.inspect(last)?.unixMilliseconds == Self.start + 2)
    }

    @Test("blocks hold what single calls would have given, and end at the same limit")
    func blocks() async throws {
        let clock = HandClock()
        let single = try Snowflake(worker: 5, options: options(clock, pace: .runAhead(limit: .milliseconds(1))))
        let blocked = try Snowflake(worker: 5, options: options(clock, pace: .runAhead(limit: .milliseconds(1))))
        var expected: [Int64] = []
        while let id = try single.tryNext() { expected.append(id) }
        var got: [Int64] = []
        while true {
            let block = try blocked.tryNext(upTo: 1_000)
            if block.isEmpty { break }
            #expect(block.count <= 1_000 && block[0] == block.first)
            got += Array(block)
        }
        #expect(got == expected)
        #expect(try blocked.tryNext(upTo: 0).isEmpty && blocked.tryNext(upTo: -1).isEmpty)
    }

    @Test("a bulk call takes as many milliseconds as it needs")
    func bulk() async throws {
        let clock = HandClock()
        let generator = try Snowflake(worker: 5, options: options(clock, pace: .strict))
        let ids = try await generator.next(count: 10_000)
        #expect(ids.count == 10_000)
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
        #expect(clock.now == Self.start + 2)
        #expect(try await generator.next(count: 0).isEmpty)
    }

    @Test("a clock set back a little is waited for, and identifiers go on above the last")
    func smallStepBack() async throws {
        let clock = HandClock()
        let generator = try Snowflake(worker: 1, options: options(clock, pace: .strict))
        let before = try await generator.next()
        clock.set(Self.start - 3)
        #expect(try generator.tryNext() == nil)
        let after = try await generator.next()
        #expect(after > before)
        #expect(clock.now >= Self.start)
    }

    @Test("a larger step back is absorbed by running on from the last timestamp, without waiting")
    func absorbed() async throws {
        let clock = HandClock()
        let generator = try Snowflake(
            worker: 1, options: options(clock, pace: .runAhead(limit: .seconds(60)), maximumWait: .milliseconds(5)))
        var last = try await generator.next()
        clock.set(Self.start - 59_000)
        for _ in 0..<10_000 {
            let id = try generator.tryNext() ?? -1
            check(id > last)
            last = id
        }
        #expect(clock.now == Self.start - 59_000)
    }

    @Test("a clock set back too far is an error that says how far")
    func farStepBack() async throws {
        let clock = HandClock()
        let generator = try Snowflake(worker: 1, options: options(clock))
        _ = try await generator.next()
        clock.set(Self.start - 60_000)
        let error = await #expect(throws: IDError.self) { try await generator.next() }
        #expect(error?.code == .clockBehind)
        #expect(error?.message.contains("59990 ms") == true, "\(error?.message ?? "")")
        await expect(.clockBehind) { try generator.tryNext() }
        clock.set(Self.start + 1)
        _ = try await generator.next()
    }

    @Test("a clock that stands still is not waited for without end")
    func standstill() async throws {
        let clock = HandClock()
        var options = options(clock, pace: .strict, maximumWait: .milliseconds(20))
        options.clock = IDClock(wall: { Self.start }, sleep: { _ in })
        let generator = try Snowflake(worker: 1, options: options)
        await expect(.clockBehind) { try await generator.next(count: 5_000) }
    }

    @Test("a task that is cancelled while it waits for the clock ends")
    func cancelled() async throws {
        let clock = HandClock()
        var options = options(clock, pace: .strict)
        options.clock = IDClock(wall: { Self.start })
        let generator = try Snowflake(worker: 1, options: options)
        let task = Task { try await generator.next(count: 5_000) }
        try await Task.sleep(for: .milliseconds(20))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("with rollback bits a clock set back far takes the next rollback value, identifiers grow, until none is left")
    func rollback() async throws {
        let clock = HandClock()
        let layout = try SnowflakeLayout(timestampBits: 41, workerBits: 8, sequenceBits: 12, rollbackBits: 2)
        let heard = Mutex<[IDNotice]>([])
        var options = options(clock, layout: layout)
        options.notify = { notice in heard.withLock { $0.append(notice) } }
        let generator = try Snowflake(worker: 1, options: options)
        var last = try await generator.next()
        for value in 1...3 as ClosedRange<UInt64> {
            clock.set(clock.now - 100_000)
            for _ in 0..<3 {
                let id = try await generator.next()
                #expect(id > last)
                let parts = try #require(layout.inspect(id))
                #expect(parts.rollback == value && parts.unixMilliseconds == clock.now)
                last = id
            }
        }
        #expect(
            heard.withLock { $0 } == [
                .rollbackUsed(milliseconds: 99_990, left: 2), .rollbackUsed(milliseconds: 99_990, left: 1),
                .rollbackUsed(milliseconds: 99_990, left: 0),
            ])
        clock.set(clock.now - 100_000)
        await expect(.clockBehind) { try await generator.next() }
    }

    @Test("the end of the timestamp bits is an error and does not flow into the sign or wrap")
    func exhaustion() async throws {
        let layout = try SnowflakeLayout(timestampBits: 10, workerBits: 10, sequenceBits: 2)
        let clock = HandClock(layout.epoch + 1023)
        let generator = try Snowflake(
            worker: 5, options: options(clock, layout: layout, pace: .runAhead(limit: .milliseconds(100))))
        for _ in 0..<4 { #expect(try #require(try generator.tryNext()) >= 0) }
        await expect(.bitsEnding) { try generator.tryNext() }
        clock.advance(1)
        await expect(.exhausted) { try generator.tryNext() }
        clock.set(.max)
        await expect(.exhausted) { try generator.tryNext() }
    }

    @Test("within the margin before the end a running generator refuses, and new ones refuse to start")
    func margin() async throws {
        let layout = SnowflakeLayout.standard
        let clock = HandClock(layout.endUnixMilliseconds - 2 * 86_400_000)
        let heard = Mutex<[IDNotice]>([])
        var options = options(clock, refuseBefore: .seconds(86_400))
        options.warnBefore = .seconds(30 * 86_400)
        options.notify = { notice in heard.withLock { $0.append(notice) } }
        let generator = try Snowflake(worker: 5, options: options)
        #expect(heard.withLock { $0 } == [.bitsEnding(runOut: "2093-09-06", refusesFrom: "2093-09-05")])
        _ = try await generator.next()
        clock.advance(86_400_000 - 1)
        _ = try await generator.next()
        clock.advance(1)
        await expect(.bitsEnding) { try await generator.next() }
        let late = options
        await expect(.bitsEnding) { try Snowflake(worker: 5, options: late) }
        clock.advance(86_400_000)
        await expect(.exhausted) { try Snowflake(worker: 5, options: late) }
    }

    @Test("a clock before the epoch is an error")
    func beforeEpoch() async throws {
        let clock = HandClock(SnowflakeLayout.defaultEpoch - 1)
        let generator = try Snowflake(worker: 0, options: options(clock))
        await expect(.clockBeforeEpoch) { try generator.tryNext() }
        clock.set(.min)
        await expect(.clockBeforeEpoch) { try generator.tryNext() }
    }

    @Test("a generator that continues after an identifier gives only larger ones, whoever made it")
    func continues() async throws {
        let layout = SnowflakeLayout.standard
        let clock = HandClock()
        let mark = try layout.compose(
            SnowflakeParts(unixMilliseconds: Self.start + 5, worker: 1000, sequence: 4095))
        let generator = try Snowflake(worker: 3, after: mark, options: options(clock))
        #expect(try #require(try generator.tryNext()) > mark)
        await expect(.badOption) { try Snowflake(worker: 3, after: -5, options: options(clock)) }
    }

    @Test("a closed generator gives nothing more")
    func closed() async throws {
        let generator = try Snowflake(worker: 3, options: options(HandClock()))
        _ = try await generator.next()
        await generator.close()
        await expect(.closed) { try await generator.next() }
        await expect(.closed) { try generator.tryNext(upTo: 5) }
    }

    @Test("sixteen tasks on one generator of the system's clock never get the same identifier")
    func concurrent() async throws {
        var options = SnowflakeOptions()
        options.pace = .runAhead(limit: .milliseconds(500))
        let generator = try Snowflake(worker: 9, options: options)
        let all = try await withThrowingTaskGroup(of: [Int64].self) { group in
            for task in 0..<16 {
                group.addTask {
                    var mine: [Int64] = []
                    while mine.count < 5_000 {
                        if task % 2 == 0 {
                            mine.append(try await generator.next())
                        } else {
                            mine += try await generator.next(count: 50)
                        }
                    }
                    return mine
                }
            }
            var all: Set<Int64> = []
            for try await mine in group {
                #expect(zip(mine, mine.dropFirst()).allSatisfy { $0 < $1 })
                all.formUnion(mine)
            }
            return all
        }
        #expect(all.count == 80_000)
    }

    @Test("strict identifiers of the system's clock never have a timestamp that is still to come")
    func strictIsTrue() async throws {
        var options = SnowflakeOptions()
        options.pace = .strict
        let generator = try Snowflake(worker: 9, options: options)
        for _ in 0..<20_000 {
            let id = try await generator.next()
            let time = generator.layout.inspect(id)?.unixMilliseconds ?? .max
            check(time <= SystemTime.milliseconds)
        }
    }
}
