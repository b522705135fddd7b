import Foundation
import ShardBase
import ShardKit

/// One process that does all of it at once until it is killed, and writes down what it was told.
struct BusinessWorker: Sendable {
    let business: Business
    let seed: UInt64
    let paper: Paper

    func run() async throws {
        let database = try await business.open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<2 { group.addTask { try await hold(task, database) } }
            group.addTask { try await send(database) }
            group.addTask { try await relay(database) }
            group.addTask { try await begin(database) }
            try await group.waitForAll()
        }
    }

    /// Again and again, also when somebody else was in the way.
    private func forever(
        _ stream: UInt64, _ body: (inout SeededGenerator) async throws -> Void
    ) async throws {
        var random = SeededGenerator(seed: seed &* 1000 &+ stream)
        while true {
            do {
                try await body(&random)
            } catch let error as ShardError where error.isRetryable || error.code == .unknownOutcome {}
        }
    }

    private func hold(_ task: Int, _ database: ShardedDatabase) async throws {
        let holder = "\(ProcessInfo.processInfo.processIdentifier)-\(seed)-\(task)"
        let paper = paper
        try await forever(UInt64(task)) { random in
            let steps = Int.random(in: 1...5, using: &random)
            let pause = Int.random(in: 1...20, using: &random)
            try await database.withLock("torture", lease: .milliseconds(600), within: .seconds(5)) { lock in
                for _ in 0..<steps {
                    let time = DispatchTime.now().uptimeNanoseconds
                    try lock.check()
                    paper.write("held \(lock.token) \(holder) \(time)")
                    try await Task.sleep(for: .milliseconds(pause))
                }
            }
            try await Task.sleep(for: .milliseconds(pause))
        }
    }

    private func send(_ database: ShardedDatabase) async throws {
        try await forever(100) { random in
            let isPoison = Int.random(in: 0..<12, using: &random) == 0
            let key = isPoison ? Business.poison : Int.random(in: 1...Business.accounts, using: &random)
            let number = try await Business.send(key, in: database)
            paper.write("sent \(key) \(number)")
            try await Task.sleep(for: .milliseconds(Int.random(in: 1...15, using: &random)))
        }
    }

    private func relay(_ database: ShardedDatabase) async throws {
        try await Self.relay(database, paper).run()
    }

    static func relay(_ database: ShardedDatabase, _ paper: Paper) -> OutboxRelay {
        var options = OutboxRelay.Options()
        options.lease = .seconds(1)
        options.poll = .milliseconds(10)
        options.batch = 4
        options.retry = RetryPolicy(maximumAttempts: 1000, first: .milliseconds(5), longest: .milliseconds(100))
        return OutboxRelay(Business.outbox, of: database, options: options) { delivery in
            if case .integer(let key) = delivery.message.key { paper.write("got \(key) \(delivery.message.payload)") }
            try await Business.receive(delivery, in: database)
        }
    }

    private func begin(_ database: ShardedDatabase) async throws {
        let saga = Business.transfer(in: database)
        var number = 0
        try await forever(200) { random in
            let from = Int.random(in: 1...Business.accounts, using: &random)
            let transfer = Business.Transfer(
                from: from, to: from % Business.accounts + 1, amount: Int.random(in: 1...9, using: &random),
                isRefused: Int.random(in: 0..<3, using: &random) == 0)
            number += 1
            let id = try await database.sagas.start(saga, transfer, request: "\(seed)-\(number)")
            paper.write("saga \(id) \(transfer.isRefused)")
            try await Task.sleep(for: .milliseconds(Int.random(in: 5...60, using: &random)))
        }
    }
}
