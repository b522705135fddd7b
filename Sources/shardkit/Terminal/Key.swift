/// One thing typed.
enum Key: Equatable {
    case character(Character)
    case enter, tab, backspace, delete, left, right, up, down, home, end, wordLeft, wordRight, escape
    /// A letter with Ctrl, as its lower-case letter.
    case control(Character)
    case endOfInput
}

/// Makes keys of a terminal's bytes.
struct KeyDecoder {
    private let readByte: () -> UInt8?

    /// - Parameter readByte: the next byte, waiting for it; nil at the end of the input.
    init(readByte: @escaping () -> UInt8?) { self.readByte = readByte }

    func next() -> Key {
        guard let byte = readByte() else { return .endOfInput }
        switch byte {
        case 0x0D, 0x0A: return .enter
        case 0x09: return .tab
        case 0x7F, 0x08: return .backspace
        case 0x1B: return escape()
        case 0x01...0x1A: return .control(Character(UnicodeScalar(byte + 0x60)))
        case 0..<0x20: return .escape
        case 0..<0x80: return .character(Character(UnicodeScalar(byte)))
        default: return multibyte(byte)
        }
    }

    private func multibyte(_ first: UInt8) -> Key {
        let count = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        var bytes = [first]
        while bytes.count < count, let byte = readByte() { bytes.append(byte) }
        return .character(String(decoding: bytes, as: UTF8.self).first ?? "?")
    }

    private func escape() -> Key {
        guard let second = readByte() else { return .escape }
        switch second {
        case UInt8(ascii: "b"): return .wordLeft
        case UInt8(ascii: "f"): return .wordRight
        case UInt8(ascii: "["), UInt8(ascii: "O"): break
        default: return .escape
        }
        var parameters = ""
        while let byte = readByte() {
            if byte >= 0x40 { return Self.key(final: byte, parameters: parameters) }
            parameters.append(Character(UnicodeScalar(byte)))
        }
        return .escape
    }

    private static func key(final: UInt8, parameters: String) -> Key {
        let isWord = parameters.hasSuffix(";5") || parameters.hasSuffix(";3")
        switch final {
        case UInt8(ascii: "A"): return .up
        case UInt8(ascii: "B"): return .down
        case UInt8(ascii: "C"): return isWord ? .wordRight : .right
        case UInt8(ascii: "D"): return isWord ? .wordLeft : .left
        case UInt8(ascii: "H"): return .home
        case UInt8(ascii: "F"): return .end
        case UInt8(ascii: "~"):
            switch parameters {
            case "1", "7": return .home
            case "4", "8": return .end
            case "3": return .delete
            default: return .escape
            }
        default: return .escape
        }
    }
}
