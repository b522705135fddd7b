import ShardBase
import Testing

@testable import ShardExecutor

/// The transaction machine by event lists: no shard, no thread.
@Suite struct TransactionStateMachineTests {
    typealias Machine = TransactionStateMachine
    typealias Event = Machine.Event
    typealias Action = Machine.Action

    /// Feeds events and acknowledges pins as the shell does; gives the actions of the last event.
    private func run(_ events: [Event], isAtomic: Bool = false) -> (machine: Machine, last: [Action]) {
        var machine = Machine(isAtomic: isAtomic)
        var last: [Action] = []
        for event in events {
            last = machine.handle(event)
            for action in last {
                switch action {
                case .pin(let participant, let hold, _): _ = machine.handle(.pinned(participant, hold))
                case .upgrade(let participant, _): _ = machine.handle(.pinned(participant, .writing))
                case .run, .checkConstraints, .prepare, .commit, .fault, .abandon, .finish, .reject, .rethrow: break
                }
            }
        }
        return (machine, last)
    }

    @Test func `Outside a transaction a touch pins nothing`() {
        #expect(run([.touch(.shard(0), .writing)]).last.isEmpty)
    }

    @Test func `BEGIN locks nothing until a shard is touched`() {
        let (machine, last) = run([.begin(.deferred)])
        #expect(last.isEmpty)
        #expect(machine.isOpen)
    }

    @Test func `The first read pins a reader with a snapshot, the second read finds it`() {
        #expect(run([.begin(.deferred), .touch(.shard(1), .reading)]).last == [.pin(.shard(1), .reading, ["BEGIN"])])
        #expect(run([.begin(.deferred), .touch(.shard(1), .reading), .touch(.shard(1), .reading)]).last.isEmpty)
    }

