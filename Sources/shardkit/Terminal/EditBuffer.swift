/// A line being edited: its characters, the cursor between them, and what was last cut. Pure: keys in, text out.
struct EditBuffer: Equatable {
    private(set) var characters: [Character] = []
    private(set) var cursor = 0
    private(set) var cut: [Character] = []

    init(_ text: String = "") {
        characters = Array(text)
        cursor = characters.count
    }

    var text: String { String(characters) }

    mutating func insert(_ text: some Sequence<Character>) {
        let new = Array(text)
        characters.insert(contentsOf: new, at: cursor)
        cursor += new.count
    }

    mutating func moveLeft() { cursor = max(0, cursor - 1) }
    mutating func moveRight() { cursor = min(characters.count, cursor + 1) }
    mutating func moveHome() { cursor = 0 }
    mutating func moveEnd() { cursor = characters.count }
    mutating func moveWordLeft() { cursor = wordStart }
    mutating func moveWordRight() {
        while cursor < characters.count, !Self.isWord(characters[cursor]) { cursor += 1 }
        while cursor < characters.count, Self.isWord(characters[cursor]) { cursor += 1 }
    }

    mutating func deleteBackward() {
        guard cursor > 0 else { return }
        cursor -= 1
        characters.remove(at: cursor)
    }
    mutating func deleteForward() {
        guard cursor < characters.count else { return }
        characters.remove(at: cursor)
    }
    mutating func cutToEnd() {
        cut = Array(characters[cursor...])
        characters.removeSubrange(cursor...)
    }
    mutating func cutToStart() {
        cut = Array(characters[..<cursor])
        characters.removeSubrange(..<cursor)
        cursor = 0
    }
    mutating func cutWord() {
        let start = blankSeparatedStart
        cut = Array(characters[start..<cursor])
        characters.removeSubrange(start..<cursor)
        cursor = start
    }
    mutating func paste() { insert(cut) }

    /// The word left of the cursor, for completion.
    var wordBeforeCursor: String { String(characters[completionStart..<cursor]) }

    /// Puts another word in the place of the one left of the cursor.
    mutating func replaceWord(with word: String) {
        let start = completionStart
        characters.replaceSubrange(start..<cursor, with: Array(word))
        cursor = start + word.count
    }

    private var completionStart: Int {
        var start = cursor
        while start > 0, Self.isWord(characters[start - 1]) || characters[start - 1] == "\\" { start -= 1 }
        return start
    }
    private var wordStart: Int {
        var start = cursor
        while start > 0, !Self.isWord(characters[start - 1]) { start -= 1 }
        while start > 0, Self.isWord(characters[start - 1]) { start -= 1 }
        return start
    }
    private var blankSeparatedStart: Int {
        var start = cursor
        while start > 0, characters[start - 1] == " " { start -= 1 }
        while start > 0, characters[start - 1] != " " { start -= 1 }
        return start
    }
    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }
}
