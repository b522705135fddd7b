import ShardBase

/// Reads CSV (RFC 4180) record by record: quoted fields may hold separators, line breaks and doubled quotes.
struct CSVReader {
    /// A field, and whether it was quoted: an empty field that was not is NULL.
    struct Field: Equatable {
        var text: [UInt8]
        var isQuoted: Bool
    }

    private let bytes: [UInt8]
    private var at = 0
    private let separator: UInt8
    /// The line of the next record, from 1.
    private(set) var line = 1

    init(_ bytes: [UInt8], separator: UInt8 = UInt8(ascii: ",")) {
        self.bytes = bytes
        self.separator = separator
        // A byte order mark says nothing here.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    }

    /// The next record; nil at the end. Empty lines are passed over.
    ///
    /// - Throws: ``ShardError`` with code `.input` for a quoted field that has no end or goes on behind its quote.
    mutating func next() throws(ShardError) -> [Field]? {
        while at < bytes.count, bytes[at] == 0x0A || bytes[at] == 0x0D {
            if bytes[at] == 0x0A { line += 1 }
            at += 1
        }
        guard at < bytes.count else { return nil }
        var record: [Field] = []
        while true {
            record.append(try field())
            guard at < bytes.count, bytes[at] == separator else { break }
            at += 1
        }
        if at < bytes.count, bytes[at] == 0x0D { at += 1 }
        if at < bytes.count, bytes[at] == 0x0A { at += 1 }
        line += 1
        return record
    }

    private mutating func field() throws(ShardError) -> Field {
        let quote = UInt8(ascii: "\"")
        guard at < bytes.count, bytes[at] == quote else {
            let start = at
            while at < bytes.count, bytes[at] != separator, bytes[at] != 0x0A, bytes[at] != 0x0D { at += 1 }
            return Field(text: Array(bytes[start..<at]), isQuoted: false)
        }
        let begun = line
        at += 1
        var text: [UInt8] = []
        while true {
            guard at < bytes.count else {
                throw ShardError(.input, "the quoted field that begins in line \(begun) has no end")
            }
            let byte = bytes[at]
            at += 1
            if byte == 0x0A { line += 1 }
            if byte != quote {
                text.append(byte)
            } else if at < bytes.count, bytes[at] == quote {
                text.append(quote)
                at += 1
            } else {
                break
            }
        }
        guard at >= bytes.count || bytes[at] == separator || bytes[at] == 0x0A || bytes[at] == 0x0D else {
            throw ShardError(.input, "something stands behind a field's closing quote in line \(line)")
        }
        return Field(text: text, isQuoted: true)
    }
}
