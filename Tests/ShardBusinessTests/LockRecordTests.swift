import ShardBase
import ShardBusiness
import Testing

/// One lock's decisions, without threads or time.
struct LockRecordTests {
    @Test("a free lock is granted at once; who asks again gets the same token")
    func grantsOnce() {
        var lock = LockRecord()
        #expect(lock.ask("a", now: 0, lease: 100, patience: 50) == .granted(token: 1))
        #expect(lock.ask("a", now: 90, lease: 100, patience: 50) == .granted(token: 1))
        // Who is told so counts its lease from then.
        #expect(lock.ask("b", now: 150, lease: 100, patience: 50) == .waiting(ticket: 1, ahead: 0))
    }

    @Test("waiters get the lock in the order of their arrival")
    func order() {
        var lock = LockRecord()
        _ = lock.ask("a", now: 0, lease: 100, patience: 50)
        #expect(lock.ask("b", now: 1, lease: 100, patience: 50) == .waiting(ticket: 1, ahead: 0))
        #expect(lock.ask("c", now: 2, lease: 100, patience: 50) == .waiting(ticket: 2, ahead: 1))
        #expect(lock.release(token: 1, now: 3) == true)
        // c is there first, b came first; and nobody comes in between.
        #expect(lock.ask("c", now: 4, lease: 100, patience: 50) == .waiting(ticket: 2, ahead: 1))
        #expect(lock.ask("d", now: 4, lease: 100, patience: 50) == .waiting(ticket: 3, ahead: 2))
        #expect(!lock.isWorthAsking("c", now: 4))
        #expect(lock.isWorthAsking("b", now: 4))
        #expect(lock.ask("b", now: 5, lease: 100, patience: 50) == .granted(token: 2))
        #expect(lock.isWanted(now: 5))
    }

    @Test("a waiter that gives no sign of life is passed by, and waits anew at the end")
    func lapsedWaiters() {
        var lock = LockRecord()
        _ = lock.ask("a", now: 0, lease: 100, patience: 50)
        _ = lock.ask("b", now: 0, lease: 100, patience: 50)
        _ = lock.ask("c", now: 40, lease: 100, patience: 50)
        #expect(lock.release(token: 1, now: 60) == true)
        #expect(lock.ask("c", now: 60, lease: 100, patience: 50) == .granted(token: 2))
        #expect(lock.ask("b", now: 61, lease: 100, patience: 50) == .waiting(ticket: 3, ahead: 0))
    }

    @Test("a lease that is over is neither renewed nor released, and the next holder has a greater token")
    func expiry() {
        var lock = LockRecord()
        _ = lock.ask("a", now: 0, lease: 100, patience: 50)
        #expect(lock.renew(token: 1, now: 99, lease: 100) == true)
        #expect(lock.renew(token: 1, now: 199, lease: 100) == false)
        #expect(lock.ask("b", now: 199, lease: 100, patience: 50) == .granted(token: 2))
        #expect(lock.release(token: 1, now: 200) == false)
        #expect(lock.renew(token: 1, now: 200, lease: 100) == false)
        #expect(lock.release(token: 2, now: 200) == true)
    }

    @Test("an acquisition that is abandoned holds up nobody")
    func abandoned() {
        var lock = LockRecord()
        _ = lock.ask("a", now: 0, lease: 100, patience: 50)
        _ = lock.ask("b", now: 0, lease: 100, patience: 50)
        lock.abandon("b")
        lock.abandon("a")
        #expect(lock.ask("c", now: 1, lease: 100, patience: 50) == .granted(token: 2))
    }

    /// What holders believe is what they were told; a model keeps it beside the record.
    @Test("over random calls nobody holds beside another, tokens only grow, and nobody overtakes", arguments: 0..<20)
    func laws(number: Int) {
        let seed = UInt64.random(in: 1...1_000_000) &+ UInt64(number)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        var lock = LockRecord()
        var now: Int64 = 0
        var believed: [String: (token: Int64, expires: Int64)] = [:]
        var tickets: [String: (ticket: Int64, expires: Int64)] = [:]
        var last: Int64 = 0
        for step in 0..<2000 {
            now += Int64.random(in: 0...20, using: &random)
            let owner = "o\(Int.random(in: 0..<6, using: &random))"
            believed = believed.filter { $0.value.expires > now }
            tickets = tickets.filter { $0.value.expires > now }
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                switch lock.ask(owner, now: now, lease: 100, patience: 60) {
                case .granted(let token):
                    #expect(believed.keys.allSatisfy { $0 == owner }, "seed \(seed), step \(step)")
                    if believed[owner] == nil {
                        #expect(token > last, "seed \(seed), step \(step)")
                        let own = tickets[owner]?.ticket ?? .max
                        #expect(
                            tickets.allSatisfy { $0.key == owner || $0.value.ticket > own },
                            "seed \(seed), step \(step)")
                        last = token
                    }
                    believed[owner] = (token, now + 100)
                    tickets[owner] = nil
                case .waiting(let ticket, let ahead):
                    #expect(ahead == tickets.count { $0.value.ticket < ticket }, "seed \(seed), step \(step)")
                    tickets[owner] = (ticket, now + 60)
                }
            case 6..<8:
                if let own = believed[owner] {
                    #expect(lock.renew(token: own.token, now: now, lease: 100) == true, "seed \(seed), step \(step)")
                    believed[owner]?.expires = now + 100
                } else {
                    #expect(lock.renew(token: last + 1, now: now, lease: 100) == false)
                }
            case 8:
                if let own = believed.removeValue(forKey: owner) {
                    #expect(lock.release(token: own.token, now: now) == true)
                }
            default:
                lock.abandon(owner)
                believed[owner] = nil
                tickets[owner] = nil
            }
        }
    }
}
