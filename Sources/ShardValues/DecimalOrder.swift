/// The order of numbers that are written out, as PostgreSQL prints `numeric`: `-12.50`, `NaN`, `Infinity`, `-Infinity`.
@usableFromInline enum DecimalOrder {
    /// NaN is greater than all others and equal to itself.
    @usableFromInline static func compare(_ left: Double, _ right: Double) -> Int {
        if left < right { return -1 }
        if left > right { return 1 }
        return (left.isNaN ? 1 : 0) - (right.isNaN ? 1 : 0)
    }

    @usableFromInline static func compare(
        _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>
    ) -> Int {
        let (one, other) = (Decimal(left), Decimal(right))
        if one.rank != other.rank { return one.rank < other.rank ? -1 : 1 }
        let order = Decimal.magnitude(one, other)
        return one.rank == Decimal.negative ? -order : order
    }

    private struct Decimal {
        static let negative = 1
        /// -Infinity, negative, zero, positive, Infinity, NaN.
        var rank: Int
        /// Without leading zeros.
        var whole: Slice<UnsafeBufferPointer<UInt8>>
        /// Without trailing zeros.
        var fraction: Slice<UnsafeBufferPointer<UInt8>>

        init(_ text: UnsafeBufferPointer<UInt8>) {
            let zero = UInt8(ascii: "0")
            var digits = text[...]
            let isNegative = digits.first == UInt8(ascii: "-")
            if isNegative { digits = digits.dropFirst() }
            let point = digits.firstIndex(of: UInt8(ascii: ".")) ?? digits.endIndex
            whole = digits[..<point].drop { $0 == zero }
            fraction = digits[point...].dropFirst()
            while fraction.last == zero { fraction = fraction.dropLast() }
            switch digits.first {
            case UInt8(ascii: "N"): rank = 5
            case UInt8(ascii: "I"): rank = isNegative ? 0 : 4
            case .some, nil: rank = whole.isEmpty && fraction.isEmpty ? 2 : isNegative ? Self.negative : 3
            }
        }

        /// Of two of one rank, their signs aside.
        static func magnitude(_ one: Decimal, _ other: Decimal) -> Int {
            if one.rank == 0 || one.rank > 3 { return 0 }
            if one.whole.count != other.whole.count { return one.whole.count < other.whole.count ? -1 : 1 }
            for (left, right) in zip(one.whole, other.whole) where left != right { return left < right ? -1 : 1 }
            for (left, right) in zip(one.fraction, other.fraction) where left != right { return left < right ? -1 : 1 }
            return one.fraction.count - other.fraction.count
        }
    }
}
