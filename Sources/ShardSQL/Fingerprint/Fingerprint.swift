/// A hash of a statement's shape: its tokens, with literals folded to their kinds. The key of plan caches and
/// statistics.
///
/// One pass over the text, without a tree and without allocation (the scratch is reused). Two texts have one shape
/// when they differ only in blanks, comments, the case of bare words, and the values of literals. Signs, NULL, TRUE,
/// names in quotes, parameters and hint comments are part of the shape.
///
/// A hash can collide, by chance or on purpose, so a cache calls `matches(_:_:dialect:options:)` on every hit. A
/// shape says nothing of result column names: they may be the text itself (`SELECT a+1`), whose blanks and literals
/// the shape forgets, and `AS Total` has the shape of `AS total` unless ``Options/foldsCase`` is off.
public enum Fingerprint {
    public struct Options: Sendable, Hashable {
        /// Whether bare words compare without regard to ASCII case. Default: true.
        public var foldsCase: Bool
        /// Whether IN lists and VALUES rows of literals and parameters only count as one, whatever their length: for
        /// statistics, never for plans. Default: false. Takes an allocation.
        public var collapsesLists: Bool
        /// Default: drawn at random once per process, so that clients cannot prepare collisions.
        public var seed: UInt64

        public init(foldsCase: Bool = true, collapsesLists: Bool = false, seed: UInt64 = Fingerprint.processSeed) {
            self.foldsCase = foldsCase
            self.collapsesLists = collapsesLists
            self.seed = seed
        }
    }

    public static let processSeed = UInt64.random(in: .min ... .max)
    /// For hashes that outlive a process (statistics, reports).
    public static let stableSeed: UInt64 = 0x5AD_CAFE_F00D

    /// The shape's hash; the literals are left in `scratch`, in the order of the text. Nil where the text is not made
    /// of the dialect's tokens: parsing tells why. O(length), about a nanosecond a byte.
    public static func of(
        _ bytes: UnsafeBufferPointer<UInt8>, dialect: Dialect, options: Options = Options(),
        into scratch: inout FingerprintScratch
    ) -> UInt64? {
        scratch.reset()
        guard let scanner = ShapeScanner(bytes, dialect: dialect) else { return nil }
        if options.collapsesLists { return collapsed(scanner, options, &scratch) }
        return hash(scanner, options, &scratch)
    }

    /// The same for a text; its UTF-8 bytes are what the literals' places count.
    public static func of(
        _ text: String, dialect: Dialect, options: Options = Options(), into scratch: inout FingerprintScratch
    ) -> UInt64? {
        var text = text
        return text.withUTF8 { of($0, dialect: dialect, options: options, into: &scratch) }
    }

    private static func hash(
        _ scanner: consuming ShapeScanner, _ options: Options, _ scratch: inout FingerprintScratch
    ) -> UInt64? {
        var scanner = scanner
        var hasher = ShapeHasher(scanner, options)
        while true {
            let item = scanner.next()
            switch item.kind {
            case .word: hasher.word(item.start, item.end)
            case .symbol: hasher.symbol(scanner.base[item.start])
            case .integer, .real, .string, .escapeString, .dollarString, .unicodeString, .nationalString, .blob, .bits:
                hasher.literal(item.kind)
                scratch.append(item)
            case .parameter, .quotedName: hasher.exact(item.start, item.end)
            case .hint:
                hasher.exact(item.start, item.end)
                scratch.hasHints = true
            case .end: return hasher.finished
            case .invalid: return nil
            }
        }
    }

    /// Whether two texts have the same shape, token by token: what a cache checks on a hit, the hash being equal. Stops
    /// at the first difference; no allocation. Texts with invalid tokens match nothing. `collapsesLists` is not
    /// considered: lists must have the same length.
    public static func matches(
        _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>, dialect: Dialect,
        options: Options = Options()
    ) -> Bool {
        guard var first = ShapeScanner(left, dialect: dialect) else { return false }
        guard var second = ShapeScanner(right, dialect: dialect) else { return false }
        var firstEnd = 0
        var secondEnd = 0
        while true {
            let one = first.next()
            let other = second.next()
            guard one.kind == other.kind else { return false }
            switch one.kind {
            case .end: return true
            case .invalid: return false
            case .integer, .real, .string, .escapeString, .dollarString, .unicodeString, .nationalString, .blob, .bits:
                break
            case .word:
                guard sameWord(first.base, one, second.base, other, options.foldsCase) else { return false }
            case .parameter, .quotedName, .hint:
                guard sameWord(first.base, one, second.base, other, false) else { return false }
            case .symbol:
                // `- >` is not `->`: characters must touch in both texts or in neither.
                guard first.base[one.start] == second.base[other.start] else { return false }
                guard (one.start == firstEnd) == (other.start == secondEnd) || !touchesMatter(first, one, firstEnd)
                else { return false }
            }
            firstEnd = one.end
            secondEnd = other.end
        }
    }

