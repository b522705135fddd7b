/// The server's words for values whose types have no Swift type of their own here, from their binary form.
enum WireText {
    static func read(_ reader: inout WireReader, _ type: PostgresType) -> String? {
        switch type {
        case .char: return reader.rest()
        case .xid, .cid: return reader.number(UInt32.self)?.description
        case .xid8: return reader.number(UInt64.self)?.description
        case .tid:
            guard let block = reader.number(UInt32.self), let row = reader.number(UInt16.self) else { return nil }
            return "(\(block),\(row))"
        case .pgLSN:
            guard let place = reader.number(UInt64.self) else { return nil }
            return String(place >> 32, radix: 16, uppercase: true) + "/"
                + String(place & 0xFFFF_FFFF, radix: 16, uppercase: true)
        case .macaddr: return reader.left == 6 ? hardware(&reader) : nil
        case .macaddr8: return reader.left == 8 ? hardware(&reader) : nil
        case .bit, .varbit: return bits(&reader)
        case .inet, .cidr: return network(&reader)
        default: return nil
        }
    }

    private static func hardware(_ reader: inout WireReader) -> String {
        var text: [UInt8] = []
        for (index, byte) in reader.restBytes().enumerated() {
            if index > 0 { text.append(UInt8(ascii: ":")) }
            HexDigits.append(byte, to: &text)
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func bits(_ reader: inout WireReader) -> String? {
        guard let count = reader.number(Int32.self), Int(count) <= reader.left * 8 else { return nil }
        let bytes = reader.restBytes()
        let digits = (0..<Int(count)).map { bytes[$0 / 8] & (0x80 >> UInt8($0 % 8)) == 0 ? UInt8(48) : UInt8(49) }
        return String(decoding: digits, as: UTF8.self)
    }

    /// Family (2 or 3), bits of the mask, whether it is a cidr, length, address.
    private static func network(_ reader: inout WireReader) -> String? {
        guard let family = reader.number(UInt8.self), let mask = reader.number(UInt8.self),
            let isCIDR = reader.number(UInt8.self), let length = reader.number(UInt8.self),
            let bytes = reader.take(Int(length)).map({ Array($0) })
        else { return nil }
        switch (family, length) {
        case (2, 4): return version4(bytes) + (mask == 32 && isCIDR == 0 ? "" : "/\(mask)")
        case (3, 16): return version6(bytes) + (mask == 128 && isCIDR == 0 ? "" : "/\(mask)")
        default: return nil
        }
    }

    private static func version4(_ bytes: some Collection<UInt8>) -> String {
        bytes.map(\.description).joined(separator: ".")
    }

    /// The longest run of two zero words or more is left out; an address that carries one of version 4 shows it.
    private static func version6(_ bytes: [UInt8]) -> String {
        let words = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        var best = 0..<0
        var start = 0
        while start < 8 {
            let end = words[start...].firstIndex { $0 != 0 } ?? 8
            if end - start > max(1, best.count) { best = start..<end }
            start = max(end, start) + 1
        }
        var text = ""
        var index = 0
        while index < 8 {
            if index == best.lowerBound && !best.isEmpty {
                text += "::"
                index = best.upperBound
                continue
            }
            if index > 0 && index != best.upperBound || index > 0 && best.isEmpty { text += ":" }
            if index == 6, best.lowerBound == 0, best.count == 6 || best.count == 5 && words[5] == 0xFFFF {
                return text + version4(bytes[12...])
            }
            text += String(words[index], radix: 16)
            index += 1
        }
        return text
    }
}
