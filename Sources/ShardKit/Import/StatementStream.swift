import ShardBase
import ShardSQL

/// The statements of a long text, one after another, while it is read.
///
/// All pieces of what was read but the last are whole, since a semicolon follows them; the last waits for more. Where
/// nothing is whole yet, as much again is read before the next look, so that a long statement costs linear time.
struct StatementStream {
    struct Statement {
        var text: Substring
        /// The line of the file in which it begins, from 1.
        var line: Int
    }

    private let chunks: FileChunks
    private let name: String
    private var text = ""
    /// The statements of `text` that are whole.
    private var pieces: ArraySlice<Range<String.Index>> = []
    /// Where the last piece begins, which is not whole.
    private var rest: String.Index
    /// The first bytes of a character whose last ones were not read yet.
    private var cut: [UInt8] = []
    private var isAtEnd = false
    /// Where lines were counted up to, and the line there.
    private var counted: String.Index
    private var line = 1

    init(_ chunks: FileChunks, name: String) {
        self.chunks = chunks
        self.name = name
        rest = text.startIndex
        counted = text.startIndex
    }

    /// The next statement; nil at the end.
    ///
    /// - Throws: `.input` for what is no text in UTF-8.
    mutating func next() throws(ShardError) -> Statement? {
        while pieces.isEmpty {
            guard !isAtEnd else { return nil }
            try read()
        }
        let piece = pieces.removeFirst()
        count(to: piece.lowerBound)
        return Statement(text: text[piece], line: line)
    }

    private mutating func count(to index: String.Index) {
        line += text.utf8[counted..<index].count { $0 == 0x0A }
        counted = index
    }

    /// Reads at least as much as is waiting, and finds the statements in it.
    private mutating func read() throws(ShardError) {
        count(to: rest)
        let waiting = text.utf8[rest...].count
        var bytes = cut
        repeat {
            guard let chunk = try chunks.next() else {
                isAtEnd = true
                break
            }
            bytes += chunk
        } while bytes.count < waiting
        cut = isAtEnd ? [] : Self.takeCutCharacter(&bytes)
        guard let added = String(validating: bytes, as: UTF8.self) else {
            throw ShardError(.input, "\(name) is neither an SQLite database nor SQL text in UTF-8")
        }
        text = String(text[rest...]) + added
        counted = text.startIndex
        let found = Parser.split(text, dialect: .sqlite)
        pieces = isAtEnd ? found[...] : found.dropLast()
        // Where there is no piece at all, this may be the beginning of a comment.
        rest = isAtEnd ? text.endIndex : found.last?.lowerBound ?? text.startIndex
    }

    /// Takes off the first bytes of a character that goes on behind the end.
    private static func takeCutCharacter(_ bytes: inout [UInt8]) -> [UInt8] {
        var start = bytes.count
        while start > 0, bytes.count - start < 3, bytes[start - 1] & 0xC0 == 0x80 { start -= 1 }
        guard start > 0 else { return [] }
        let lead = bytes[start - 1]
        let length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        guard bytes.count - (start - 1) < length else { return [] }
        let cut = Array(bytes[(start - 1)...])
        bytes.removeSubrange((start - 1)...)
        return cut
    }
}
