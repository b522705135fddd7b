/// Finds the rows of ``LiteralRows`` in a text.
struct LiteralRowScan {
    private var scanner: ShapeScanner
    private let bytes: UnsafeBufferPointer<UInt8>
    private(set) var width = 0
    private(set) var cells: [LiteralRows.Cell] = []
    /// Behind VALUES, and behind the last row.
    private var rowsStart = 0
    private var rowsEnd = 0

    init?(_ bytes: UnsafeBufferPointer<UInt8>, dialect: Dialect) {
        // Elsewhere literals take their types from what stands around them.
        guard !dialect.has(.typedExpressions), let scanner = ShapeScanner(bytes, dialect: dialect) else { return nil }
        self.scanner = scanner
        self.bytes = bytes
    }

    /// Whether the text is such a statement. What stands behind the rows is part of the template and is not looked at.
    mutating func run() -> Bool {
        // A text ends at a zero byte for one reader and not for another.
        guard head(), !bytes.contains(0) else { return false }
        cells.reserveCapacity((bytes.count - rowsStart) / 8)
        while true {
            guard row() else { return false }
            rowsEnd = scanner.at
            let item = scanner.next()
            guard item.kind == .symbol, bytes[item.start] == UInt8(ascii: ",") else { return item.kind != .invalid }
            guard opens() else { return false }
        }
    }

    func template(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        let row = "(" + Array(repeating: "NULL", count: width).joined(separator: ", ") + ")"
        let rows = cells.count == width ? row : row + ", " + row
        return String(decoding: bytes[..<rowsStart], as: UTF8.self) + " " + rows
            + String(decoding: bytes[rowsEnd...], as: UTF8.self)
    }

    /// `INSERT … VALUES (`: words, names, and the list of columns.
    private mutating func head() -> Bool {
        let first = scanner.next()
        guard first.kind == .word, isWord(first, "insert") || isWord(first, "replace") else { return false }
        while true {
            let item = scanner.next()
            switch item.kind {
            case .word:
                // A query may have VALUES of its own.
                if isWord(item, "select") || isWord(item, "with") { return false }
                if isWord(item, "values") {
                    rowsStart = item.end
                    return opens()
                }
            case .quotedName, .symbol: continue
            case .end, .integer, .real, .string, .escapeString, .dollarString, .unicodeString, .nationalString, .blob,
                .bits, .parameter, .hint, .invalid:
                return false
            }
        }
    }

    private mutating func opens() -> Bool {
        let item = scanner.next()
        return item.kind == .symbol && bytes[item.start] == UInt8(ascii: "(")
    }

    /// Cells up to the closing parenthesis.
    private mutating func row() -> Bool {
        let before = cells.count
        while true {
            guard cell() else { return false }
            let item = scanner.next()
            guard item.kind == .symbol else { return false }
            if bytes[item.start] == UInt8(ascii: ",") { continue }
            guard bytes[item.start] == UInt8(ascii: ")") else { return false }
            if width == 0 { width = cells.count }
            return cells.count &- before == width
        }
    }

    @inline(__always)
    private mutating func cell() -> Bool {
        var item = scanner.next()
        var isNegative = false
        if item.kind == .symbol {
            isNegative = bytes[item.start] == UInt8(ascii: "-")
            guard isNegative || bytes[item.start] == UInt8(ascii: "+") else { return false }
            item = scanner.next()
            guard item.kind == .integer || item.kind == .real else { return false }
        }
        switch item.kind {
        case .integer:
            guard let value = LiteralValue.decimal(UnsafeBufferPointer(rebasing: bytes[item.start..<item.end])) else {
                return false
            }
            cells.append(.integer(isNegative ? -value : value))
        case .real:
            guard let real = DecimalReal(UnsafeBufferPointer(rebasing: bytes[item.start..<item.end])) else {
                return false
            }
            cells.append(.real(isNegative ? -real.value : real.value))
        case .string:
            let content = bytes[(item.start + 1)..<(item.end - 1)]
            cells.append(
                .text(
                    start: Int32(content.startIndex), end: Int32(content.endIndex),
                    isEscaped: content.contains(UInt8(ascii: "'"))))
        case .blob:
            guard (item.end - item.start) % 2 == 1 else { return false }
            cells.append(.blob(start: Int32(item.start + 2), end: Int32(item.end - 1)))
        case .word:
            guard isWord(item, "null") else { return false }
            cells.append(.null)
        case .end, .quotedName, .escapeString, .dollarString, .unicodeString, .nationalString, .bits, .parameter,
            .symbol, .hint, .invalid:
            return false
        }
        return true
    }

    private func isWord(_ item: ShapeScanner.Item, _ word: StaticString) -> Bool {
        let count = item.end &- item.start
        guard count == word.utf8CodeUnitCount else { return false }
        for offset in 0..<count where bytes[item.start &+ offset] | 0x20 != word.utf8Start[offset] { return false }
        return true
    }
}
