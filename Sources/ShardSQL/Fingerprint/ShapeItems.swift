/// The items of a text as an array, for the statistics' slower work on shapes.
struct ShapeItems {
    enum Piece {
        case item(ShapeScanner.Item)
        /// A list of literals and parameters, or several in a row.
        case list
    }

    var all: [ShapeScanner.Item] = []

    /// Nil where the text is not made of the dialect's tokens.
    init?(_ scanner: ShapeScanner) {
        var scanner = scanner
        while true {
            let item = scanner.next()
            if item.kind == .end { return }
            if item.kind == .invalid { return nil }
            all.append(item)
        }
    }

    /// The items with each `IN (1, 2)` and `VALUES (1, 2), (3, 4)` of plain values made one piece after its word.
    func collapsingLists(_ base: UnsafePointer<UInt8>) -> [Piece] {
        var pieces: [Piece] = []
        var index = 0
        while index < all.count {
            pieces.append(.item(all[index]))
            let isValues = isWord(index, "values", base)
            let startsList = isValues || isWord(index, "in", base)
            index += 1
            guard startsList, let end = listEnd(index, base) else { continue }
            pieces.append(.list)
            index = end
            while isValues, isSymbol(index, ",", base), let end = listEnd(index + 1, base) { index = end }
        }
        return pieces
    }

    /// Behind the list of plain values that begins there, nil where none does.
    private func listEnd(_ start: Int, _ base: UnsafePointer<UInt8>) -> Int? {
        guard isSymbol(start, "(", base) else { return nil }
        var index = start + 1
        while index < all.count {
            if isSymbol(index, ")", base) { return index > start + 1 ? index + 1 : nil }
            let isValue = all[index].kind.isLiteral || all[index].kind == .parameter
            guard isValue || isSymbol(index, ",", base) || isSymbol(index, "-", base) || isSymbol(index, "+", base)
            else {
                return nil
            }
            index += 1
        }
        return nil
    }

    private func isSymbol(_ index: Int, _ symbol: Unicode.Scalar, _ base: UnsafePointer<UInt8>) -> Bool {
        index < all.count && all[index].kind == .symbol && base[all[index].start] == UInt8(ascii: symbol)
    }

    private func isWord(_ index: Int, _ word: String, _ base: UnsafePointer<UInt8>) -> Bool {
        guard all[index].kind == .word else { return false }
        let bytes = UnsafeBufferPointer(start: base + all[index].start, count: all[index].end - all[index].start)
        return bytes.lazy.map { $0 | 0x20 }.elementsEqual(word.utf8)
    }

    // MARK: Text

    func text(_ base: UnsafePointer<UInt8>, collapsesLists: Bool) -> String {
        let pieces = collapsesLists ? collapsingLists(base) : all.map(Piece.item)
        var result: [UInt8] = []
        var last: ShapeScanner.Item?
        for piece in pieces {
            switch piece {
            case .list:
                result.append(contentsOf: " (…)".utf8)
                last = nil
            case .item(let item):
                if !result.isEmpty, needsBlank(last, item, base) { result.append(UInt8(ascii: " ")) }
                if item.kind.isLiteral {
                    result.append(UInt8(ascii: "?"))
                } else {
                    result.append(
                        contentsOf: UnsafeBufferPointer(start: base + item.start, count: item.end - item.start))
                }
                last = item
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// A blank stands where one or more stood, and around operators that touched; none around parentheses, commas and
    /// dots but where punctuation asks for it.
    private func needsBlank(
        _ last: ShapeScanner.Item?, _ item: ShapeScanner.Item, _ base: UnsafePointer<UInt8>
    ) -> Bool {
        let next = item.kind == .symbol ? base[item.start] : 0
        if next == UInt8(ascii: ",") || next == UInt8(ascii: ")") || next == UInt8(ascii: ".") { return false }
        guard let last else { return true }
        let previous = last.kind == .symbol ? base[last.start] : 0
        if previous == UInt8(ascii: "(") || previous == UInt8(ascii: ".") { return false }
        if previous == UInt8(ascii: ",") { return true }
        let touches = last.end == item.start
        if next == UInt8(ascii: "(") { return !touches }
        // Characters of one operator.
        let isOperator = next != 0 && previous != 0 && previous != UInt8(ascii: ")") && next != UInt8(ascii: ";")
        return !(isOperator && touches)
    }
}

extension ShapeScanner.Kind {
    var isLiteral: Bool { literalKind != nil }

    @inline(__always)
    var literalKind: FoldedLiteral.Kind? {
        switch self {
        case .integer: .integer
        case .real: .real
        case .string: .string
        case .escapeString: .escapeString
        case .dollarString: .dollarString
        case .unicodeString: .unicodeString
        case .nationalString: .nationalString
        case .blob: .blob
        case .bits: .bits
        case .end, .word, .quotedName, .parameter, .symbol, .hint, .invalid: nil
        }
    }
}
