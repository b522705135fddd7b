import ShardIDs
import Testing

struct UUIDTests {
    @Test("the examples of RFC 9562, appendix A, are read as the RFC says")
    func readExamples() throws {
        // 2022-02-22, 14:22:22 -05:00.
        let time: Int64 = 1_645_557_742_000
        let one = try UUIDValue(parsing: "C232AB00-9414-11EC-B3C8-9F6BDECED846")
        #expect(one.version == 1 && one.unixMilliseconds == time)
        #expect(one.gregorianTicks == 138_648_505_420_000_000)
        #expect(one.clockSequence == 0x33C8 && one.node == 0x9F6B_DECE_D846)
        let six = try UUIDValue(parsing: "1EC9414C-232A-6B00-B3C8-9F6BDECED846")
        #expect(six.version == 6 && six.unixMilliseconds == time && six.gregorianTicks == one.gregorianTicks)
        #expect(six.clockSequence == one.clockSequence && six.node == one.node)
        let seven = try UUIDValue(parsing: "017F22E2-79B0-7CC3-98C4-DC0C0C07398F")
        #expect(seven.version == 7 && seven.unixMilliseconds == time)
        #expect(UUIDValue.v7(unixMilliseconds: UInt64(time), counter: 0xCC3, random: 0x18C4_DC0C_0C07_398F) == seven)
        let four = try UUIDValue(parsing: "919108f7-52d1-4320-9bac-f847db4148a8")
        #expect(four.version == 4 && four.unixMilliseconds == nil && four.node == nil)
        #expect(UUIDValue.zero.version == nil && UUIDValue.max.version == nil)
        #expect("\(UUIDValue.zero)" == "00000000-0000-0000-0000-000000000000")
        #expect("\(UUIDValue.max)" == "ffffffff-ffff-ffff-ffff-ffffffffffff")
    }

    @Test("the RFC's examples by name come out as printed there")
    func nameExamples() {
        let name = "www.example.com"
        #expect("\(UUIDValue.v3(namespace: .dnsNamespace, name: name))" == "5df41881-3aed-3515-88a7-2f4a814cf09e")
        #expect("\(UUIDValue.v5(namespace: .dnsNamespace, name: name))" == "2ed6657d-e927-568b-95e1-2665a8aea6a2")
    }

    @Test("names of any length hash as they should: across the block borders of both hashes")
    func nameLengths() {
        // Each is the namespace of the next; the ends were computed with another implementation.
        var chained3 = UUIDValue.urlNamespace
        var chained5 = UUIDValue.urlNamespace
        for length in 0...130 {
            let name = String(repeating: "ä", count: length / 2) + String(repeating: "x", count: length % 2)
            chained3 = .v3(namespace: chained3, name: name)
            chained5 = .v5(namespace: chained5, name: name)
        }
        #expect("\(chained3)" == "0f585e72-ac56-3ac0-853e-d9e9c4e4b6c2")
        #expect("\(chained5)" == "380a15a7-0c48-5faf-84fc-891db38dedcb")
    }

    @Test("texts round-trip in both cases, and what is no UUID is refused")
    func texts() async throws {
        let text = "0188f3c5-e9d7-7a31-bfff-ffffffffffff"
        let value = try UUIDValue(parsing: text)
        #expect("\(value)" == text && UUIDValue(text.uppercased()) == value)
        #expect(UUIDValue(bytes: value.bytes) == value)
        #expect(UUIDValue(bytes: [1, 2, 3]) == nil)
        for bad in [
            "", "0188f3c5e9d77a31bfffffffffffffff", "{0188f3c5-e9d7-7a31-bfff-ffffffffffff}", text + "0",
            String(text.dropLast()), "0188f3c5-e9d7-7a31-bfff_ffffffffffff", "g188f3c5-e9d7-7a31-bfff-ffffffffffff",
            "0188f3c-5e9d7-7a31-bfff-ffffffffffff", "０188f3c5-e9d7-7a31-bfff-fffffffffff",
        ] {
            #expect(UUIDValue(bad) == nil, "\(bad)")
            await expect(.badUUID) { try UUIDValue(parsing: bad) }
        }
    }

    @Test("random ones have their version and variant, and differ")
    func random() {
        var seen: Set<UUIDValue> = []
        for _ in 0..<10_000 {
            let value = UUIDValue.v4()
            check(value.version == 4 && seen.insert(value).inserted)
        }
        #expect("\(UUIDValue.v4(random: { .max }))" == "ffffffff-ffff-4fff-bfff-ffffffffffff")
    }

    @Test("within one millisecond and with a clock set back, UUIDs of version 7 grow as values, bytes and texts")
    func order() throws {
        let clock = HandClock(1_700_000_000_000)
        let generator = UUIDv7Generator(clock: clock.clock)
        var last = try generator.next()
        #expect(last.unixMilliseconds == 1_700_000_000_000)
        for step in 0..<20_000 {
            if step == 10_000 { clock.advance(-10_000) }
            let next = try generator.next()
            check(next > last && next.description > last.description && next.version == 7)
            check(last.bytes.lexicographicallyPrecedes(next.bytes))
            last = next
        }
    }

    @Test("tasks on one generator of version 7 never get the same, each sees its own grow")
    func concurrent() async throws {
        let generator = UUIDv7Generator()
        let all = try await withThrowingTaskGroup(of: [UUIDValue].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let mine = try (0..<5_000).map { _ in try generator.next() }
                    #expect(zip(mine, mine.dropFirst()).allSatisfy { $0 < $1 })
                    return mine
                }
            }
            return try await group.reduce(into: Set<UUIDValue>()) { $0.formUnion($1) }
        }
        #expect(all.count == 40_000)
    }

    @Test("a clock outside of the 48 bits is an error")
    func clockOutside() async {
        await expect(.clockBeforeEpoch) { try UUIDv7Generator(clock: HandClock(-1).clock).next() }
        await expect(.exhausted) { try UUIDv7Generator(clock: HandClock(1 << 48).clock).next() }
    }
}