    @Test func `IMMEDIATE locks for writing whatever is touched`() {
        #expect(
            run([.begin(.immediate), .touch(.shard(1), .reading)]).last
                == [.pin(.shard(1), .writing, ["BEGIN IMMEDIATE"])])
    }

    @Test func `A shard touched inside savepoints opens them again in order`() {
        #expect(
            run([.begin(.deferred), .savepoint("a"), .savepoint("b"), .touch(.shard(0), .writing)]).last
                == [.pin(.shard(0), .writing, ["BEGIN IMMEDIATE", "SAVEPOINT _shardkit_1", "SAVEPOINT _shardkit_2"])])
    }

    @Test func `A reader that writes is upgraded and gets the savepoints`() {
        #expect(
            run([.begin(.deferred), .touch(.shard(0), .reading), .savepoint("a"), .touch(.shard(0), .writing)]).last
                == [.upgrade(.shard(0), ["BEGIN IMMEDIATE", "SAVEPOINT _shardkit_1"])])
    }

    @Test func `Savepoints run on the shards that write, in order, and not on readers`() {
        let events: [Event] = [
            .begin(.deferred), .touch(.shard(2), .writing), .touch(.shard(0), .writing), .touch(.shard(1), .reading),
        ]
        #expect(
            run(events + [.savepoint("x")]).last
                == [.run(.shard(0), "SAVEPOINT _shardkit_1"), .run(.shard(2), "SAVEPOINT _shardkit_1")])
        #expect(
            run(events + [.savepoint("x"), .savepoint("y"), .rollbackTo("X")]).last
                == [.run(.shard(0), "ROLLBACK TO _shardkit_1"), .run(.shard(2), "ROLLBACK TO _shardkit_1")])
        #expect(
            run(events + [.savepoint("x"), .savepoint("y"), .release("y")]).last
                == [.run(.shard(0), "RELEASE _shardkit_2"), .run(.shard(2), "RELEASE _shardkit_2")])
    }

    @Test func `Of equal names the latest savepoint is meant`() {
        let (machine, last) = run([
            .begin(.deferred), .touch(.shard(0), .writing), .savepoint("s"), .savepoint("s"), .rollbackTo("s"),
        ])
        #expect(last == [.run(.shard(0), "ROLLBACK TO _shardkit_2")])
        #expect(machine.savepoints == ["s", "s"])
    }

    @Test func `Wrong verbs are rejected in SQLite's words and change nothing`() {
        #expect(run([.commit]).last == [.reject("cannot commit - no transaction is active")])
        #expect(run([.rollback]).last == [.reject("cannot rollback - no transaction is active")])
        #expect(
            run([.begin(.deferred), .begin(.immediate)]).last
                == [.reject("cannot start a transaction within a transaction")])
        #expect(run([.release("Nope")]).last == [.reject("no such savepoint: Nope")])
        #expect(run([.begin(.deferred), .rollbackTo("Nope")]).last == [.reject("no such savepoint: Nope")])
    }

    @Test func `A savepoint outside a transaction begins one that its release commits`() {
        let (machine, _) = run([.savepoint("a"), .touch(.shard(0), .writing)])
        #expect(machine.isOpen)
        #expect(
            run([.savepoint("a"), .touch(.shard(0), .writing), .release("A")]).last
                == [.fault(.commitBeforeFirst), .commit(.shard(0))])
        #expect(run([.savepoint("a"), .release("a")]).last == [.finish(.committed)])
    }

    @Test func `Rolling back to a savepoint that began the transaction leaves it open`() {
        let (machine, _) = run([.savepoint("a"), .touch(.shard(0), .writing), .rollbackTo("a")])
        #expect(machine.isOpen)
    }

    @Test func `One writer commits without looking at the constraints of others`() {
        let events: [Event] = [.begin(.deferred), .touch(.shard(1), .writing), .touch(.shard(0), .reading), .commit]
        #expect(run(events).last == [.fault(.commitBeforeFirst), .commit(.shard(1))])
        #expect(
            run(events + [.committed(.shard(1))]).last
                == [.fault(.commitAfterLast), .abandon(.shard(0)), .abandon(.shard(1)), .finish(.committed)])
    }

    private let twoWriters: [Event] = [
        .begin(.deferred), .touch(.shard(1), .writing), .touch(.shard(0), .writing), .commit,
    ]

    @Test func `Two writers check constraints first and then commit one by one in order`() {
        #expect(run(twoWriters).last == [.checkConstraints([.shard(0), .shard(1)])])
        #expect(
            run(twoWriters + [.checked(suspects: [])]).last == [.fault(.commitBeforeFirst), .commit(.shard(0))])
        #expect(
            run(twoWriters + [.checked(suspects: []), .committed(.shard(0))]).last
                == [.fault(.commitBetweenShards), .commit(.shard(1))])
    }

    @Test func `Atomic commits are prepared, and what fails behind the decision is pending`() {
        let prepared = twoWriters + [.prepared([.shard(1), .shard(0)])]
        #expect(run(twoWriters, isAtomic: true).last == [.prepare([.shard(0), .shard(1)])])
        #expect(run(prepared, isAtomic: true).last == [.fault(.commitBeforeFirst), .commit(.shard(1))])
        #expect(
            run(prepared + [.commitFailed(.shard(1), isOpen: false)], isAtomic: true).last
                == [.abandon(.shard(0)), .abandon(.shard(1)), .finish(.commitFailed)])
        #expect(
            run(prepared + [.committed(.shard(1)), .commitFailed(.shard(0), isOpen: true)], isAtomic: true).last
                == [
                    .abandon(.shard(0)), .abandon(.shard(1)),
                    .finish(.pending(committed: [.shard(1)], missing: [.shard(0)])),
                ])
        let (machine, last) = run(twoWriters + [.prepareFailed], isAtomic: true)
        #expect(last == [.rethrow] && machine.isOpen && machine.holds.count == 2)
        let one: [Event] = [.begin(.deferred), .touch(.shard(1), .writing), .touch(.shard(0), .reading), .commit]
        #expect(run(one, isAtomic: true).last == [.fault(.commitBeforeFirst), .commit(.shard(1))])
        #expect(
            run(
                [.begin(.deferred), .touch(.temporary, .writing)] + twoWriters.dropFirst()
                    + [.prepared([.shard(0), .shard(1)]), .committed(.shard(0)), .committed(.shard(1))], isAtomic: true
            ).last == [.fault(.commitBetweenShards), .commit(.temporary)])
    }

    @Test func `A suspect of a broken constraint commits first`() {
        #expect(
            run(twoWriters + [.checked(suspects: [.shard(1)])]).last
                == [.fault(.commitBeforeFirst), .commit(.shard(1))])
    }

    @Test func `A first commit that may be repeated leaves the transaction open with its shards`() {
        let (machine, last) = run(
            twoWriters + [.checked(suspects: [.shard(1)]), .commitFailed(.shard(1), isOpen: true)])
        #expect(last == [.rethrow])
        #expect(machine.isOpen)
        #expect(machine.holds.count == 2)
    }

    @Test func `A first commit that failed for good rolls back all`() {
        #expect(
            run(twoWriters + [.checked(suspects: []), .commitFailed(.shard(0), isOpen: false)]).last
                == [.abandon(.shard(0)), .abandon(.shard(1)), .finish(.commitFailed)])
    }

    @Test func `A later commit that failed tells who committed`() {
        #expect(
            run(twoWriters + [.checked(suspects: []), .committed(.shard(0)), .commitFailed(.shard(1), isOpen: true)])
                .last == [
                    .abandon(.shard(0)), .abandon(.shard(1)),
                    .finish(.torn(committed: [.shard(0)], lost: [.shard(1)])),
                ])
    }

    @Test func `When an engine rolled back, everything is`() {
        let (machine, last) = run([
            .begin(.deferred), .savepoint("a"), .touch(.shard(0), .writing), .touch(.shard(1), .reading), .lost,
        ])
        #expect(last == [.abandon(.shard(0)), .abandon(.shard(1)), .finish(.rolledBack)])
        #expect(!machine.isOpen)
        #expect(machine.savepoints.isEmpty)
    }

    @Test func `TEMP tables take part as one that writes, and commit last`() {
        #expect(
            run([.begin(.deferred), .touch(.temporary, .reading)]).last == [.pin(.temporary, .writing, ["BEGIN"])])
        #expect(
            run([.begin(.deferred), .touch(.temporary, .writing), .touch(.shard(3), .writing), .commit]).last
                == [.checkConstraints([.shard(3), .temporary])])
    }

    /// Law: whatever the order of events, a machine that ends is empty, and every pinned participant is abandoned once.
    @Test(arguments: 0..<200) func `Random scripts end with nothing held`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var machine = Machine(isAtomic: seed % 2 == 1)
        var held: Set<Machine.Participant> = []
        var queue: [Action] = []

        func perform(_ event: Event) {
            queue = machine.handle(event)
            while !queue.isEmpty {
                let action = queue.removeFirst()
                switch action {
                case .pin(let participant, let hold, _):
                    #expect(held.insert(participant).inserted, "seed \(seed): pinned twice")
                    queue = machine.handle(.pinned(participant, hold)) + queue
                case .upgrade(let participant, _):
                    #expect(held.contains(participant), "seed \(seed)")
                    queue = machine.handle(.pinned(participant, .writing)) + queue
                case .run(let participant, _): #expect(held.contains(participant), "seed \(seed)")
                case .checkConstraints(let participants):
                    let suspects = participants.filter { _ in Bool.random(using: &random) }
                    queue = machine.handle(.checked(suspects: suspects)) + queue
                case .prepare(let participants):
                    #expect(participants.count > 1 && !participants.contains(.temporary), "seed \(seed)")
                    if Int.random(in: 0..<5, using: &random) == 0 {
                        queue = machine.handle(.prepareFailed) + queue
                    } else {
                        queue = machine.handle(.prepared(participants.shuffled(using: &random))) + queue
                    }
                case .commit(let participant):
                    #expect(held.contains(participant), "seed \(seed)")
                    if Int.random(in: 0..<5, using: &random) == 0 {
                        queue = machine.handle(
                            .commitFailed(participant, isOpen: Bool.random(using: &random)))
                    } else {
                        queue = machine.handle(.committed(participant)) + queue
                    }
                case .abandon(let participant):
                    #expect(held.remove(participant) != nil, "seed \(seed): abandoned twice")
                case .finish: #expect(held.isEmpty && !machine.isOpen, "seed \(seed): finished with shards held")
                case .fault, .reject, .rethrow: break
                }
            }
        }

        for _ in 0..<60 {
            let participant = Machine.Participant.shard(Int.random(in: 0..<4, using: &random))
            let name = ["a", "b", "C"].randomElement(using: &random) ?? "a"
            switch Int.random(in: 0..<9, using: &random) {
            case 0: perform(.begin(Bool.random(using: &random) ? .deferred : .immediate))
            case 1: perform(.commit)
            case 2: perform(.rollback)
            case 3: perform(.savepoint(name))
            case 4: perform(.release(name))
            case 5: perform(.rollbackTo(name))
            case 6: perform(.lost)
            case 7: perform(.touch(participant, .reading))
            default: perform(.touch(participant, .writing))
            }
            #expect(Set(machine.holds.keys) == held, "seed \(seed)")
        }
    }
}
