import ShardBase
@testable import ShardReplicas
import Testing

struct ConsistencyTokenTests {
    static func token(_ generator: inout SeededGenerator) -> ConsistencyToken {
        var token = ConsistencyToken()
        for _ in 0..<Int.random(in: 0...6, using: &generator) {
            let shard =
                ["s0", "s1", "büro", "a long name of a shard with spaces"].randomElement(using: &generator) ?? ""
            token.note(
                Position(
                    timeline: UInt64.random(in: 0...3, using: &generator),
                    offset: generator.next() >> UInt64.random(in: 0..<64, using: &generator)), of: shard)
        }
        return token
    }

    @Test(
        "merging is a join: order, grouping and repetition do not matter, and nothing that was asked for is forgotten")
    func mergeIsAJoin() throws {
        try forAll(500) { generator in
            let (a, b, c) = (Self.token(&generator), Self.token(&generator), Self.token(&generator))
            try require(a.merging(b) == b.merging(a))
            try require(a.merging(b).merging(c) == a.merging(b.merging(c)))
            try require(a.merging(a) == a && a.merging(ConsistencyToken()) == a)
            for (shard, positions) in a.positions {
                for position in positions {
                    let merged = a.merging(b).required(of: shard).first { $0.timeline == position.timeline }
                    try require((merged?.offset ?? 0) >= position.offset)
                }
            }
        }
    }

    @Test("an older timeline's position is kept beside a newer one's: the newer does not say that the older survived")
    func timelinesAreKeptApart() {
        var token = ConsistencyToken(shard: "s0", Position(timeline: 2, offset: 50))
        token.note(Position(timeline: 1, offset: 100), of: "s0")
        token.note(Position(timeline: 1, offset: 90), of: "s0")
        #expect(token.required(of: "s0") == [Position(timeline: 1, offset: 100), Position(timeline: 2, offset: 50)])
        #expect(token.required(of: "s1").isEmpty)
    }

    @Test("a token's text is read back, and is the same for the same token")
    func roundTrip() throws {
        let coder = ConsistencyTokenCoder(database: "d1f0", key: (1, 2))
        try forAll(500) { generator in
            let token = Self.token(&generator)
            let text = coder.text(of: token)
            try require(text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || ".-_".contains($0)) }, text)
            try require(try coder.token(from: text) == token, text)
            try require(coder.text(of: try coder.token(from: text)) == text)
        }
    }

    @Test("any change of one character, any cut and any addition is refused")
    func damageIsRefused() throws {
        let coder = ConsistencyTokenCoder(database: "d1f0")
        try forAll(40) { generator in
            let text = Array(coder.text(of: Self.token(&generator)).utf8)
            for place in text.indices {
                var damaged = text
                damaged[place] =
                    Array("AZaz09-_.!".utf8).filter { $0 != text[place] }.randomElement(using: &generator) ?? 0
                try Self.requireRefused(damaged, coder)
                try Self.requireRefused(Array(text[..<place]), coder)
                try Self.requireRefused(text[..<place] + [UInt8(ascii: "A")] + text[place...], coder)
            }
            try Self.requireRefused(text + text, coder)
            try Self.requireRefused((0..<40).map { _ in UInt8.random(in: 32..<127, using: &generator) }, coder)
        }
        #expect(throws: ShardError.self) { try coder.token(from: "sk1." + String(repeating: "A", count: 20_000)) }
    }

    static func requireRefused(_ bytes: some Collection<UInt8>, _ coder: ConsistencyTokenCoder) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        do {
            let token = try coder.token(from: text)
            throw Failed(description: "\(text) was read as \(token)")
        } catch let error as ShardError {
            try require(error.code == .consistencyToken)
        }
    }

    @Test("another database, another key, and a version that says more are refused; what may be skipped is skipped")
    func foreignAndNewer() throws {
        let token = ConsistencyToken(shard: "s0", Position(timeline: 1, offset: 7))
        let coder = ConsistencyTokenCoder(database: "a")
        let text = coder.text(of: token)
        #expect(throws: ShardError.self) { try ConsistencyTokenCoder(database: "b").token(from: text) }
        #expect(throws: ShardError.self) { try ConsistencyTokenCoder(database: "a", key: (0, 1)).token(from: text) }

        func withField(_ number: UInt64) throws -> String {
            var bytes = Array(try #require(Base64URL.bytes(of: text.utf8.dropFirst(4))).dropLast(8))
            ConsistencyTokenCoder.append(field: number, [1, 2, 3], to: &bytes)
            let sum = SipHash(0, 0).hash(bytes)
            for shift in stride(from: 0, to: UInt64(64), by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: sum >> shift))
            }
            return "sk1." + Base64URL.text(of: bytes)
        }
        #expect(try coder.token(from: withField(301)) == token)
        #expect(throws: ShardError.self) { try coder.token(from: withField(300)) }
    }

    @Test("SipHash-2-4 gives its authors' values")
    func sipHash() {
        let hash = SipHash(0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908)
        // vectors.h of the reference implementation: the inputs are 00, 00 01, 00 01 02, …
        #expect(hash.hash([]) == 0x726F_DB47_DD0E_0E31)
        #expect(hash.hash(0..<1 as Range<UInt8>) == 0x74F8_39C5_93DC_67FD)
        #expect(hash.hash(0..<8 as Range<UInt8>) == 0x93F5_F579_9A93_2462)
        #expect(hash.hash(0..<15 as Range<UInt8>) == 0xA129_CA61_49BE_45E5)
    }
}