    /// The same for texts.
    public static func matches(
        _ left: String, _ right: String, dialect: Dialect, options: Options = Options()
    ) -> Bool {
        var left = left
        var right = right
        return left.withUTF8 { one in
            right.withUTF8 { matches(one, $0, dialect: dialect, options: options) }
        }
    }

    /// Whether it matters if a symbol touches what stands before it: two operator characters in a row may be one
    /// operator. The character before is the same in both texts, so one of them answers for both.
    private static func touchesMatter(_ scanner: ShapeScanner, _ item: ShapeScanner.Item, _ end: Int) -> Bool {
        guard end > 0 else { return false }
        return isOperator(scanner.base[item.start]) && isOperator(scanner.base[end - 1])
    }

    private static func isOperator(_ byte: UInt8) -> Bool {
        switch byte {
        case 126, 33, 64, 35, 94, 38, 124, 96, 63, 43, 45, 42, 47, 37, 60, 62, 61, 58: true
        default: false
        }
    }

    private static func sameWord(
        _ left: UnsafePointer<UInt8>, _ one: ShapeScanner.Item, _ right: UnsafePointer<UInt8>,
        _ other: ShapeScanner.Item, _ folds: Bool
    ) -> Bool {
        let length = one.end - one.start
        guard length == other.end - other.start else { return false }
        for index in 0..<length {
            let a = left[one.start + index]
            let b = right[other.start + index]
            if a == b { continue }
            guard folds, a ^ b == 0x20, (a | 0x20) &- 97 < 26 else { return false }
        }
        return true
    }

    // MARK: For statistics

    private static func collapsed(
        _ scanner: ShapeScanner, _ options: Options, _ scratch: inout FingerprintScratch
    ) -> UInt64? {
        guard let items = ShapeItems(scanner) else { return nil }
        var hasher = ShapeHasher(scanner, options)
        for item in items.all {
            if item.kind.isLiteral { scratch.append(item) }
            if item.kind == .hint { scratch.hasHints = true }
        }
        for piece in items.collapsingLists(scanner.base) {
            switch piece {
            case .list: hasher.list()
            case .item(let item):
                if item.kind.isLiteral {
                    hasher.literal(item.kind)
                } else if item.kind == .word {
                    hasher.word(item.start, item.end)
                } else if item.kind == .symbol {
                    hasher.symbol(scanner.base[item.start])
                } else {
                    hasher.exact(item.start, item.end)
                }
            }
        }
        return hasher.finished
    }

    /// The text with literals as `?`, single blanks and without comments, for people: `SELECT a FROM t WHERE id = ?`.
    /// Words keep their case. With ``Options/collapsesLists``, lists of literals are `(…)`. Nil for invalid tokens.
    public static func normalizedText(
        _ text: String, dialect: Dialect, options: Options = Options()
    ) -> String? {
        var text = text
        return text.withUTF8 { bytes in
            guard let scanner = ShapeScanner(bytes, dialect: dialect), let items = ShapeItems(scanner) else {
                return nil
            }
            return items.text(scanner.base, collapsesLists: options.collapsesLists)
        }
    }
}

/// What a fingerprint leaves behind, reused from statement to statement.
public struct FingerprintScratch: Sendable {
    /// The folded literals in the order of the text.
    public internal(set) var literals: [FoldedLiteral] = []
    /// Whether the text has a hint comment (`/*+ … */`).
    public internal(set) var hasHints = false

    public init() { literals.reserveCapacity(16) }

    @inline(__always)
    mutating func reset() {
        literals.removeAll(keepingCapacity: true)
        hasHints = false
    }

    @inline(__always)
    mutating func append(_ item: ShapeScanner.Item) {
        guard let kind = item.kind.literalKind else { return }
        literals.append(
            FoldedLiteral(
                kind: kind, start: Int32(truncatingIfNeeded: item.start), end: Int32(truncatingIfNeeded: item.end)))
    }
}
