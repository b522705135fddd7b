// Swift calls two Strings equal when they are canonically equivalent; databases compare bytes. A value equals another
// only when it is the same value: same kind, same bits. (SQL's own equality is SQLiteOrder's.)
extension Value {
    public static func == (a: Value, b: Value) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.integer(let left), .integer(let right)): left == right
        case (.real(let left), .real(let right)): left.bitPattern == right.bitPattern
        case (.text(let left), .text(let right)): left.utf8.elementsEqual(right.utf8)
        case (.blob(let left), .blob(let right)): left == right
        case (.malformedText(let left), .malformedText(let right)): left == right
        case (.null, _), (.integer, _), (.real, _), (.text, _), (.blob, _), (.malformedText, _): false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0 as UInt8)
        case .integer(let integer):
            hasher.combine(1 as UInt8)
            hasher.combine(integer)
        case .real(let real):
            hasher.combine(2 as UInt8)
            hasher.combine(real.bitPattern)
        case .text(var text):
            hasher.combine(3 as UInt8)
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        case .blob(let bytes):
            hasher.combine(4 as UInt8)
            hasher.combine(bytes)
        case .malformedText(let bytes):
            hasher.combine(5 as UInt8)
            hasher.combine(bytes)
        }
    }
}
