extension Value {
    /// The one value that stands for all that `=` calls equal under a collation: integral reals as integers (where they
    /// fit), texts folded (NOCASE) or without spaces at the end (RTRIM). Two values are equal in SQL, NULL taken as equal
    /// to NULL, exactly when their canonical values are the same.
    /// - Precondition: the collation is comparable, for a text.
    public func canonical(under collation: Collation) -> Value {
        switch self {
        case .null, .integer, .blob: return self
        case .real(let real):
            if let integer = Self.integral(real) { return .integer(integer) }
            return self
        case .text, .malformedText:
            switch collation {
            case .binary: return self
            case .nocase:
                return withTextBytes { bytes in
                    var folded: [UInt8] = []
                    folded.reserveCapacity(bytes.count)
                    for byte in bytes {
                        // What follows a NUL counts only by its length.
                        if byte == 0 { break }
                        folded.append(TextOrder.fold(byte))
                    }
                    folded.append(contentsOf: repeatElement(0, count: bytes.count - folded.count))
                    return Value.text(bytes: folded)
                }
            case .rtrim: return withTextBytes { Value.text(bytes: Array(TextOrder.trimmed($0))) }
            case .custom(let name): preconditionFailure("a key under the custom collation \(name) was not refused")
            }
        }
    }

    /// The integer that equals a real, where there is one.
    @inlinable static func integral(_ real: Double) -> Int64? {
        guard real >= -9_223_372_036_854_775_808.0, real < 9_223_372_036_854_775_808.0 else { return nil }
        let integer = Int64(real)
        return Double(integer) == real ? integer : nil
    }

    /// A text of bytes: ``text(_:)`` where they are UTF-8, else ``malformedText(_:)``.
    public static func text(bytes: [UInt8]) -> Value {
        if let text = String(validating: bytes, as: UTF8.self) { return .text(text) }
        return .malformedText(bytes)
    }
}
