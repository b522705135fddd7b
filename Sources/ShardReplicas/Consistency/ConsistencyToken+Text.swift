public import ShardBase

// Format: "sk1." and base64url (RFC 4648 §5, no padding) of
//
//     fields      8 bytes: SipHash-2-4 of the fields, little endian
//     field   =   number (varint), count of bytes (varint), bytes
//     1           the database's identity, UTF-8
//     2           a shard: count of bytes of its name (varint), name, then pairs of timeline and offset (varints)
//     others      an odd number may be skipped by who does not know it, an even one may not (as in Lightning's BOLT 1)
//
// Later versions add fields. What they must not be read without gets an even number, and this version says so.

/// Writes tokens as texts and reads them back.
///
/// A text that was damaged is refused: never is half of it believed. With a key of the application's own, so is a text that
/// was made or changed without the key. Whoever may read the database loses nothing by forging a token (a position
/// that does not exist makes a read wait, then fail), so a key is not the default.
public struct ConsistencyTokenCoder: Sendable {
    /// What tells this logical database from others: positions of another one are nonsense here.
    public let database: String
    private let hash: SipHash

    static let prefix = "sk1."
    /// Longer texts are refused unread: 16 KiB, some hundred shards.
    public static let maximumLength = 16_384

    /// - Parameters:
    ///   - database: the identity of the logical database.
    ///   - key: 128 secret bits that all processes of the application share. Default: none, so that only damage is seen.
    public init(database: String, key: (UInt64, UInt64) = (0, 0)) {
        self.database = database
        hash = SipHash(key.0, key.1)
    }

    /// The same token is always the same text. Contains letters, digits, `.`, `-` and `_` only: it fits into a header, a
    /// cookie or a URL.
    public func text(of token: ConsistencyToken) -> String {
        var bytes: [UInt8] = []
        Self.append(field: 1, Array(database.utf8), to: &bytes)
        for (shard, positions) in token.positions.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            var field: [UInt8] = []
            let name = Array(shard.utf8)
            Self.append(UInt64(name.count), to: &field)
            field += name
            for position in positions {
                Self.append(position.timeline, to: &field)
                Self.append(position.offset, to: &field)
            }
            Self.append(field: 2, field, to: &bytes)
        }
        let sum = hash.hash(bytes)
        for shift in stride(from: 0, to: UInt64(64), by: 8) { bytes.append(UInt8(truncatingIfNeeded: sum >> shift)) }
        return Self.prefix + Base64URL.text(of: bytes)
    }

    /// - Throws: `.consistencyToken` for anything that ``text(of:)`` of the same database, key and version did not make.
    public func token(from text: String) throws(ShardError) -> ConsistencyToken {
        guard text.utf8.count <= Self.maximumLength else {
            throw Self.refused("is longer than \(Self.maximumLength) bytes")
        }
        guard text.utf8.starts(with: Self.prefix.utf8) else { throw Self.refused("does not begin with \(Self.prefix)") }
        guard let all = Base64URL.bytes(of: text.utf8.dropFirst(Self.prefix.utf8.count)), all.count > 8 else {
            throw Self.refused("is damaged")
        }
        let body = all.dropLast(8)
        var sum: UInt64 = 0
        for byte in all.suffix(8).reversed() { sum = sum << 8 | UInt64(byte) }
        guard hash.hash(body) == sum else { throw Self.refused("is damaged, or was made with another key") }
        return try read(body)
    }

    private func read(_ body: ArraySlice<UInt8>) throws(ShardError) -> ConsistencyToken {
        var rest = body
        var token = ConsistencyToken()
        var isOurs = false
        while !rest.isEmpty {
            guard let field = Self.number(&rest), let count = Self.number(&rest), count <= UInt64(rest.count) else {
                throw Self.refused("is damaged")
            }
            var content = rest.prefix(Int(count))
            rest = rest.dropFirst(Int(count))
            switch field {
            case 1:
                guard content.elementsEqual(database.utf8) else { throw Self.refused("is of another database") }
                isOurs = true
            case 2:
                guard let length = Self.number(&content), length > 0, length <= UInt64(content.count),
                    let name = String(validating: content.prefix(Int(length)), as: UTF8.self),
                    content.count > Int(length)
                else { throw Self.refused("names no shard") }
                content = content.dropFirst(Int(length))
                while !content.isEmpty {
                    guard let timeline = Self.number(&content), let offset = Self.number(&content) else {
                        throw Self.refused("is damaged")
                    }
                    token.note(Position(timeline: timeline, offset: offset), of: name)
                }
            default:
                guard !field.isMultiple(of: 2) else {
                    throw Self.refused("is of a newer version, which says more than this one understands")
                }
            }
        }
        guard isOurs else { throw Self.refused("says not which database it is of") }
        return token
    }

    private static func refused(_ why: String) -> ShardError {
        ShardError(.consistencyToken, "the consistency token \(why)")
    }

    // MARK: Numbers and fields

    static func append(field: UInt64, _ content: [UInt8], to bytes: inout [UInt8]) {
        append(field, to: &bytes)
        append(UInt64(content.count), to: &bytes)
        bytes += content
    }

    /// LEB128: seven bits a byte, the lowest first.
    static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Nil where it ends too early, is longer than 64 bits, or could be written shorter.
    private static func number(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = bytes.popFirst() {
            if shift == 63, byte > 1 { return nil }
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return byte == 0 && shift > 0 ? nil : number }
            shift += 7
            if shift > 63 { return nil }
        }
        return nil
    }
}

/// RFC 4648 §5 without padding. Bits that no byte needs have to be 0, so that one token has one text.
enum Base64URL {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func text(of bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 4 / 3 + 3)
        var word: UInt32 = 0
        var bits: UInt32 = 0
        for byte in bytes {
            word = word << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(digits[Int(word >> bits & 63)])
            }
        }
        if bits > 0 { text.append(digits[Int(word << (6 - bits) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }

    static func bytes(of text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4)
        var word: UInt32 = 0
        var bits: UInt32 = 0
        for character in text {
            let digit: UInt8
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = character - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = character - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character + 4
            case UInt8(ascii: "-"): digit = 62
            case UInt8(ascii: "_"): digit = 63
            default: return nil
            }
            word = (word << 6 | UInt32(digit)) & 0xFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: word >> bits))
            }
        }
        return word & (1 << bits - 1) == 0 ? bytes : nil
    }
}
