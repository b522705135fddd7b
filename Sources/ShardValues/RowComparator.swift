public import ShardBase

/// Compares rows of flat batches by sort keys, as SQLite's ORDER BY does. Nothing is allocated per comparison.
public struct RowComparator: Sendable {
    /// The keys, first the most significant.
    public let keys: [SortKey]
    @usableFromInline let terms: [Term]

    /// A key with everything decided that does not depend on rows.
    @usableFromInline struct Term: Sendable {
        @usableFromInline let column: Int
        @usableFromInline let descending: Bool
        @usableFromInline let nullsFirst: Bool
        @usableFromInline let folding: Folding

        @inlinable init(column: Int, descending: Bool, nullsFirst: Bool, folding: Folding) {
            self.column = column
            self.descending = descending
            self.nullsFirst = nullsFirst
            self.folding = folding
        }
    }

    /// The ways of comparing texts.
    @usableFromInline enum Folding: UInt8, Sendable { case binary, nocase, rtrim, decimal }

    /// - Throws: `.collationAcrossShards` when a key's collation is an application's own.
    public init(keys: [SortKey]) throws(ShardError) {
        self.keys = keys
        var terms: [Term] = []
        for key in keys {
            let folding: Folding
            switch key.collation {
            case .binary: folding = key.isDecimal ? .decimal : .binary
            case .nocase: folding = .nocase
            case .rtrim: folding = .rtrim
            case .custom:
                try key.collation.requireComparable()
                continue
            }
            terms.append(
                Term(
                    column: key.column, descending: key.descending, nullsFirst: key.nullsFirst ?? !key.descending,
                    folding: folding))
        }
        self.terms = terms
    }

    /// Negative when the first row comes before the second, 0 when the keys do not tell them apart.
    @inlinable public func compare(
        _ a: borrowing RowBatch, _ rowA: Int, _ b: borrowing RowBatch, _ rowB: Int
    ) -> Int {
        for index in 0..<terms.count {
            let term = terms[index]
            let left = a[rowA, term.column]
            let right = b[rowB, term.column]
            if left.kind == .integer && right.kind == .integer {
                let x = left.integerValue
                let y = right.integerValue
                if x != y { return (x < y) != term.descending ? -1 : 1 }
                continue
            }
            if left.kind == .null || right.kind == .null {
                if left.kind == right.kind { continue }
                return (left.kind == .null) == term.nullsFirst ? -1 : 1
            }
            let order = RowComparator.compare(left, a.bytes, right, b.bytes, term.folding)
            if order != 0 { return term.descending ? -order : order }
        }
        return 0
    }

    /// Compares two cells that are not NULL by the first key alone, wherever they stand.
    @inlinable public func compare(
        _ left: Cell, in a: borrowing RowBatch, _ right: Cell, in b: borrowing RowBatch
    ) -> Int {
        let order = RowComparator.compare(left, a.bytes, right, b.bytes, terms[0].folding)
        return terms[0].descending ? -order : order
    }

    /// Whether the keys do not tell the rows apart: the equality of GROUP BY and DISTINCT (NULL equals NULL, 1 equals 1.0).
    @inlinable public func equal(
        _ a: borrowing RowBatch, _ rowA: Int, _ b: borrowing RowBatch, _ rowB: Int
    ) -> Bool {
        compare(a, rowA, b, rowB) == 0
    }

    /// Compares two cells that are not NULL.
    @usableFromInline static func compare(
        _ a: Cell, _ bytesA: [UInt8], _ b: Cell, _ bytesB: [UInt8], _ folding: Folding
    ) -> Int {
        switch (a.kind, b.kind) {
        case (.integer, .integer):
            return a.integerValue < b.integerValue ? -1 : a.integerValue > b.integerValue ? 1 : 0
        case (.real, .real):
            if folding == .decimal { return DecimalOrder.compare(a.realValue, b.realValue) }
            return a.realValue < b.realValue ? -1 : a.realValue > b.realValue ? 1 : 0
        case (.integer, .real): return SQLiteOrder.compare(a.integerValue, b.realValue)
        case (.real, .integer): return -SQLiteOrder.compare(b.integerValue, a.realValue)
        case (.text, .text), (.blob, .blob):
            return bytesA.withUnsafeBufferPointer { all in
                bytesB.withUnsafeBufferPointer { others in
                    let left = UnsafeBufferPointer(rebasing: all[a.byteRange])
                    let right = UnsafeBufferPointer(rebasing: others[b.byteRange])
                    if a.kind == .blob { return TextOrder.binary(left, right) }
                    switch folding {
                    case .binary: return TextOrder.binary(left, right)
                    case .nocase: return TextOrder.nocase(left, right)
                    case .rtrim: return TextOrder.rtrim(left, right)
                    case .decimal: return DecimalOrder.compare(left, right)
                    }
                }
            }
        case (.null, _), (.integer, _), (.real, _), (.text, _), (.blob, _):
            return a.storageClass.rawValue - b.storageClass.rawValue
        }
    }
}

extension Cell {
    /// Which of SQLite's classes of comparison the cell is of.
    public var storageClass: SQLiteOrder.StorageClass {
        switch kind {
        case .null: .null
        case .integer, .real: .number
        case .text: .text
        case .blob: .blob
        }
    }
}
