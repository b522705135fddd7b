#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Reads lines from a person at a terminal: arrows, Home and End, Ctrl-A E K U W Y L, history with Up, Down and Ctrl-R,
/// completion with Tab. A line longer than the terminal is wide scrolls sideways.
struct LineEditor {
    enum Input: Equatable {
        case line(String)
        /// Ctrl-C: what was typed is thrown away.
        case interrupted
        /// Ctrl-D on an empty line, or the terminal is gone.
        case end
    }

    var history: History
    /// The words that a beginning can become.
    private let completions: (String) -> [String]
    private let keys: KeyDecoder
    private let write: (String) -> Void
    private let columns: () -> Int

    init(
        history: History, keys: KeyDecoder, columns: @escaping () -> Int, write: @escaping (String) -> Void,
        completions: @escaping (String) -> [String]
    ) {
        self.history = history
        self.keys = keys
        self.columns = columns
        self.write = write
        self.completions = completions
    }

    /// One line; the terminal has to be in raw mode.
    mutating func readLine(prompt: String) -> Input {
        var buffer = EditBuffer()
        var position = history.entries.count
        var draft = ""
        draw(buffer, prompt)
        while true {
            switch keys.next() {
            case .character(let character): buffer.insert(CollectionOfOne(character))
            case .enter:
                buffer.moveEnd()
                draw(buffer, prompt)
                write("\r\n")
                return .line(buffer.text)
            case .backspace, .control("h"): buffer.deleteBackward()
            case .delete: buffer.deleteForward()
            case .left, .control("b"): buffer.moveLeft()
            case .right, .control("f"): buffer.moveRight()
            case .wordLeft: buffer.moveWordLeft()
            case .wordRight: buffer.moveWordRight()
            case .home, .control("a"): buffer.moveHome()
            case .end, .control("e"): buffer.moveEnd()
            case .control("k"): buffer.cutToEnd()
            case .control("u"): buffer.cutToStart()
            case .control("w"): buffer.cutWord()
            case .control("y"): buffer.paste()
            case .control("l"): write("\u{1B}[H\u{1B}[2J")
            case .control("c"):
                write("^C\r\n")
                return .interrupted
            case .control("d"):
                if buffer.characters.isEmpty {
                    write("\r\n")
                    return .end
                }
                buffer.deleteForward()
            case .control("r"): search(&buffer, &position)
            case .up, .control("p"):
                guard position > 0 else { continue }
                if position == history.entries.count { draft = buffer.text }
                position -= 1
                buffer = EditBuffer(history.entries[position])
            case .down, .control("n"):
                guard position < history.entries.count else { continue }
                position += 1
                buffer = EditBuffer(position == history.entries.count ? draft : history.entries[position])
            case .tab: complete(&buffer)
            case .endOfInput: return .end
            case .control, .escape: continue
            }
            draw(buffer, prompt)
        }
    }

    /// Ctrl-R: each letter narrows the search, Ctrl-R goes on to older entries, Ctrl-G and Escape give up.
    private func search(_ buffer: inout EditBuffer, _ position: inout Int) {
        var wanted = ""
        var found: Int?
        let before = buffer
        while true {
            let shown = found.map { history.entries[$0] } ?? ""
            draw(EditBuffer(shown), "(search) \(wanted): ")
            switch keys.next() {
            case .character(let character):
                wanted.append(character)
                found = history.find(wanted, before: (found ?? history.entries.count - 1) + 1)
            case .backspace:
                if !wanted.isEmpty { wanted.removeLast() }
                found = history.find(wanted, before: history.entries.count)
            case .control("r"): found = history.find(wanted, before: found ?? history.entries.count) ?? found
            case .control("c"), .control("g"), .escape, .endOfInput:
                buffer = before
                return
            case .enter, .tab, .delete, .left, .right, .up, .down, .home, .end, .wordLeft, .wordRight, .control:
                if let found {
                    position = found
                    buffer = EditBuffer(history.entries[found])
                }
                return
            }
        }
    }

    private func complete(_ buffer: inout EditBuffer) {
        let word = buffer.wordBeforeCursor
        guard !word.isEmpty else {
            buffer.insert("    ")
            return
        }
        let candidates = completions(word)
        guard let first = candidates.first else { return }
        if candidates.count == 1 {
            buffer.replaceWord(with: first + " ")
            return
        }
        var common = first
        for candidate in candidates { common = Self.commonPrefix(common, candidate) }
        if common.count > word.count {
            buffer.replaceWord(with: common)
        } else {
            write("\r\n" + Self.listed(candidates, width: columns()) + "\r\n")
        }
    }

    static func commonPrefix(_ a: String, _ b: String) -> String {
        String(zip(a, b).prefix { $0.lowercased() == $1.lowercased() }.map(\.0))
    }

    private static func listed(_ words: [String], width: Int) -> String {
        var lines: [String] = []
        var line = ""
        for word in words.prefix(100) {
            if !line.isEmpty, line.count + word.count + 2 > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? word : "  " + word
        }
        lines.append(line)
        return lines.joined(separator: "\r\n")
    }

    /// Draws the part of the line around the cursor that fits.
    private func draw(_ buffer: EditBuffer, _ prompt: String) {
        let room = max(columns() - DisplayWidth.of(prompt) - 1, 10)
        let widths = buffer.characters.map { DisplayWidth.of($0) }
        var start = 0
        while widths[start..<buffer.cursor].reduce(0, +) > room { start += 1 }
        var end = start
        var used = 0
        while end < widths.count, used + widths[end] <= room {
            used += widths[end]
            end += 1
        }
        let back = widths[buffer.cursor..<end].reduce(0, +)
        let text = String(buffer.characters[start..<end])
        write("\r\u{1B}[K" + prompt + text + (back > 0 ? "\u{1B}[\(back)D" : ""))
    }
}
