import ShardKit

/// Writes JSON by hand into a byte buffer: exact integers, reals that read back as the same real and always look like
/// one, texts and blobs straight from a batch's bytes.
struct JSONWriter {
    var bytes: [UInt8] = []

    mutating func raw(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
    mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func null() { raw("null") }

    mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

    mutating func integer(_ value: Int64) {
        if value >= 0, value < 10 {
            bytes.append(0x30 + UInt8(value))
            return
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var rest = value.magnitude
            var start = digits.count
            repeat {
                start -= 1
                digits[start] = 0x30 + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            if value < 0 {
                start -= 1
                digits[start] = UInt8(ascii: "-")
            }
            bytes.append(contentsOf: digits[start...])
        }
    }

    /// The shortest digits that read back as the same real, with a point or an exponent; the infinities, which JSON does
    /// not have, as `{"real":"Infinity"}`.
    mutating func real(_ value: Double) {
        guard value.isFinite else {
            if value.isNaN {
                null()
            } else {
                raw(value < 0 ? "{\"real\":\"-Infinity\"}" : "{\"real\":\"Infinity\"}")
            }
            return
        }
        raw(value.description)
    }

    mutating func string(_ text: String) {
        var text = text
        text.withUTF8 { quoted($0) }
    }

    /// A text's bytes; `{"text":"<hex>"}` where they are not UTF-8.
    mutating func text(_ text: UnsafeBufferPointer<UInt8>) {
        if text.contains(where: { $0 >= 0x80 }), String(validating: text, as: UTF8.self) == nil {
            raw("{\"text\":\"")
            Hexadecimal.append(text, to: &bytes)
            raw("\"}")
        } else {
            quoted(text)
        }
    }

    mutating func blob(_ blob: UnsafeBufferPointer<UInt8>) {
        raw("{\"blob\":\"")
        Hexadecimal.append(blob, to: &bytes)
        raw("\"}")
    }

    private mutating func quoted(_ text: UnsafeBufferPointer<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        var start = 0
        for index in 0..<text.count {
            let byte = text[index]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            bytes.append(contentsOf: text[start..<index])
            start = index + 1
            switch byte {
            case UInt8(ascii: "\""): raw("\\\"")
            case UInt8(ascii: "\\"): raw("\\\\")
            case 0x08: raw("\\b")
            case 0x09: raw("\\t")
            case 0x0A: raw("\\n")
            case 0x0C: raw("\\f")
            case 0x0D: raw("\\r")
            default:
                raw("\\u00")
                Hexadecimal.append(CollectionOfOne(byte), to: &bytes)
            }
        }
        bytes.append(contentsOf: text[start...])
        bytes.append(UInt8(ascii: "\""))
    }

    // MARK: Answers

    mutating func cell(_ cell: Cell, in batch: borrowing RowBatch) {
        switch cell.kind {
        case .null: null()
        case .integer: integer(cell.integerValue)
        case .real: real(cell.realValue)
        case .text: batch.withBytes(of: cell) { text($0) }
        case .blob: batch.withBytes(of: cell) { blob($0) }
        }
    }

    /// A row as an array.
    mutating func row(_ row: Int, of batch: borrowing RowBatch) {
        bytes.append(UInt8(ascii: "["))
        for column in 0..<batch.columnCount {
            if column > 0 { bytes.append(UInt8(ascii: ",")) }
            cell(batch[row, column], in: batch)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    mutating func strings(_ texts: [String]) { list(texts) { $0.string($1) } }

    /// An array of anything.
    mutating func list<Element>(_ elements: [Element], _ write: (inout JSONWriter, Element) -> Void) {
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            write(&self, element)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// `{"code":…,"message":…,"hint":…}`; a refusal says so besides.
    mutating func error(_ error: ShardError) {
        raw("{\"code\":")
        string(error.code.rawValue)
        raw(",\"message\":")
        string(error.message)
        raw(",\"hint\":")
        if let hint = error.hint { string(hint) } else { null() }
        if let place = error.place {
            raw(",\"line\":\(place.line),\"column\":\(place.column)")
        }
        if let engineCode = error.engineCode {
            raw(",\"engineCode\":")
            string(engineCode)
        }
        if error.isRefusal { raw(",\"refused\":true") }
        if error.isRetryable { raw(",\"retryable\":true") }
        raw("}")
    }
}
