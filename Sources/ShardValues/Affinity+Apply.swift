import ShardBase

extension Affinity {
    /// A value as SQLite stores it in a column of this affinity. NULL and blobs stay what they are.
    ///
    /// Source: applyAffinity, applyNumericAffinity and sqlite3VdbeIntegerAffinity in SQLite 3.40's src/vdbe.c and
    /// src/vdbemem.c; tests compare with the linked library.
    public func apply(to value: Value) -> Value {
        switch self {
        case .blob: return value
        case .text: return Self.text(value)
        case .integer, .numeric: return Self.number(value)
        case .real:
            let number = Self.number(value)
            if case .integer(let integer) = number { return .real(Double(integer)) }
            return number
        }
    }

    /// Whether ``apply(to:)`` would leave a value as it is, told without work; false where that takes reading the value.
    @inlinable public func keeps(_ value: Value) -> Bool {
        switch value {
        case .null, .blob: true
        case .integer: self == .integer || self == .numeric || self == .blob
        case .real: self == .blob
        case .text, .malformedText: self == .text || self == .blob
        }
    }

    /// A value as a comparison of a column of this affinity with it sees it (the value has no affinity of its own: a
    /// literal or a parameter). Reals with integral values may come out as integers: they compare alike.
    public func converted(forComparison value: Value) -> Value {
        switch conversion {
        case .nothing: value
        case .text: Self.text(value)
        case .number: Self.number(value)
        }
    }

    private static func text(_ value: Value) -> Value {
        switch value {
        case .integer(let integer): .text(String(integer))
        case .real(let real): .text(SQLiteNumber.text(real))
        case .null, .text, .malformedText, .blob: value
        }
    }

    private static func number(_ value: Value) -> Value {
        switch value {
        case .null, .integer, .blob: return value
        case .real(let real): return shortened(real)
        case .text, .malformedText:
            return value.withTextBytes { bytes in
                guard let scanned = SQLiteNumber.scan(bytes) else { return value }
                guard scanned.isWhole else { return shortened(scanned.real) }
                if scanned.real == 0 { return .integer(0) }
                if let integer = SQLiteNumber.integer(bytes) { return .integer(integer) }
                return shortened(scanned.real)
            }
        }
    }

    /// A real as an integer where nothing is lost and the integer is neither the smallest nor the largest.
    private static func shortened(_ real: Double) -> Value {
        guard real > -9_223_372_036_854_775_808.0, real < 9_223_372_036_854_775_808.0 else { return .real(real) }
        let integer = Int64(real)
        return Double(integer) == real && integer != .min && integer != .max ? .integer(integer) : .real(real)
    }
}
