public import ShardBase
import ShardValues

/// Writes a row log as it is kept, straight from an engine's values: a bulk insert's rows pass through here once more.
///
/// Format version 1. Numbers are unsigned LEB128 (seven bits a byte, lowest first), signed ones zigzag; texts and blobs are a
/// length and bytes; lists are a count and elements.
///
/// ```
/// log      = version {1 table} {2 sequence} 0
/// table    = name keyColumns columns {1 row | 2 key} 0        1: the row is there, by its values; 2: it is gone
/// row      = key values
/// value    = 0 | 1 signed | 2 eight bytes | 3 bytes of a TEXT | 4 blob
/// sequence = name signed
/// ```
public struct RowLogEncoder: ~Copyable {
    public private(set) var bytes: [UInt8] = [RowLog.version]
    public private(set) var rowCount = 0
    private var isInTable = false

    public init() {}

    public mutating func beginTable(_ name: String, keyColumns: [String], columns: [String]) {
        endTable()
        bytes.append(1)
        isInTable = true
        text(name)
        for list in [keyColumns, columns] {
            unsigned(UInt64(list.count))
            for name in list { text(name) }
        }
    }

    /// A row that is there: its key's values and its columns' values follow.
    public mutating func beginRow() {
        bytes.append(1)
        rowCount += 1
    }

    /// A row that is gone: its key's values follow.
    public mutating func beginGone() {
        bytes.append(2)
        rowCount += 1
    }

    public mutating func sequence(_ table: String, _ value: Int64) {
        endTable()
        bytes.append(2)
        text(table)
        signed(value)
    }

    /// The log is whole.
    public consuming func finish() -> [UInt8] {
        endTable()
        bytes.append(0)
        return bytes
    }

    private mutating func endTable() {
        if isInTable { bytes.append(0) }
        isInTable = false
    }

    // MARK: Values

    public mutating func null() { bytes.append(0) }

    public mutating func integer(_ value: Int64) {
        bytes.append(1)
        signed(value)
    }

    public mutating func real(_ value: Double) {
        bytes.append(2)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// A TEXT's bytes, whatever they are.
    public mutating func text(bytes text: UnsafeBufferPointer<UInt8>) {
        bytes.append(3)
        block(text)
    }

    public mutating func blob(_ blob: UnsafeRawBufferPointer) {
        bytes.append(4)
        block(blob)
    }

    public mutating func value(_ value: Value) {
        switch value {
        case .null: null()
        case .integer(let integer): self.integer(integer)
        case .real(let real): self.real(real)
        case .text(let text):
            bytes.append(3)
            self.text(text)
        case .blob(let blob): blob.withUnsafeBytes { self.blob($0) }
        case .malformedText(let text): text.withUnsafeBufferPointer { self.text(bytes: $0) }
        }
    }

    private mutating func unsigned(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }

    private mutating func signed(_ value: Int64) { unsigned(UInt64(bitPattern: value << 1 ^ value >> 63)) }

    private mutating func block(_ block: some Collection<UInt8>) {
        unsigned(UInt64(block.count))
        bytes.append(contentsOf: block)
    }

    private mutating func text(_ text: String) { block(text.utf8) }
}

extension RowLog {
    static let version: UInt8 = 1

    public var encoded: [UInt8] {
        var encoder = RowLogEncoder()
        for table in tables {
            encoder.beginTable(table.name, keyColumns: table.keyColumns, columns: table.columns)
            for row in table.rows {
                if let values = row.values {
                    encoder.beginRow()
                    for value in row.key + values { encoder.value(value) }
                } else {
                    encoder.beginGone()
                    for value in row.key { encoder.value(value) }
                }
            }
        }
        for sequence in sequences { encoder.sequence(sequence.table, sequence.value) }
        return encoder.finish()
    }

    /// - Throws: `.corrupt` for what was never written so.
    public init(decoding bytes: [UInt8]) throws(ShardError) {
        var reader = Reader(bytes: bytes)
        guard try reader.byte() == Self.version else {
            throw ShardError(.catalogVersion, "a row log has a format that this version of ShardKit does not read")
        }
        self.init()
        while true {
            switch try reader.byte() {
            case 0:
                guard reader.isAtEnd else { throw Reader.corrupt }
                return
            case 1: tables.append(try reader.table())
            case 2: sequences.append(Sequence(table: try reader.text(), value: try reader.signed()))
            default: throw Reader.corrupt
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

        mutating func table() throws(ShardError) -> Table {
            let name = try text()
            let key = try list { reader throws(ShardError) in try reader.text() }
            let columns = try list { reader throws(ShardError) in try reader.text() }
            var rows: [Row] = []
            while true {
                switch try byte() {
                case 0: return Table(name: name, keyColumns: key, columns: columns, rows: rows)
                case 1: rows.append(Row(key: try values(key.count), values: try values(columns.count)))
                case 2: rows.append(Row(key: try values(key.count), values: nil))
                default: throw Self.corrupt
                }
            }
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
            case 3:
                let bytes = try block()
                return String(validating: bytes, as: UTF8.self).map { .text($0) } ?? .malformedText(Array(bytes))
            case 4: return .blob(Array(try block()))
            default: throw Self.corrupt
            }
        }
    }
}
