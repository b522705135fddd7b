import Foundation
import Testing

@testable import ShardBusiness
@testable import ShardKit

/// Named locks as users meet them.
@Suite("named locks", .serialized)
struct LockTests {
    @Test("tasks that want one lock have it one after another, with growing tokens", arguments: Kind.all)
    func excludes(kind: Kind) async throws {
        try await withDatabase(kind) { database in
            let log = Log()
            try await withThrowingTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<5 {
                            try await database.withLock("one", lease: .seconds(5)) { lock in
                                log.write("in \(lock.token)")
                                try await Task.sleep(for: .milliseconds(1))
                                log.write("out \(lock.token)")
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(log.lines == (1...40).flatMap { ["in \($0)", "out \($0)"] })
            let locks = try await database.locks()
            #expect(locks.count == 1)
            #expect(locks.first?.isHeld == false && locks.first?.waiting == 0 && locks.first?.token == 40)
        }
    }

    @Test("waiters come in the order in which they arrived", arguments: Kind.all)
    func arrivalOrder(kind: Kind) async throws {
        try await withDatabase(kind) { database in
            let log = Log()
            try await withThrowingTaskGroup { group in
                group.addTask {
                    try await database.withLock("queue") { _ in try await Task.sleep(for: .milliseconds(900)) }
                }
                for number in 0..<6 {
                    try await Task.sleep(for: .milliseconds(120))
                    group.addTask { try await database.withLock("queue") { _ in log.write("\(number)") } }
                }
                try await group.waitForAll()
            }
            #expect(log.lines == (0..<6).map(String.init))
        }
    }

    @Test("the same name is held already inside, also in tasks begun inside, and another name is not")
    func reentrance() async throws {
        try await withDatabase(.sqlite) { database in
            try await database.withLock("a") { outer in
                let inner = try await database.withLock("a", within: .zero) { $0.token }
                #expect(inner == outer.token)
                let child = try await Task { try await database.withLock("a", within: .zero) { $0.token } }.value
                #expect(child == outer.token)
                let apart = Task.detached { try await database.withLock("a", within: .milliseconds(50)) { $0.token } }
                await #expect { try await apart.value } throws: { ($0 as? ShardError)?.code == .busy }
                let other = try await database.withLock("b", within: .zero) { $0.token }
                #expect(other == 1)
                #expect(outer.isHeld)
            }
        }
    }

    @Test("a task that was begun inside and outlives the lock has to take it itself")
    func outlivesTheLock() async throws {
        try await withDatabase(.sqlite) { database in
            let late = try await database.withLock("a") { _ in
                Task {
                    try await Task.sleep(for: .milliseconds(100))
                    return try await database.withLock("a") { $0.token }
                }
            }
            #expect(try await late.value == 2)
        }
    }

    @Test("who does not get the lock in time is told so, and leaves no place behind", arguments: Kind.all)
    func deadline(kind: Kind) async throws {
        try await withDatabase(kind) { database in
            try await database.withLock("a") { _ in
                let other = Task.detached { try await database.withLock("a", within: .milliseconds(80)) { _ in } }
                await #expect {
                    try await other.value
                } throws: {
                    ($0 as? ShardError)?.code == .busy && ($0 as? ShardError)?.isRetryable == true
                }
                let cancelled = Task.detached { try await database.withLock("a", within: nil) { _ in } }
                try await Task.sleep(for: .milliseconds(60))
                #expect(try await database.locks().first?.waiting == 1)
                cancelled.cancel()
                await #expect { try await cancelled.value } throws: { ($0 as? ShardError)?.code == .cancelled }
                #expect(try await database.locks().first?.waiting == 0)
            }
        }
    }

    @Test("a lease is renewed for as long as the work takes", arguments: Kind.all)
    func renewal(kind: Kind) async throws {
        try await withDatabase(kind) { database in
            let next = try await database.withLock("a", lease: .seconds(2)) { lock in
                let other = Task.detached { try await database.withLock("a") { $0.token } }
                try await Task.sleep(for: .seconds(3))
                #expect(lock.isHeld)
                #expect(lock.isWanted)
                #expect(lock.token == 1)
                return other
            }
            #expect(try await next.value == 2)
        }
    }

    @Test("when renewing fails the work is cancelled and told so, and the next holder has a greater token")
    func lostLease() async throws {
        try await withDatabase(.sqlite) { database in
            let log = Log()
            await #expect {
                try await database.withLock("a", lease: .milliseconds(300)) { lock in
                    // Somebody takes it away.
                    try await LockStore(store: database.parts.business).change("a") { record, _ in
                        record = LockRecord(token: record.token, ticket: record.ticket)
                    }
                    do {
                        try await Task.sleep(for: .seconds(20))
                        log.write("slept")
                    } catch {
                        log.write("cancelled, \(lock.isHeld ? "held" : "lost")")
                    }
                }
            } throws: {
                ($0 as? ShardError)?.code == .lockLost
            }
            #expect(log.lines == ["cancelled, lost"])
            let token = try await database.withLock("a") { $0.token }
            #expect(token == 2)
        }
    }

    @Test("a leader that loses its lease stands down, and stands again")
    func leadership() async throws {
        try await withDatabase(.sqlite) { database in
            let terms = Log()
            let result = try await database.withLeadership("boss", lease: .milliseconds(300)) { lock in
                terms.write("\(lock.token)")
                if lock.token == 1 {
                    try await LockStore(store: database.parts.business).change("boss") { record, _ in
                        record = LockRecord(token: record.token, ticket: record.ticket)
                    }
                    try await Task.sleep(for: .seconds(20))
                }
                return "done"
            }
            #expect(result == "done")
            #expect(terms.lines == ["1", "2"])
        }
    }

    @Test("an error or a cancelled caller gives the lock back")
    func givesBack() async throws {
        try await withDatabase(.sqlite) { database in
            struct Own: Error {}
            await #expect(throws: Own.self) { try await database.withLock("a") { _ in throw Own() } }
            let task = Task { try await database.withLock("a") { _ in try await Task.sleep(for: .seconds(20)) } }
            try await Task.sleep(for: .milliseconds(100))
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            let token = try await database.withLock("a", within: .zero) { $0.token }
            #expect(token == 3)
        }
    }

    @Test("a grant whose answer is lost does not hold the lock")
    func lostAnswer() async throws {
        try await withDatabase(.sqlite) { database in
            for point in [FaultPoint.lockBeforeGrant, .lockAfterGrant] {
                await FaultPoints.withArmed(point, .error) {
                    let error = await #expect(throws: ShardError.self) { try await database.withLock("a") { _ in } }
                    #expect(error?.code == .inputOutput)
                }
                try await database.withLock("a", within: .zero) { _ in }
            }
        }
    }

    @Test("names and leases that make no sense are refused")
    func refusals() async throws {
        try await withDatabase(.sqlite) { database in
            await #expect(throws: ShardError.self) { try await database.withLock("") { _ in } }
            await #expect(throws: ShardError.self) {
                try await database.withLock("a", lease: .milliseconds(5)) { _ in }
            }
        }
    }
}
