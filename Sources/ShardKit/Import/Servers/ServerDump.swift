import ShardBase
import ShardSQL

/// A dump as pg_dump and psql write it, in pieces: statements, and the rows that stand behind `COPY … FROM stdin;`.
///
/// psql's own commands (lines that begin with a backslash) are left out.
struct ServerDump {
    enum Piece {
        /// Without the comments before it.
        case statement(String)
        /// Whole lines in the text form of COPY, for the statement before.
        case lines([UInt8])
        case endOfLines
    }

    private let chunks: FileChunks
    private let name: String
    private var bytes: [UInt8] = []
    /// Where what was not given out yet begins.
    private var start = 0
    private var isAtEnd = false
    private var isInLines = false
    /// Statements found behind `start`, which none with rows is among but for the last.
    private var found: ArraySlice<Range<Int>> = []
    /// The line of the file at `start`, from 1.
    private var line = 1
    /// That in which the last statement begins, without the comments before it.
    private(set) var statementLine = 1

    /// What is looked through for statements at a time; COPY's rows, which are none, begin anywhere.
    private static let window = 1 << 16

    init(_ chunks: FileChunks, name: String) throws(ShardError) {
        self.chunks = chunks
        self.name = name
        try fill(3)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { start = 3 }
    }

    var fraction: Double? { chunks.fraction }

    /// The next piece; nil at the end.
    mutating func next() throws(ShardError) -> Piece? {
        if isInLines { return try nextLines() }
        while true {
            if let range = found.popFirst() {
                move(to: range.lowerBound)
                guard let text = String(validating: bytes[range], as: UTF8.self) else {
                    throw ShardError(.input, "\(name), line \(line): the text is not in UTF-8")
                }
                let plain = Self.withoutComments(text)
                move(to: range.upperBound - plain.utf8.count)
                if plain.first == "\\" {
                    // The command ends with its line.
                    found = []
                    try skipLine()
                    continue
                }
                statementLine = line
                move(to: range.upperBound)
                if Self.takesLines(plain) {
                    found = []
                    try skipLine()
                    isInLines = true
                }
                return .statement(plain)
            }
            guard try search() else { return nil }
        }
    }

    // MARK: Statements

    /// Finds the statements that begin at `start`; false at the end of the file.
    private mutating func search() throws(ShardError) -> Bool {
        var wanted = Self.window
        while true {
            try fill(wanted)
            let end = min(bytes.count, start + wanted)
            let isWhole = isAtEnd && end == bytes.count
            // A character that is cut is behind the last whole statement anyway.
            let text = String(decoding: bytes[start..<end], as: UTF8.self)
            guard text.utf8.count == end - start || isWhole else {
                wanted += 1
                continue
            }
            let pieces = Parser.split(text, dialect: .postgresql)
            if pieces.isEmpty, isWhole {
                start = bytes.count
                return false
            }
            for piece in isWhole ? pieces[...] : pieces.dropLast() {
                let lower = start + text.utf8.distance(from: text.startIndex, to: piece.lowerBound)
                let upper = start + text.utf8.distance(from: text.startIndex, to: piece.upperBound)
                found.append(lower..<upper)
                let plain = Self.withoutComments(String(text[piece]))
                // What is behind these was read as what it is not.
                if plain.first == "\\" || Self.takesLines(plain) { break }
            }
            if !found.isEmpty { return true }
            wanted *= 2
        }
    }

    private mutating func fill(_ wanted: Int) throws(ShardError) {
        if start > 1 << 20 {
            bytes.removeFirst(start)
            start = 0
        }
        while bytes.count - start < wanted, !isAtEnd {
            guard let chunk = try chunks.next() else {
                isAtEnd = true
                return
            }
            bytes += chunk
        }
    }

    private mutating func move(to index: Int) {
        line += bytes[start..<index].count { $0 == 0x0A }
        start = index
    }

    private mutating func skipLine() throws(ShardError) {
        while true {
            if let end = bytes[start...].firstIndex(of: 0x0A) { return move(to: end + 1) }
            guard !isAtEnd else { return move(to: bytes.count) }
            try fill(bytes.count - start + 1)
        }
    }

    private static func takesLines(_ plain: String) -> Bool {
        let words = plain.prefix(2_000).lowercased().split(whereSeparator: \.isWhitespace)
        guard words.first == "copy", let from = words.lastIndex(of: "from"), words.indices.contains(from + 1) else {
            return false
        }
        return words[from + 1].hasPrefix("stdin")
    }

    private static func withoutComments(_ text: String) -> String {
        var rest = text[...]
        while true {
            rest = rest.drop { $0.isWhitespace }
            if rest.hasPrefix("--") {
                rest = rest.drop { !$0.isNewline }
            } else if rest.hasPrefix("/*") {
                guard let end = rest.firstRange(of: "*/") else { return "" }
                rest = rest[end.upperBound...]
            } else {
                return String(rest)
            }
        }
    }

    // MARK: Rows

    private mutating func nextLines() throws(ShardError) -> Piece {
        try fill(1 << 18)
        var end = start
        while let newline = bytes[end...].firstIndex(of: 0x0A) {
            var text = bytes[end..<newline]
            if text.last == 0x0D { text.removeLast() }
            if text.elementsEqual([0x5C, UInt8(ascii: ".")]) {
                if end > start { break }
                move(to: newline + 1)
                isInLines = false
                return .endOfLines
            }
            end = newline + 1
        }
        guard end > start else {
            guard !isAtEnd else { throw ShardError(.input, "\(name), line \(line): the rows of COPY have no end") }
            try fill(bytes.count - start + 1)
            return .lines([])
        }
        let lines = Array(bytes[start..<end])
        move(to: end)
        return .lines(lines)
    }
}
