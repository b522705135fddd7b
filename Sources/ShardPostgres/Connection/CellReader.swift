import CLibPQ
import ShardBackend
import ShardValues

/// How a column's values become cells.
///
/// Numbers of a machine word and booleans become that word, whatever form they are sent in, so that what merges need not
/// know the wire: integers and object numbers `.integer`, floats `.real`, booleans 0 and 1. Everything else stays in wire form:
/// the text form, and the binary form of texts, as `.text`; the binary form of the rest as `.blob`.
enum CellReader {
    case boolean, int2, int4, unsigned4, int8, float4, float8
    case text, bytes
    case booleanText, integerText, realText, bytesText

    init(_ type: PostgresType, isBinary: Bool) {
        switch type {
        case .bool: self = isBinary ? .boolean : .booleanText
        case .int2: self = isBinary ? .int2 : .integerText
        case .int4: self = isBinary ? .int4 : .integerText
        case .int8: self = isBinary ? .int8 : .integerText
        case .oid, .xid, .cid: self = isBinary ? .unsigned4 : .integerText
        case .float4: self = isBinary ? .float4 : .realText
        case .float8: self = isBinary ? .float8 : .realText
        case .text, .varchar, .bpchar, .name, .json, .xml, .unknown: self = .text
        case .bytea: self = isBinary ? .bytes : .bytesText
        default: self = isBinary ? .bytes : .text
        }
    }

    @inline(__always)
    func read(_ bytes: UnsafeBufferPointer<UInt8>, into batch: inout RowBatch) {
        switch self {
        case .text: batch.append(text: bytes)
        case .bytes: batch.append(blob: bytes)
        case .boolean: batch.append(integer: bytes[0] == 0 ? 0 : 1)
        case .int2: batch.append(integer: Int64(Int16(truncatingIfNeeded: Wire.word(bytes))))
        case .int4: batch.append(integer: Int64(Int32(truncatingIfNeeded: Wire.word(bytes))))
        case .unsigned4: batch.append(integer: Int64(UInt32(truncatingIfNeeded: Wire.word(bytes))))
        case .int8: batch.append(integer: Int64(bitPattern: Wire.word(bytes)))
        case .float4: batch.append(real: Double(Float(bitPattern: UInt32(truncatingIfNeeded: Wire.word(bytes)))))
        case .float8: batch.append(real: Double(bitPattern: Wire.word(bytes)))
        case .booleanText: batch.append(integer: bytes.first == UInt8(ascii: "t") ? 1 : 0)
        case .integerText:
            if let integer = Wire.integer(bytes) { batch.append(integer: integer) } else { batch.append(text: bytes) }
        case .bytesText:
            if let blob = Wire.hexBytes(bytes) {
                blob.withUnsafeBufferPointer { batch.append(blob: $0) }
            } else {
                batch.append(text: bytes)
            }
        case .realText:
            let text = String(decoding: bytes, as: UTF8.self)
            if let real = Double(text) { batch.append(real: real) } else { batch.append(text: bytes) }
        }
    }
}

/// The wire's numbers: big-endian, at any address.
enum Wire {
    /// Up to eight bytes as a number.
    @inline(__always)
    static func word(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
        switch bytes.count {
        case 8: return UInt64(bigEndian: UnsafeRawPointer(bytes.baseAddress!).loadUnaligned(as: UInt64.self))
        case 4: return UInt64(UInt32(bigEndian: UnsafeRawPointer(bytes.baseAddress!).loadUnaligned(as: UInt32.self)))
        default:
            var word: UInt64 = 0
            for byte in bytes { word = word << 8 | UInt64(byte) }
            return word
        }
    }

    /// The bytes of `\x48656c`; nil for anything else.
    static func hexBytes(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.count >= 2, text.count % 2 == 0, text[0] == UInt8(ascii: "\\"), text[1] == UInt8(ascii: "x") else {
            return nil
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2 - 1)
        for index in stride(from: 2, to: text.count, by: 2) {
            guard let high = hexDigit(text[index]), let low = hexDigit(text[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// A decimal integer; nil for anything else.
    static func integer(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        var value: Int64 = 0
        var digits = bytes[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits = digits.dropFirst() }
        if digits.isEmpty { return nil }
        for byte in digits {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (product, tooBig) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = product.addingReportingOverflow(isNegative ? -Int64(digit) : Int64(digit))
            if tooBig || overflow { return nil }
            value = sum
        }
        return value
    }
}
