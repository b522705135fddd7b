extension PostgresValue {
    /// Reads a type's binary form. What is not understood stays ``raw(_:_:)``.
    public init(binary bytes: UnsafeBufferPointer<UInt8>, type: PostgresType) {
        var reader = WireReader(bytes)
        self = Self.read(&reader, type) ?? .raw(type, Array(bytes))
    }

    private static func read(_ reader: inout WireReader, _ type: PostgresType) -> PostgresValue? {
        if let text = textType(type) { return text(reader.rest()) }
        if let element = type.element { return PostgresArray(binary: &reader, of: element).map { .array($0) } }
        guard let value = readFixed(&reader, type), reader.isAtEnd else { return nil }
        return value
    }

    /// Types whose binary form is their text.
    private static func textType(_ type: PostgresType) -> ((String) -> PostgresValue)? {
        switch type {
        case .text, .varchar, .bpchar, .name, .xml, .unknown: { .text($0) }
        case .json: { .json($0) }
        default: nil
        }
    }

    private static func readFixed(_ reader: inout WireReader, _ type: PostgresType) -> PostgresValue? {
        switch type {
        case .bool: return reader.number(UInt8.self).map { .bool($0 != 0) }
        case .int2: return reader.number(Int16.self).map { .int2($0) }
        case .int4: return reader.number(Int32.self).map { .int4($0) }
        case .int8: return reader.number(Int64.self).map { .int8($0) }
        case .oid: return reader.number(UInt32.self).map { .oid($0) }
        case .float4: return reader.number(UInt32.self).map { .float4(Float(bitPattern: $0)) }
        case .float8: return reader.number(UInt64.self).map { .float8(Double(bitPattern: $0)) }
        case .date: return reader.number(Int32.self).map { .date(PostgresDate(days: $0)) }
        case .time: return reader.number(Int64.self).map { .time(PostgresTime(microseconds: $0)) }
        case .timestamp: return reader.number(Int64.self).map { .timestamp(PostgresTimestamp(microseconds: $0)) }
        case .timestamptz: return reader.number(Int64.self).map { .timestamptz(PostgresTimestamp(microseconds: $0)) }
        case .timetz:
            guard let time = reader.number(Int64.self), let west = reader.number(Int32.self) else { return nil }
            return .timetz(PostgresTimeTZ(microseconds: time, secondsWest: west))
        case .interval:
            guard let time = reader.number(Int64.self), let days = reader.number(Int32.self),
                let months = reader.number(Int32.self)
            else { return nil }
            return .interval(PostgresInterval(months: months, days: days, microseconds: time))
        case .uuid:
            guard let high = reader.number(UInt64.self), let low = reader.number(UInt64.self) else { return nil }
            return .uuid(PostgresUUID(high: high, low: low))
        case .bytea: return .bytea(reader.restBytes())
        case .numeric: return PostgresNumeric(binary: &reader).map { .numeric($0) }
        case .jsonb: return reader.number(UInt8.self) == 1 ? .jsonb(reader.rest()) : nil
        default: return WireText.read(&reader, type).map { type == .char ? .text($0) : .other(type, $0) }
        }
    }

    /// Writes the binary form of the value as one of a type. False, and nothing written, where there is none: then its text
    /// goes to the server, which reads it as it reads a literal.
    func write(binary bytes: inout [UInt8], as type: PostgresType) -> Bool {
        switch (self, type) {
        case (.bool(let bool), .bool): bytes.append(bool ? 1 : 0)
        case (.int2(let integer), .int2): WireWriter.append(integer, to: &bytes)
        case (.int2(let integer), .int4): WireWriter.append(Int32(integer), to: &bytes)
        case (.int2(let integer), .int8): WireWriter.append(Int64(integer), to: &bytes)
        case (.int4(let integer), .int4): WireWriter.append(integer, to: &bytes)
        case (.int4(let integer), .int8): WireWriter.append(Int64(integer), to: &bytes)
        case (.int8(let integer), .int8): WireWriter.append(integer, to: &bytes)
        case (.oid(let number), .oid): WireWriter.append(number, to: &bytes)
        case (.float4(let real), .float4): WireWriter.append(real.bitPattern, to: &bytes)
        case (.float8(let real), .float8): WireWriter.append(real.bitPattern, to: &bytes)
        case (.numeric(let numeric), .numeric): numeric.write(binary: &bytes)
        case (.text(let text), .text), (.text(let text), .varchar), (.text(let text), .bpchar),
            (.text(let text), .name),
            (.text(let text), .xml), (.json(let text), .json), (.text(let text), .json):
            bytes.append(contentsOf: text.utf8)
        case (.jsonb(let text), .jsonb), (.text(let text), .jsonb):
            bytes.append(1)
            bytes.append(contentsOf: text.utf8)
        case (.bytea(let raw), .bytea): bytes.append(contentsOf: raw)
        case (.uuid(let uuid), .uuid):
            WireWriter.append(uuid.high, to: &bytes)
            WireWriter.append(uuid.low, to: &bytes)
        case (.date(let date), .date): WireWriter.append(date.days, to: &bytes)
        case (.time(let time), .time): WireWriter.append(time.microseconds, to: &bytes)
        case (.timetz(let time), .timetz):
            WireWriter.append(time.microseconds, to: &bytes)
            WireWriter.append(time.secondsWest, to: &bytes)
        case (.timestamp(let timestamp), .timestamp), (.timestamptz(let timestamp), .timestamptz):
            WireWriter.append(timestamp.microseconds, to: &bytes)
        case (.interval(let interval), .interval):
            WireWriter.append(interval.microseconds, to: &bytes)
            WireWriter.append(interval.days, to: &bytes)
            WireWriter.append(interval.months, to: &bytes)
        case (.raw(let own, let raw), _) where own == type: bytes.append(contentsOf: raw)
        case (.array(let array), _):
            guard type.element == array.elementType else { return false }
            return array.write(binary: &bytes)
        default: return false
        }
        return true
    }
}

