/// PostgreSQL's extended hash functions, bit for bit: Bob Jenkins' lookup3 with a 64-bit seed.
///
/// Source: hash_bytes_extended and hash_bytes_uint32_extended in PostgreSQL's src/common/hashfn.c, hashint8extended in
/// src/backend/access/hash/hashfunc.c. Golden vectors from a server are part of the tests.
public enum PostgreSQLHash {
    /// The seed of declarative partitioning (HASH_PARTITION_SEED).
    public static let partitionSeed: UInt64 = 0x7A5B_2236_7996_DCFD

    /// `hashint8extended`; also that of int2 and int4 of the same value.
    @inlinable public static func integer(_ value: Int64, seed: UInt64 = partitionSeed) -> UInt64 {
        let bits = UInt64(bitPattern: value)
        let high = UInt32(truncatingIfNeeded: bits >> 32)
        let word = UInt32(truncatingIfNeeded: bits) ^ (value >= 0 ? high : ~high)
        var state = State(length: 4, seed: seed)
        state.a &+= word
        state.finish()
        return state.result
    }

    /// `hashtextextended` under a deterministic collation, `hash_bytea_extended`, `uuid_hash_extended`: a hash of bytes.
    public static func bytes(_ bytes: UnsafeBufferPointer<UInt8>, seed: UInt64 = partitionSeed) -> UInt64 {
        var state = State(length: UInt32(truncatingIfNeeded: bytes.count), seed: seed)
        var at = 0
        while bytes.count - at >= 12 {
            state.a &+= word(bytes, at)
            state.b &+= word(bytes, at + 4)
            state.c &+= word(bytes, at + 8)
            state.mix()
            at += 12
        }
        // The tail; the lowest byte of c is the length's.
        for index in at..<bytes.count {
            let place = index - at
            let byte = UInt32(bytes[index])
            switch place {
            case 0..<4: state.a &+= byte << UInt32(8 * place)
            case 4..<8: state.b &+= byte << UInt32(8 * (place - 4))
            default: state.c &+= byte << UInt32(8 * (place - 7))
            }
        }
        state.finish()
        return state.result
    }

    /// `hash_combine64`: how the hashes of several key columns become one, left to right, beginning with 0.
    @inlinable public static func combine(_ a: UInt64, _ b: UInt64) -> UInt64 {
        a ^ (b &+ 0x49A0_F4DD_15E5_A8E3 &+ (a << 54) &+ (a >> 7))
    }

    private static func word(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> UInt32 {
        UInt32(littleEndian: UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: at, as: UInt32.self))
    }

    @usableFromInline struct State {
        @usableFromInline var a: UInt32
        @usableFromInline var b: UInt32
        @usableFromInline var c: UInt32

        @inlinable @inline(__always)
        init(length: UInt32, seed: UInt64) {
            a = 0x9E37_79B9 &+ length &+ 3_923_095
            b = a
            c = a
            if seed != 0 {
                a &+= UInt32(truncatingIfNeeded: seed >> 32)
                b &+= UInt32(truncatingIfNeeded: seed)
                mix()
            }
        }

        @inlinable @inline(__always)
        var result: UInt64 { UInt64(b) << 32 | UInt64(c) }

        @inlinable @inline(__always)
        static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word &<< count | word &>> (32 &- count) }

        @inlinable @inline(__always)
        mutating func mix() {
            a = (a &- c) ^ Self.rotate(c, 4)
            c &+= b
            b = (b &- a) ^ Self.rotate(a, 6)
            a &+= c
            c = (c &- b) ^ Self.rotate(b, 8)
            b &+= a
            a = (a &- c) ^ Self.rotate(c, 16)
            c &+= b
            b = (b &- a) ^ Self.rotate(a, 19)
            a &+= c
            c = (c &- b) ^ Self.rotate(b, 4)
            b &+= a
        }

        @inlinable @inline(__always)
        mutating func finish() {
            c = (c ^ b) &- Self.rotate(b, 14)
            a = (a ^ c) &- Self.rotate(c, 11)
            b = (b ^ a) &- Self.rotate(a, 25)
            c = (c ^ b) &- Self.rotate(b, 16)
            a = (a ^ c) &- Self.rotate(c, 4)
            b = (b ^ a) &- Self.rotate(a, 14)
            c = (c ^ b) &- Self.rotate(b, 24)
        }
    }
}
