import ShardBase

/// Reads CSV (RFC 4180) record by record: quoted fields may hold separators, line breaks and doubled quotes. Holds one
/// chunk of the text and one record.
struct CSVReader {
    /// A field, and whether it was quoted: an empty field that was not is NULL.
    struct Field: Equatable {
        var text: [UInt8]
        var isQuoted: Bool
    }

    /// Gives the next bytes; nil at the end.
    private let more: () throws(ShardError) -> [UInt8]?
    private var bytes: [UInt8] = []
    private var at = 0
    private let separator: UInt8
    /// The line of the next record, from 1.
    private(set) var line = 1

    init(
        separator: UInt8 = UInt8(ascii: ","), _ more: @escaping () throws(ShardError) -> [UInt8]?
    ) throws(ShardError) {
        self.more = more
        self.separator = separator
        // A byte order mark says nothing here.
        for byte: UInt8 in [0xEF, 0xBB, 0xBF] {
            guard try peek() == byte else { break }
            at += 1
        }
    }

    /// The next byte; nil at the end.
    private mutating func peek() throws(ShardError) -> UInt8? {
        if at < bytes.count { return bytes[at] }
        guard let next = try more() else { return nil }
        bytes = next
        at = 0
        return next.first
    }

    /// The next record; nil at the end. Empty lines are passed over.
    ///
    /// - Throws: ``ShardError`` with code `.input` for a quoted field that has no end or goes on behind its quote.
    mutating func next() throws(ShardError) -> [Field]? {
        while let byte = try peek(), byte == 0x0A || byte == 0x0D {
            if byte == 0x0A { line += 1 }
            at += 1
        }
        guard try peek() != nil else { return nil }
        var record: [Field] = []
        while true {
            record.append(try field())
            guard try peek() == separator else { break }
            at += 1
        }
        if try peek() == 0x0D { at += 1 }
        if try peek() == 0x0A { at += 1 }
        line += 1
        return record
    }

    private mutating func field() throws(ShardError) -> Field {
        guard try peek() == UInt8(ascii: "\"") else { return Field(text: try bare(), isQuoted: false) }
        at += 1
        let text = try quoted()
        if let byte = try peek(), byte != separator, byte != 0x0A, byte != 0x0D {
            throw ShardError(.input, "something stands behind a field's closing quote in line \(line)")
        }
        return Field(text: text, isQuoted: true)
    }

    /// Up to a separator or the line's end.
    private mutating func bare() throws(ShardError) -> [UInt8] {
        var text: [UInt8] = []
        while try peek() != nil {
            let start = at
            while at < bytes.count, bytes[at] != separator, bytes[at] != 0x0A, bytes[at] != 0x0D { at += 1 }
            text += bytes[start..<at]
            if at < bytes.count { break }
        }
        return text
    }

    /// Up to the closing quote; doubled quotes stand for one.
    private mutating func quoted() throws(ShardError) -> [UInt8] {
        let quote = UInt8(ascii: "\"")
        let begun = line
        var text: [UInt8] = []
        while let byte = try peek() {
            at += 1
            if byte == 0x0A { line += 1 }
            if byte != quote {
                text.append(byte)
            } else if try peek() == quote {
                text.append(quote)
                at += 1
            } else {
                return text
            }
        }
        throw ShardError(.input, "the quoted field that begins in line \(begun) has no end")
    }
}
