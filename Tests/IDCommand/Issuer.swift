import Foundation
import IDStores
import ShardIDs

/// One process that issues until it has enough, fails or is killed.
struct Issuer {
    /// What the exit status says.
    enum Ending: Int32 {
        case done = 0
        case wrong = 1
        /// An honest refusal: the clock is behind, the worker was lost, none is free.
        case refused = 4
    }

    /// 41 bits of time, 3 of worker, 12 of sequence: so few workers that each is used again and again.
    static let layout = try? SnowflakeLayout(timestampBits: 41, workerBits: 3, sequenceBits: 12)

    let directory: String
    let mode: String
    let label: String
    let count: Int
    let tasks: Int
    let worker: Int

    init(_ arguments: Arguments) throws {
        directory = arguments.text("directory", ".")
        mode = arguments.text("mode", "leased")
        label = arguments.text("label", "one")
        count = try arguments.number("count", 1_000_000)
        tasks = try arguments.number("tasks", 16)
        worker = try arguments.number("worker", 0)
    }

    func run() async -> Int32 {
        do {
            try await issue()
            return Ending.done.rawValue
        } catch let error as IDError
            where [.clockBehind, .workerLost, .noFreeWorker, .storeFailed].contains(error.code)
        {
            print("\(label): \(error)")
            return Ending.refused.rawValue
        } catch {
            print("\(label): WRONG: \(error)")
            return Ending.wrong.rawValue
        }
    }

    private func issue() async throws {
        guard let layout = Self.layout else { return }
        if mode == "segment" {
            let store = FileSegmentStore(path: directory + "/segments", step: 5_000)
            let generator = try SegmentGenerator(tag: "tag", stores: [store])
            return try await spread(layout: nil) { try await generator.next(count: $0) }
        }
        // The fake clock: this process' own error, for itself and for what it tells the store.
        let offset = Int64(ProcessInfo.processInfo.environment[IDCommand.offsetVariable] ?? "0") ?? 0
        let wall: @Sendable () -> Int64 = {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000 + offset
        }
        var options = SnowflakeOptions()
        options.layout = layout
        options.clock = IDClock(wall: wall)
        options.maximumWait = .seconds(1)
        options.reserveInterval = .milliseconds(200)
        let store = FileWorkerStore(path: directory + "/workers", now: wall)
        let generator: Snowflake
        if mode == "fixed" {
            options.pace = .runAhead(limit: .seconds(5))
            generator = try await Snowflake.fixed(worker: UInt64(worker), store: store, label: label, options: options)
        } else {
            options.pace = .runAhead(limit: .milliseconds(100))
            options.leaseTime = .milliseconds(500)
            generator = try await Snowflake.leased(from: store, label: label, options: options)
        }
        try await spread(layout: layout) { count in
            if count == 1 { return [try await generator.next()] }
            return try await generator.next(count: count)
        }
        await generator.close()
    }

    /// Many tasks on one generator, each with a file of its own; single identifiers and blocks of different sizes.
    private func spread(
        layout: SnowflakeLayout?, _ next: @escaping @Sendable (Int) async throws -> [Int64]
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<tasks {
                let path = "\(directory)/runs-\(label)-\(task)"
                let share = count / tasks
                group.addTask {
                    var writer = try RunWriter(path: path, layout: layout)
                    var issued = 0
                    var round = task
                    while issued < share {
                        let wanted = [1, 100, 3_000, 20_000, 7][round % 5]
                        for identifier in try await next(wanted) { try writer.add(identifier) }
                        issued += wanted
                        round += 1
                        try writer.flush()
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
