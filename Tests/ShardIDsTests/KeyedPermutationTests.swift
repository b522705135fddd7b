@testable import ShardIDs
import Testing

struct KeyedPermutationTests {
    static let key = (0..<16).map { UInt8($0) }

    @Test(
        "every identifier comes back, extremes and random ones, and nothing leaves the domain",
        arguments: [8, 9, 31, 52, 53, 62, 63])
    func roundTrip(bits: Int) throws {
        let permutation = try KeyedPermutation(key: Self.key, context: "orders", bits: bits)
        let largest: Int64 = bits == 63 ? .max : (1 << Int64(bits)) - 1
        var dice = Dice(seed: 7)
        for id in [0, 1, largest - 1, largest] + (0..<300).map({ _ in Int64.random(in: 0...largest, using: &dice) }) {
            let shown = try permutation.encode(id)
            check(shown >= 0 && shown <= largest)
            check(try permutation.decode(shown) == id)
        }
    }

    @Test("over a whole small domain it is a bijection", arguments: [8, 9, 12])
    func bijection(bits: Int) throws {
        let permutation = try KeyedPermutation(key: Self.key, bits: bits)
        let shown = try (0..<Int64(1) << Int64(bits)).map { try permutation.encode($0) }
        #expect(Set(shown) == Set(0..<Int64(1) << Int64(bits)))
    }

    @Test("neighbours are far apart, and keys, contexts and sizes give different numbers")
    func spreads() throws {
        let permutation = try KeyedPermutation(key: Self.key, context: "orders")
        let shown = try (0..<2_000).map { try permutation.encode($0) }
        // About half of all bits differ between neighbours; far less would show how many there are.
        let changed = zip(shown, shown.dropFirst()).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
        let average = Double(changed) / 1_999
        #expect(average > 30 && average < 33, "\(average) bits of 63")
        var other = Self.key
        other[15] ^= 1
        let first = try permutation.encode(1)
        #expect(try KeyedPermutation(key: other, context: "orders").encode(1) != first)
        #expect(try KeyedPermutation(key: Self.key, context: "users").encode(1) != first)
        #expect(try KeyedPermutation(key: Self.key, context: "orders", bits: 62).encode(1) != first)
    }

    @Test("the round function gives the values that its authors printed")
    func sipHash() {
        let key = (0x0706_0504_0302_0100 as UInt64, 0x0f0e_0d0c_0b0a_0908 as UInt64)
        #expect(SipHash.hash([], key: key) == 0x726f_db47_dd0e_0e31)
        #expect(SipHash.hash((0..<15).map { UInt8($0) }, key: key) == 0xa129_ca61_49be_45e5)
        #expect(SipHash.hash(key.0, key.1, key: key) == SipHash.hash((0..<16).map { UInt8($0) }, key: key))
    }

    @Test("numbers once shown stay what they are: the encoding never changes")
    func stable() throws {
        let permutation = try KeyedPermutation(key: Self.key, context: "orders")
        let shown = try [0, 1, 2, 1 << 40].map { try permutation.encode($0) }
        #expect(
            shown == [
                6_726_030_597_517_235_535, 8_940_736_179_085_039_750, 8_341_184_570_542_982_300,
                828_109_252_660_023_960,
            ])
    }

    @Test("numbers outside the domain, and keys of another length, are refused")
    func outside() async throws {
        let permutation = try KeyedPermutation(key: Self.key, bits: 53)
        await expect(.outOfDomain) { try permutation.encode(-1) }
        await expect(.outOfDomain) { try permutation.encode(1 << 53) }
        await expect(.outOfDomain) { try permutation.decode(1 << 53) }
        await expect(.badOption) { try KeyedPermutation(key: [1, 2, 3]) }
        await expect(.badOption) { try KeyedPermutation(key: Self.key, bits: 64) }
        await expect(.badOption) { try KeyedPermutation(key: Self.key, bits: 7) }
    }
}
