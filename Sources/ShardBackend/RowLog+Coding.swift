public import ShardBase
import ShardValues

/// How a row log is kept, format version 1. Numbers are unsigned LEB128 (seven bits a byte, lowest first), signed ones zigzag;
/// texts and blobs are a length and bytes; lists are a count and elements.
///
/// ```
/// log      = version tables sequences
/// table    = name keyColumns columns rows
/// row      = (0 | 1) key [values]        1: the row is there
/// value    = 0 | 1 signed | 2 eight bytes | 3 text | 4 blob | 5 bytes of a TEXT that is not UTF-8
/// sequence = name signed
/// ```
extension RowLog {
    private static let version: UInt8 = 1

    public var encoded: [UInt8] {
        var writer = Writer()
        writer.bytes.append(Self.version)
        writer.list(tables) { writer, table in
            writer.text(table.name)
            writer.list(table.keyColumns) { $0.text($1) }
            writer.list(table.columns) { $0.text($1) }
            writer.list(table.rows) { writer, row in
                writer.bytes.append(row.values == nil ? 0 : 1)
                for value in row.key { writer.value(value) }
                for value in row.values ?? [] { writer.value(value) }
            }
        }
        writer.list(sequences) { writer, sequence in
            writer.text(sequence.table)
            writer.signed(sequence.value)
        }
        return writer.bytes
    }

    /// - Throws: `.corrupt` for what was never written so.
    public init(decoding bytes: [UInt8]) throws(ShardError) {
        var reader = Reader(bytes: bytes)
        guard try reader.byte() == Self.version else {
            throw ShardError(.catalogVersion, "a row log has a format that this version of ShardKit does not read")
        }
        let tables = try reader.list { reader throws(ShardError) in
            let name = try reader.text()
            let key = try reader.list { reader throws(ShardError) in try reader.text() }
            let columns = try reader.list { reader throws(ShardError) in try reader.text() }
            let rows = try reader.list { reader throws(ShardError) in
                let isThere = try reader.byte() == 1
                let identity = try reader.values(key.count)
                return Row(key: identity, values: isThere ? try reader.values(columns.count) : nil)
            }
            return Table(name: name, keyColumns: key, columns: columns, rows: rows)
        }
        let sequences = try reader.list { reader throws(ShardError) in
            Sequence(table: try reader.text(), value: try reader.signed())
        }
        guard reader.isAtEnd else { throw Reader.corrupt }
        self.init(tables: tables, sequences: sequences)
    }

    private struct Writer {
        var bytes: [UInt8] = []

        mutating func unsigned(_ value: UInt64) {
            var value = value
            while value >= 0x80 {
                bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
                value >>= 7
            }
            bytes.append(UInt8(value))
        }

        mutating func signed(_ value: Int64) { unsigned(UInt64(bitPattern: value << 1 ^ value >> 63)) }

        mutating func block(_ block: some Collection<UInt8>) {
            unsigned(UInt64(block.count))
            bytes.append(contentsOf: block)
        }

        mutating func text(_ text: String) { block(text.utf8) }

        mutating func list<Element>(_ elements: [Element], _ write: (inout Writer, Element) -> Void) {
            unsigned(UInt64(elements.count))
            for element in elements { write(&self, element) }
        }

        mutating func value(_ value: Value) {
            switch value {
            case .null: bytes.append(0)
            case .integer(let integer):
                bytes.append(1)
                signed(integer)
            case .real(let real):
                bytes.append(2)
                withUnsafeBytes(of: real.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
            case .text(let text):
                bytes.append(3)
                self.text(text)
            case .blob(let blob):
                bytes.append(4)
                block(blob)
            case .malformedText(let text):
                bytes.append(5)
                block(text)
            }
        }
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        static var corrupt: ShardError { ShardError(.corrupt, "a row log of a commit over several shards is damaged") }

        init(bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { position == bytes.count }

        mutating func byte() throws(ShardError) -> UInt8 {
            guard position < bytes.count else { throw Self.corrupt }
            defer { position += 1 }
            return bytes[position]
        }

        mutating func unsigned() throws(ShardError) -> UInt64 {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while true {
                let next = try byte()
                guard shift < 63 || next <= 1 else { throw Self.corrupt }
                value |= UInt64(next & 0x7F) << shift
                if next & 0x80 == 0 { return value }
                shift += 7
            }
        }

        mutating func signed() throws(ShardError) -> Int64 {
            let value = try unsigned()
            return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
        }

        mutating func block() throws(ShardError) -> ArraySlice<UInt8> {
            let count = try unsigned()
            guard count <= UInt64(bytes.count - position) else { throw Self.corrupt }
            defer { position += Int(count) }
            return bytes[position..<(position + Int(count))]
        }

        mutating func text() throws(ShardError) -> String {
            guard let text = String(validating: try block(), as: UTF8.self) else { throw Self.corrupt }
            return text
        }

        mutating func list<Element>(
            _ read: (inout Reader) throws(ShardError) -> Element
        ) throws(ShardError) -> [Element] {
            let count = try unsigned()
            // Each element takes a byte at least.
            guard count <= UInt64(bytes.count - position) else { throw Self.corrupt }
            var elements: [Element] = []
            elements.reserveCapacity(Int(count))
            for _ in 0..<count { elements.append(try read(&self)) }
            return elements
        }

        mutating func values(_ count: Int) throws(ShardError) -> [Value] {
            var values: [Value] = []
            values.reserveCapacity(count)
            for _ in 0..<count { values.append(try value()) }
            return values
        }

        mutating func value() throws(ShardError) -> Value {
            switch try byte() {
            case 0: return .null
            case 1: return .integer(try signed())
            case 2:
                guard bytes.count - position >= 8 else { throw Self.corrupt }
                var bits: UInt64 = 0
                for offset in 0..<8 { bits |= UInt64(bytes[position + offset]) << (8 * UInt64(offset)) }
                position += 8
                return .real(Double(bitPattern: bits))
            case 3: return .text(try text())
            case 4: return .blob(Array(try block()))
            case 5: return .malformedText(Array(try block()))
            default: throw Self.corrupt
            }
        }
    }
}
