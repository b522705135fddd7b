public import ShardBase

/// Writes rows in COPY's binary format.
///
/// ```
/// var rows = BinaryCopyEncoder(types: [.int8, .text])
/// rows.append([.int8(1), .text("a")])
/// try await writer.write(rows.take())
/// ```
public struct BinaryCopyEncoder: Sendable {
    public let types: [PostgresType]
    private var bytes: [UInt8]

    static let signature: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00]

    /// - Parameter types: of the columns, exactly: the binary format converts nothing.
    public init(types: [PostgresType]) {
        self.types = types
        bytes = Self.signature + [UInt8](repeating: 0, count: 8)
    }

    /// The bytes written since ``take()``.
    public var byteCount: Int { bytes.count }

    /// Appends a row.
    ///
    /// - Throws: `.typeMismatch` for a value that has no binary form as its column's type; nothing is appended then.
    public mutating func append(_ row: [PostgresValue]) throws(ShardError) {
        let start = bytes.count
        WireWriter.append(Int16(types.count), to: &bytes)
        for (index, type) in types.enumerated() {
            let place = bytes.count
            WireWriter.append(Int32(-1), to: &bytes)
            guard index < row.count, row[index] != .null else { continue }
            guard row[index].write(binary: &bytes, as: type) else {
                bytes.removeLast(bytes.count - start)
                throw ShardError(.typeMismatch, "column \(index + 1) of a binary COPY takes values of another type")
            }
            WireWriter.put(Int32(bytes.count - place - 4), at: place, in: &bytes)
        }
    }

    /// The bytes so far; the encoder goes on with an empty buffer.
    public mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    /// The last bytes, with the trailer.
    public mutating func finish() -> [UInt8] {
        WireWriter.append(Int16(-1), to: &bytes)
        return take()
    }
}

/// Reads rows in COPY's binary format, from pieces cut anywhere.
public struct BinaryCopyDecoder: Sendable {
    public let types: [PostgresType]
    private var bytes: [UInt8] = []
    private var at = 0
    private var hasHeader = false
    /// The trailer was read.
    public private(set) var isEnded = false

    public init(types: [PostgresType]) { self.types = types }

    public mutating func feed(_ piece: some Collection<UInt8>) {
        if at > 0 {
            bytes.removeFirst(at)
            at = 0
        }
        bytes.append(contentsOf: piece)
    }

    /// The next row; nil where more bytes are needed, or at the end.
    ///
    /// - Throws: `.decode` for bytes that are not of this format.
    public mutating func next() throws(ShardError) -> [PostgresValue]? {
        guard !isEnded else { return nil }
        let start = at
        if !hasHeader {
            guard bytes.count - at >= 19 else { return nil }
            guard bytes[at..<(at + 11)].elementsEqual(BinaryCopyEncoder.signature) else { throw Self.malformed }
            at += 15
            guard let more = number(Int32.self), more >= 0, bytes.count - at >= Int(more) else {
                at = start
                return nil
            }
            at += Int(more)
            hasHeader = true
        }
        let rowStart = at
        guard let count = number(Int16.self) else { return nil }
        if count == -1 {
            isEnded = true
            return nil
        }
        guard Int(count) == types.count else { throw Self.malformed }
        var row: [PostgresValue] = []
        row.reserveCapacity(types.count)
        for type in types {
            guard let length = number(Int32.self), length < 0 || bytes.count - at >= Int(length) else {
                at = rowStart
                return nil
            }
            if length < 0 {
                row.append(.null)
                continue
            }
            let range = at..<(at + Int(length))
            row.append(
                bytes.withUnsafeBufferPointer {
                    PostgresValue(binary: UnsafeBufferPointer(rebasing: $0[range]), type: type)
                })
            at = range.upperBound
        }
        return row
    }

    private mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
        let size = MemoryLayout<Number>.size
        guard bytes.count - at >= size else { return nil }
        defer { at += size }
        return bytes.withUnsafeBytes { Number(bigEndian: $0.loadUnaligned(fromByteOffset: at, as: Number.self)) }
    }

    private static var malformed: ShardError {
        ShardError(.decode, "the bytes are not of COPY's binary format, or their rows have other columns")
    }
}

/// Rows in COPY's text format: a line per row, tabs between values, `\N` for NULL.
public enum TextCopyFormat {
    /// Appends a row as a line.
    ///
    /// - Throws: `.typeMismatch` for a value that has no text form here.
    public static func append(_ row: [PostgresValue], to bytes: inout [UInt8]) throws(ShardError) {
        for (index, value) in row.enumerated() {
            if index > 0 { bytes.append(9) }
            if value == .null {
                bytes.append(contentsOf: "\\N".utf8)
                continue
            }
            guard let text = value.text else {
                throw ShardError(.typeMismatch, "column \(index + 1) of a text COPY has a value in binary form")
            }
            for byte in text.utf8 {
                switch byte {
                case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
                case 9: bytes.append(contentsOf: "\\t".utf8)
                case 10: bytes.append(contentsOf: "\\n".utf8)
                case 13: bytes.append(contentsOf: "\\r".utf8)
                default: bytes.append(byte)
                }
            }
        }
        bytes.append(10)
    }

    /// Reads a line without its end.
    public static func row(_ line: some Collection<UInt8>, types: [PostgresType]) throws(ShardError) -> [PostgresValue]
    {
        let fields = line.split(separator: 9, omittingEmptySubsequences: false)
        guard fields.count == types.count else {
            throw ShardError(.decode, "a line of a text COPY has \(fields.count) values, not \(types.count)")
        }
        return zip(fields, types).map { field, type in
            if field.elementsEqual("\\N".utf8) { return .null }
            return PostgresValue(text: String(decoding: unescaped(field), as: UTF8.self), type: type)
        }
    }

    private static func unescaped(_ field: some Collection<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(field)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let next = rest.popFirst() else {
                bytes.append(byte)
                continue
            }
            switch next {
            case UInt8(ascii: "b"): bytes.append(8)
            case UInt8(ascii: "f"): bytes.append(12)
            case UInt8(ascii: "n"): bytes.append(10)
            case UInt8(ascii: "r"): bytes.append(13)
            case UInt8(ascii: "t"): bytes.append(9)
            case UInt8(ascii: "v"): bytes.append(11)
            default: bytes.append(next)
            }
        }
        return bytes
    }
}
