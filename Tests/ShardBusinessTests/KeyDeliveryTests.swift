import ShardBase
import Testing

@testable import ShardBusiness

/// What a relay writes down of one key's messages, without messages or time.
struct KeyDeliveryTests {
    private func delivery(
        _ messages: [(Int64, Int)], last: Int64, maximum: Int = 3, afterDeath: KeyDelivery.AfterDeath = .goOn
    ) -> KeyDelivery {
        KeyDelivery(
            messages.map { .init(position: $0.0, attempts: $0.1) }, lastPosition: last,
            retry: RetryPolicy(maximumAttempts: maximum, first: .milliseconds(100), longest: .seconds(1)),
            afterDeath: afterDeath)
    }

    @Test("messages that are handled are removed together, and the key rests until there are more")
    func drained() {
        var key = delivery([(4, 0), (5, 0)], last: 5)
        #expect(key.current == 0)
        key.handled()
        #expect(key.current == 1)
        key.handled()
        #expect(key.current == nil)
        #expect(key.written.handled == [4, 5])
        #expect(key.written.due == .whenMoreThan(5))
    }

    @Test("a key with more messages than were read is looked at again at once")
    func more() {
        var key = delivery([(4, 0)], last: 9)
        key.handled()
        #expect(key.written.due == .now)
    }

    @Test("a key without messages rests")
    func empty() {
        #expect(delivery([], last: 7).written == .init(due: .whenMoreThan(7)))
    }

    @Test("a message that fails holds up those behind it, and what was handled before it is removed")
    func failure() {
        var key = delivery([(1, 0), (2, 1), (3, 0)], last: 3)
        key.handled()
        key.failed("no", isPermanent: false, now: 1000, jitter: 1)
        #expect(key.current == nil)
        #expect(key.written.handled == [1])
        #expect(key.written.failed == .init(position: 2, attempts: 2, reason: "no"))
        #expect(key.written.due == .at(1200))
    }

    @Test("a message that fails for the last time is buried, and its key goes on or is held")
    func death() {
        for afterDeath in KeyDelivery.AfterDeath.allCases {
            for isPermanent in [true, false] {
                var key = delivery([(1, isPermanent ? 0 : 2), (2, 0)], last: 2, afterDeath: afterDeath)
                key.failed("no", isPermanent: isPermanent, now: 1000, jitter: 1)
                #expect(key.current == nil)
                #expect(key.written.buried?.position == 1)
                #expect(key.written.due == (afterDeath == .hold ? .held : .now))
            }
        }
    }

    @Test("pauses grow to the longest, and are never shorter than half")
    func pauses() {
        let policy = RetryPolicy(maximumAttempts: 3, first: .milliseconds(100), longest: .seconds(5))
        #expect(policy.pause(after: 1, jitter: 1) == .milliseconds(100))
        #expect(policy.pause(after: 3, jitter: 1) == .milliseconds(400))
        #expect(policy.pause(after: 3, jitter: 0) == .milliseconds(200))
        #expect(policy.pause(after: 1000, jitter: 1) == .seconds(5))
    }
}
