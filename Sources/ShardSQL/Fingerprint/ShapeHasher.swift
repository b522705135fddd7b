/// The hash of a shape: one folded 64 × 64 → 128 bit multiplication for each eight bytes or token (the construction of
/// wyhash), with a constant for each class of token. Not cryptographic; the seed makes it unpredictable.
struct ShapeHasher {
    private let base: UnsafePointer<UInt8>
    private let count: Int
    private let fold: UInt64
    private var state: UInt64

    private static let wordClass: UInt64 = 0xA076_1D64_78BD_642F
    private static let symbolClass: UInt64 = 0xE703_7ED1_A0B4_28DB
    private static let literalClass: UInt64 = 0x8EBC_6AF0_9C88_C6E3
    private static let exactClass: UInt64 = 0x5899_65CC_7537_4CC3
    private static let listClass: UInt64 = 0x1D8E_4E27_C47D_124F

    init(_ scanner: ShapeScanner, _ options: Fingerprint.Options) {
        base = scanner.base
        count = scanner.count
        // Bit 5 set folds letters; `_` becomes 0x7F, which no word holds. Bytes beyond ASCII may fall together, which
        // the comparison on a hit finds.
        fold = options.foldsCase ? 0x2020_2020_2020_2020 : 0
        state = options.seed ^ 0x9E37_79B9_7F4A_7C15
    }

    @inline(__always)
    private mutating func mix(_ value: UInt64, _ factor: UInt64) {
        let product = (state ^ value).multipliedFullWidth(by: factor)
        state = product.high ^ product.low
    }

    @inline(__always)
    mutating func symbol(_ character: UInt8) { mix(UInt64(character), Self.symbolClass) }

    @inline(__always)
    mutating func literal(_ kind: ShapeScanner.Kind) { mix(UInt64(kind.rawValue), Self.literalClass) }

    mutating func list() { mix(1, Self.listClass) }

    @inline(__always)
    mutating func word(_ start: Int, _ end: Int) { bytes(start, end, fold, Self.wordClass) }

    @inline(never)
    mutating func exact(_ start: Int, _ end: Int) { bytes(start, end, 0, Self.exactClass) }

    @inline(__always)
    private mutating func bytes(_ start: Int, _ end: Int, _ fold: UInt64, _ factor: UInt64) {
        var at = start
        let length = UInt64(truncatingIfNeeded: end &- start)
        while end &- at > 8 {
            mix(load(at) | fold, factor)
            at &+= 8
        }
        let left = end &- at
        var last: UInt64 = 0
        if at &+ 8 <= count {
            // left is 1 to 8.
            last = (load(at) | fold) & (~0 &>> UInt64(truncatingIfNeeded: 64 &- left &* 8))
        } else {
            for index in 0..<left { last |= UInt64(base[at &+ index]) &<< UInt64(index &* 8) }
            last |= fold & (~0 &>> UInt64(truncatingIfNeeded: 64 &- left &* 8))
        }
        // The length keeps words of different length apart, also where one is the other's prefix.
        mix(last &+ length &* 0x9FB2_1C65_1E98_DF25, factor)
    }

    @inline(__always)
    private func load(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(base).loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    var finished: UInt64 {
        var copy = self
        copy.mix(0x2D35_8DCC_AA6C_78A5, 0x8BB8_4B93_962E_ACC9)
        return copy.state
    }
}
