/// Rows as COPY writes them in its text form: fields by tabs, rows by line feeds, `\\N` for NULL, backslashes before what would
/// be mistaken for these.
enum CopyLines {
    /// Gives each line's range, its end included.
    static func forEachLine(_ lines: [UInt8], _ body: (Range<Int>) throws -> Void) rethrows {
        var start = 0
        while start < lines.count {
            let end = lines[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? lines.count
            try body(start..<end)
            start = end
        }
    }

    /// The fields at some places of a line, in the order of `places`, which ascend; nil for NULL.
    static func fields(_ places: [Int], of lines: [UInt8], _ line: Range<Int>) -> [String?]? {
        var result: [String?] = []
        var wanted = places.makeIterator()
        guard var next = wanted.next() else { return result }
        var number = 0
        var start = line.lowerBound
        var index = start
        while true {
            let isEnd = index == line.upperBound || lines[index] == 0x0A
            if isEnd || lines[index] == 0x09 {
                if number == next {
                    result.append(value(lines[start..<index]))
                    guard let further = wanted.next() else { return result }
                    next = further
                }
                if isEnd { return nil }
                number += 1
                start = index + 1
            }
            index += 1
        }
    }

    private static func value(_ field: ArraySlice<UInt8>) -> String? {
        guard field.contains(0x5C) else { return String(decoding: field, as: UTF8.self) }
        if field.elementsEqual([0x5C, UInt8(ascii: "N")]) { return nil }
        var bytes: [UInt8] = []
        var isEscaped = false
        for byte in field {
            guard isEscaped else {
                if byte == 0x5C { isEscaped = true } else { bytes.append(byte) }
                continue
            }
            isEscaped = false
            switch byte {
            case UInt8(ascii: "b"): bytes.append(0x08)
            case UInt8(ascii: "f"): bytes.append(0x0C)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "v"): bytes.append(0x0B)
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
