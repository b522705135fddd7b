import CLibPQ
import ShardBase
import ShardValues

/// The parameters of one execution in wire form, as libpq takes them. Reused: a connection has one, and filling it allocates
/// nothing once it has grown.
struct ParameterBuffer {
    private var bytes: [UInt8] = []
    /// Where each value starts; -1 is NULL.
    private var starts: [Int] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    private var pointers: [UnsafePointer<CChar>?] = []

    var count: Int { starts.count }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
    }

    mutating func appendNull() {
        starts.append(-1)
        lengths.append(0)
        formats.append(0)
    }

    /// A value in the type's text form.
    mutating func append(text: some Collection<UInt8>) {
        starts.append(bytes.count)
        bytes.append(contentsOf: text)
        // libpq measures texts itself, up to the zero: a zero inside would cut the value short.
        lengths.append(Int32(text.count))
        formats.append(0)
        bytes.append(0)
    }

    /// A value in the type's binary form.
    mutating func append(binary write: (inout [UInt8]) -> Void) {
        let start = bytes.count
        starts.append(start)
        write(&bytes)
        lengths.append(Int32(bytes.count - start))
        formats.append(1)
    }

    mutating func append<Number: FixedWidthInteger>(binary number: Number) {
        starts.append(bytes.count)
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
        lengths.append(Int32(MemoryLayout<Number>.size))
        formats.append(1)
    }

    /// Calls with what `PQsendQueryPrepared` and its like take.
    mutating func withPointers<Result>(
        _ body: (
            Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
        ) -> Result
    ) -> Result {
        pointers.removeAll(keepingCapacity: true)
        return bytes.withUnsafeBytes { raw in
            let base = raw.baseAddress?.assumingMemoryBound(to: CChar.self)
            for start in starts { pointers.append(start < 0 ? nil : base.map { $0 + start }) }
            return body(Int32(starts.count), pointers, lengths, formats)
        }
    }
}

extension ParameterBuffer {
    /// Fills the buffer with values for parameters of these types. Values beyond them are ignored; parameters beyond the
    /// values are NULL.
    mutating func fill(_ values: [Value], for types: [PostgresType]) throws(ShardError) {
        removeAll()
        for index in types.indices {
            if index < values.count { try append(values[index], as: types[index]) } else { appendNull() }
        }
    }

    /// A value in the binary form of the parameter's type where that is exact, else as the text one would write, which the
    /// server reads as it reads a literal.
    mutating func append(_ value: Value, as type: PostgresType) throws(ShardError) {
        switch value {
        case .null: appendNull()
        case .integer(let integer):
            switch type {
            case .int8: append(binary: integer)
            case .int4:
                if let exact = Int32(exactly: integer) {
                    append(binary: exact)
                } else {
                    append(text: integer.description.utf8)
                }
            case .int2:
                if let exact = Int16(exactly: integer) {
                    append(binary: exact)
                } else {
                    append(text: integer.description.utf8)
                }
            default: append(text: integer.description.utf8)
            }
        case .real(let real):
            if type == .float8 { append(binary: real.bitPattern) } else { append(text: PostgresText.real(real).utf8) }
        case .text(let text):
            try append(written: text.utf8, as: type)
        case .malformedText(let raw):
            try append(written: raw, as: type)
        case .blob(let blob):
            append(binary: { $0.append(contentsOf: blob) })
        }
    }

    /// A text as it stands. The binary form of a text is the text; that of other types is not.
    private mutating func append(written text: some Collection<UInt8>, as type: PostgresType) throws(ShardError) {
        switch type {
        case .text, .varchar, .bpchar, .name, .json, .xml:
            append(binary: { $0.append(contentsOf: text) })
        default:
            // The one byte that no text of the server holds: libpq would take it for the end.
            if text.contains(0) { throw Self.zeroByte }
            append(text: text)
        }
    }

    private static var zeroByte: ShardError {
        ShardError(
            .valueRange, "a text with a zero byte cannot be stored by PostgreSQL", hint: "Bind a blob instead.",
            engineCode: "22021")
    }
}

/// Numbers as PostgreSQL writes them.
enum PostgresText {
    static func real(_ real: Double) -> String {
        if real.isNaN { return "NaN" }
        if real.isInfinite { return real < 0 ? "-Infinity" : "Infinity" }
        return real.description
    }
}

extension ParameterBuffer {
    /// Fills the buffer with PostgreSQL's own values for parameters of these types.
    mutating func fill(_ values: [PostgresValue], for types: [PostgresType]) throws(ShardError) {
        removeAll()
        for index in types.indices {
            if index < values.count { try append(values[index], as: types[index]) } else { appendNull() }
        }
    }

    private mutating func append(_ value: PostgresValue, as type: PostgresType) throws(ShardError) {
        if value == .null { return appendNull() }
        if append(binaryOf: value, as: type) { return }
        guard let text = value.text else {
            throw ShardError(.typeMismatch, "a value in the binary form of one type is bound where another is needed")
        }
        try append(written: text.utf8, as: type)
    }

    private mutating func append(binaryOf value: PostgresValue, as type: PostgresType) -> Bool {
        let start = bytes.count
        guard value.write(binary: &bytes, as: type) else { return false }
        starts.append(start)
        lengths.append(Int32(bytes.count - start))
        formats.append(1)
        return true
    }
}
