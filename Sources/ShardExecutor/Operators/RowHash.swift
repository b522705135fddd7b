import ShardValues

/// Hashes of cells: cells that SQLite's comparison calls equal under a collation hash alike.
enum RowHash {
    @inline(__always)
    static func integer(_ value: Int64) -> UInt64 { mixed(UInt64(bitPattern: value) ^ 0x9E37_79B9_7F4A_7C15) }

    /// - Parameter hash: of the columns before; 0 for the first.
    static func of(_ cell: Cell, in batch: borrowing RowBatch, _ collation: Collation, after hash: UInt64) -> UInt64 {
        let own: UInt64
        switch cell.kind {
        case .null: own = 0x5851_F42D_4C95_7F2D
        case .integer: own = integer(cell.integerValue)
        case .real:
            // 2.0 equals 2, and -0.0 equals 0.
            if let whole = Int64(exactly: cell.realValue) {
                own = integer(whole)
            } else {
                own = mixed(cell.realValue.bitPattern)
            }
        case .text: own = batch.withBytes(of: cell) { text($0, collation) }
        case .blob: own = batch.withBytes(of: cell) { ~TextHash.of($0) }
        }
        return hash == 0 ? own : TextHash.fold(hash ^ 0xE703_7ED1_A0B4_28DB, own)
    }

    private static func text(_ bytes: UnsafeBufferPointer<UInt8>, _ collation: Collation) -> UInt64 {
        switch collation {
        case .binary, .custom: return TextHash.of(bytes)
        case .rtrim: return TextHash.of(TextOrder.trimmed(bytes))
        case .nocase:
            // Letters count up to the first NUL, then the length alone.
            var hash = UInt64(truncatingIfNeeded: bytes.count)
            for byte in bytes {
                if byte == 0 { break }
                hash = (hash ^ UInt64(TextOrder.fold(byte))) &* 0x0000_0100_0000_01B3
            }
            return mixed(hash)
        }
    }

    /// Every bit of the word moves every bit of the hash. Source: the finalizer of SplitMix64 (Steele, Lea, Flood 2014).
    @inline(__always)
    private static func mixed(_ word: UInt64) -> UInt64 {
        var word = word
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
