// A merge compares rows of different batches all the time; most comparisons are decided by the first few bits of the
// first key. The prefix packs those into one word:
//
//     bit 63     0: NULL or number, 1: text or blob
//     numbers    bits 62…0: the value as a double, rounded, its bits made monotone, the lowest dropped
//     text, blob bit 62: which; bits 61…0: the first bytes after folding, zeros after the end
//
// Law: prefix(a) < prefix(b) implies that a comes before b. Equal prefixes decide nothing. Rounding keeps the law since
// it is monotone, and so does cutting; an integer and a real that round together share a prefix.

extension RowComparator {
    /// The first key of a row in 8 bytes: where two rows' prefixes differ, their order is the rows' order; where they are
    /// equal, ``compare(_:_:_:_:)`` decides. 0 without keys.
    public func sortPrefix(_ batch: borrowing RowBatch, _ row: Int) -> UInt64 {
        guard let term = terms.first else { return 0 }
        let cell = batch[row, term.column]
        switch cell.kind {
        case .null: return term.nullsFirst ? 0 : .max
        case .integer: return Self.directed(Self.prefix(Double(cell.integerValue)), term.descending)
        case .real: return Self.directed(Self.prefix(cell.realValue), term.descending)
        case .text where term.folding == .decimal:
            let real = batch.withBytes(of: cell) { Double(String(decoding: $0, as: UTF8.self)) ?? .nan }
            return Self.directed(Self.prefix(real), term.descending)
        case .text:
            let bits = batch.withBytes(of: cell) { Self.prefix($0, term.folding) }
            return Self.directed(1 << 63 | bits, term.descending)
        case .blob:
            let bits = batch.withBytes(of: cell) { Self.prefix($0, .binary) }
            return Self.directed(3 << 62 | bits, term.descending)
        }
    }

    private static func directed(_ prefix: UInt64, _ descending: Bool) -> UInt64 { descending ? ~prefix : prefix }

    private static func prefix(_ real: Double) -> UInt64 {
        // Only among decimals: there it is the greatest.
        if real.isNaN { return .max >> 1 }
        // -0.0 equals 0.0; adding 0.0 makes it so.
        let bits = (real + 0.0).bitPattern
        let monotone = bits >> 63 == 0 ? bits | 1 << 63 : ~bits
        return monotone >> 1
    }

    private static func prefix(_ bytes: UnsafeBufferPointer<UInt8>, _ folding: Folding) -> UInt64 {
        let text = folding == .rtrim ? TextOrder.trimmed(bytes) : bytes
        var word: UInt64 = 0
        for index in 0..<min(8, text.count) {
            var byte = text[index]
            if folding == .nocase {
                byte = TextOrder.fold(byte)
                // What follows a NUL does not count under NOCASE.
                if byte == 0 { break }
            }
            word |= UInt64(byte) << (56 - 8 * UInt64(index))
        }
        return word >> 2
    }
}
