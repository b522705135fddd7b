/// SQLite's type affinities: what a column makes of a stored value and a comparison of its operands.
public enum Affinity: String, Sendable, Hashable, CaseIterable, Codable {
    case blob, text, numeric, integer, real

    /// The affinity of a column by its declared type, by SQLite's rules (section 3.1 of its "Datatypes" page): no type at
    /// all is ``blob``, a type that says nothing known is ``numeric``. For STRICT tables `ANY` is the caller's to know.
    public init(declaredType: String?) {
        guard let declaredType, !declaredType.isEmpty else {
            self = .blob
            return
        }
        var affinity = Affinity.numeric
        // The last four bytes, folded; a known word may begin anywhere.
        var window: UInt32 = 0
        for byte in declaredType.utf8 {
            window = window << 8 | UInt32(byte &- 65 < 26 ? byte | 0x20 : byte)
            switch window {
            case 0x6368_6172, 0x636C_6F62, 0x7465_7874:  // char, clob, text
                affinity = .text
            case 0x626C_6F62:  // blob
                if affinity == .numeric || affinity == .real { affinity = .blob }
            case 0x7265_616C, 0x666C_6F61, 0x646F_7562:  // real, floa, doub
                if affinity == .numeric { affinity = .real }
            default:
                if window & 0xFF_FFFF == 0x69_6E74 {  // int
                    self = .integer
                    return
                }
            }
        }
        self = affinity
    }

    /// How a comparison of a column of this affinity with a value converts the value.
    public enum Conversion: String, Sendable, Hashable { case nothing, text, number }

    /// Columns of one conversion compare alike: between two of them `=` converts nothing.
    public var conversion: Conversion {
        switch self {
        case .blob: .nothing
        case .text: .text
        case .numeric, .integer, .real: .number
        }
    }
}
