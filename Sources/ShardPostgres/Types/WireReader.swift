/// Reads the numbers and bytes of a binary form, one after the other.
struct WireReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.count }
    var left: Int { bytes.count - at }

    mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
        let size = MemoryLayout<Number>.size
        guard left >= size, let base = bytes.baseAddress else { return nil }
        defer { at += size }
        return Number(bigEndian: UnsafeRawPointer(base + at).loadUnaligned(as: Number.self))
    }

    mutating func take(_ count: Int) -> UnsafeBufferPointer<UInt8>? {
        guard left >= count else { return nil }
        defer { at += count }
        return UnsafeBufferPointer(rebasing: bytes[at..<(at + count)])
    }

    /// What is left, as text.
    mutating func rest() -> String { String(decoding: take(left) ?? bytes, as: UTF8.self) }
    mutating func restBytes() -> [UInt8] { Array(take(left) ?? bytes) }
}

/// Writes the numbers of a binary form.
enum WireWriter {
    static func append<Number: FixedWidthInteger>(_ number: Number, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    static func put<Number: FixedWidthInteger>(_ number: Number, at place: Int, in bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { raw in
            for index in raw.indices { bytes[place + index] = raw[index] }
        }
    }
}