extension PostgresNumeric {
    init?(binary reader: inout WireReader) {
        guard let count = reader.number(UInt16.self), let weight = reader.number(Int16.self),
            let sign = reader.number(UInt16.self), let kind = Kind(rawValue: sign),
            let scale = reader.number(UInt16.self)
        else { return nil }
        var groups: [Int16] = []
        for _ in 0..<count {
            guard let group = reader.number(Int16.self), (0..<10_000).contains(group) else { return nil }
            groups.append(group)
        }
        self.init(kind: kind, weight: weight, scale: scale, groups: groups)
    }

    func write(binary bytes: inout [UInt8]) {
        WireWriter.append(UInt16(groups.count), to: &bytes)
        WireWriter.append(weight, to: &bytes)
        WireWriter.append(kind.rawValue, to: &bytes)
        WireWriter.append(scale, to: &bytes)
        for group in groups { WireWriter.append(group, to: &bytes) }
    }
}

extension PostgresArray {
    init?(binary reader: inout WireReader, of elementType: PostgresType) {
        guard let depth = reader.number(Int32.self), (0...6).contains(depth), reader.number(Int32.self) != nil,
            let type = reader.number(UInt32.self), type == elementType.rawValue
        else { return nil }
        self.init(of: elementType, [])
        var count = depth == 0 ? 0 : 1
        for _ in 0..<depth {
            guard let size = reader.number(Int32.self), let lower = reader.number(Int32.self), size >= 0 else {
                return nil
            }
            dimensions.append(Dimension(count: Int(size), lowerBound: Int(lower)))
            count *= Int(size)
        }
        for _ in 0..<count {
            guard let length = reader.number(Int32.self) else { return nil }
            if length < 0 {
                elements.append(.null)
                continue
            }
            guard let bytes = reader.take(Int(length)) else { return nil }
            elements.append(PostgresValue(binary: bytes, type: elementType))
        }
        guard reader.isAtEnd else { return nil }
    }

    func write(binary bytes: inout [UInt8]) -> Bool {
        let start = bytes.count
        WireWriter.append(Int32(dimensions.count), to: &bytes)
        WireWriter.append(Int32(elements.contains(.null) ? 1 : 0), to: &bytes)
        WireWriter.append(elementType.rawValue, to: &bytes)
        for dimension in dimensions {
            WireWriter.append(Int32(dimension.count), to: &bytes)
            WireWriter.append(Int32(dimension.lowerBound), to: &bytes)
        }
        for element in elements {
            let place = bytes.count
            WireWriter.append(Int32(-1), to: &bytes)
            if element == .null { continue }
            guard element.write(binary: &bytes, as: elementType) else {
                bytes.removeLast(bytes.count - start)
                return false
            }
            WireWriter.put(Int32(bytes.count - place - 4), at: place, in: &bytes)
        }
        return true
    }
}
