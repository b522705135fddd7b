/// An array of any number of dimensions, all elements of one type.
public struct PostgresArray: Sendable, Hashable {
    public struct Dimension: Sendable, Hashable {
        public var count: Int
        /// The index of the first element; 1 unless declared otherwise.
        public var lowerBound: Int

        public init(count: Int, lowerBound: Int = 1) {
            self.count = count
            self.lowerBound = lowerBound
        }
    }

    public var elementType: PostgresType
    /// Empty for an empty array.
    public var dimensions: [Dimension]
    /// All elements, the last dimension's index running fastest.
    public var elements: [PostgresValue]

    public init(of elementType: PostgresType, dimensions: [Dimension], elements: [PostgresValue]) {
        self.elementType = elementType
        self.dimensions = dimensions
        self.elements = elements
    }

    /// An array of one dimension.
    public init(of elementType: PostgresType, _ elements: [PostgresValue]) {
        self.init(
            of: elementType, dimensions: elements.isEmpty ? [] : [Dimension(count: elements.count)], elements: elements)
    }
}

extension PostgresArray: CustomStringConvertible {
    /// As the server writes it: `{1,NULL,"a b"}`, `[0:1]={a,b}`.
    public var description: String {
        if elements.isEmpty { return "{}" }
        var text = ""
        if dimensions.contains(where: { $0.lowerBound != 1 }) {
            for dimension in dimensions {
                text += "[\(dimension.lowerBound):\(dimension.lowerBound + dimension.count - 1)]"
            }
            text += "="
        }
        var next = 0
        append(dimensions[...], &next, to: &text)
        return text
    }

    private var delimiter: String { elementType == .box ? ";" : "," }

    private func append(_ left: ArraySlice<Dimension>, _ next: inout Int, to text: inout String) {
        guard let first = left.first else {
            text += Self.quoted(elements[next], delimiter)
            next += 1
            return
        }
        text += "{"
        for index in 0..<first.count {
            if index > 0 { text += delimiter }
            append(left.dropFirst(), &next, to: &text)
        }
        text += "}"
    }

    private static func quoted(_ value: PostgresValue, _ delimiter: String) -> String {
        guard let text = value.text else { return "NULL" }
        let mustQuote =
            text.isEmpty || text.lowercased() == "null"
            || text.utf8.contains {
                $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "{")
                    || $0 == UInt8(ascii: "}") || $0 == 32 || (9...13).contains($0) || $0 == delimiter.utf8.first
            }
        guard mustQuote else { return text }
        var result = "\""
        for character in text.unicodeScalars {
            if character == "\"" || character == "\\" { result += "\\" }
            result.unicodeScalars.append(character)
        }
        return result + "\""
    }

    /// Reads the text form; nil for what is none.
    public init?(_ text: String, of elementType: PostgresType) {
        self.init(of: elementType, [])
        var reader = Reader(rest: Array(text.utf8)[...], delimiter: delimiter.utf8.first ?? 0x2C, type: elementType)
        guard let bounds = reader.bounds(), reader.level(0), reader.rest.isEmpty else { return nil }
        elements = reader.elements
        if elements.isEmpty { return }
        guard bounds.isEmpty || bounds.count == reader.counts.count else { return nil }
        dimensions = reader.counts.enumerated().map { index, count in
            Dimension(count: count, lowerBound: bounds.isEmpty ? 1 : bounds[index])
        }
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>
        let delimiter: UInt8
        let type: PostgresType
        var counts: [Int] = []
        var elements: [PostgresValue] = []

        mutating func take(_ character: Character) -> Bool {
            guard rest.first == character.asciiValue else { return false }
            rest.removeFirst()
            return true
        }

        /// `[1:3][0:1]=`
        mutating func bounds() -> [Int]? {
            var result: [Int] = []
            while take("[") {
                let inside = rest.prefix { $0 != UInt8(ascii: "]") }
                rest = rest.dropFirst(inside.count)
                let parts = inside.split(separator: UInt8(ascii: ":"))
                guard take("]"), let lower = parts.first.flatMap({ Int(String(decoding: $0, as: UTF8.self)) }) else {
                    return nil
                }
                result.append(lower)
            }
            return result.isEmpty || take("=") ? result : nil
        }

        mutating func level(_ depth: Int) -> Bool {
            guard take("{"), depth < 6 else { return false }
            var count = 0
            if !take("}") {
                repeat {
                    if rest.first == UInt8(ascii: "{") {
                        guard level(depth + 1) else { return false }
                    } else {
                        guard let element = element() else { return false }
                        elements.append(element)
                    }
                    count += 1
                } while take(Character(UnicodeScalar(delimiter)))
                guard take("}") else { return false }
            }
            while counts.count <= depth { counts.append(count) }
            counts[depth] = count
            return true
        }

        mutating func element() -> PostgresValue? {
            var bytes: [UInt8] = []
            if take("\"") {
                while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
                    guard byte == UInt8(ascii: "\\") else {
                        bytes.append(byte)
                        continue
                    }
                    guard let next = rest.popFirst() else { return nil }
                    bytes.append(next)
                }
                return PostgresValue(text: String(decoding: bytes, as: UTF8.self), type: type)
            }
            while let byte = rest.first, byte != delimiter, byte != UInt8(ascii: "}") {
                rest.removeFirst()
                if byte == UInt8(ascii: "\\"), let next = rest.popFirst() {
                    bytes.append(next)
                } else {
                    bytes.append(byte)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            return text.lowercased() == "null" ? .null : PostgresValue(text: text, type: type)
        }
    }
}
