/// Turns identifiers into others of the same size and back, under a key: public numbers that show neither how many
/// there are nor when they were made.
///
/// ```swift
/// let publicOrders = try KeyedPermutation(key: keyBytes, context: "orders")
/// let shown = try publicOrders.encode(order.id)      // in a URL
/// let id = try publicOrders.decode(shown)
/// ```
///
/// It is a bijection: distinct identifiers stay distinct, none needs to be stored, and order is lost. A balanced
/// Feistel network of 12 rounds with SipHash-2-4 as its round function, walked on until the result is inside the domain
/// (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002).
///
/// What it is *not*:
///
/// * not access control: whoever has a shown number may use it, so check rights as before;
/// * not authenticated: every number of the domain decodes to something, and nothing tells a made-up one;
/// * not a standard (neither AES nor FF1), and its strength ends with a small domain: with `bits` small, all of it can
///   be listed;
/// * not for secrets: equal identifiers give equal numbers, and who learns many pairs learns those pairs.
///
/// The key cannot be changed without changing every number shown. About 0.4 µs each way; allocates nothing.
public struct KeyedPermutation: Sendable {
    /// How many bits the identifiers have, and what is shown.
    public let bits: Int
    private let key: (UInt64, UInt64)
    private let halfBits: UInt64
    private static let rounds: UInt64 = 12

    /// - Parameters:
    ///   - key: 16 secret random bytes.
    ///   - context: what the identifiers are of: the same identifier in another context is another number. Default:
    ///     none.
    ///   - bits: 8 to 63; default 63, all identifiers that are not negative. 53 for JavaScript.
    /// - Throws: `badOption`.
    public init(key: [UInt8], context: String = "", bits: Int = 63) throws(IDError) {
        guard key.count == 16 else {
            throw IDError(
                .badOption, "the key has \(key.count) bytes", advice: "Give 16 random bytes, and keep them secret.")
        }
        guard (8...63).contains(bits) else {
            throw IDError(
                .badOption, "a domain of \(bits) bits cannot be permuted here", advice: "Take 8 to 63 bits.")
        }
        self.bits = bits
        halfBits = UInt64(bits + 1) / 2
        // The context and the size make a key of their own.
        let master = (Self.word(key[..<8]), Self.word(key[8...]))
        let text = Array(context.utf8)
        self.key = (
            SipHash.hash([UInt8(bits), 0] + text, key: master), SipHash.hash([UInt8(bits), 1] + text, key: master)
        )
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// What is shown for an identifier.
    ///
    /// - Throws: `outOfDomain` when it is negative or has more than `bits` bits.
    public func encode(_ identifier: Int64) throws(IDError) -> Int64 { try walk(identifier, isForward: true) }

    /// The identifier behind a number.
    ///
    /// - Throws: `outOfDomain` when it is negative or has more than `bits` bits. Any other number decodes to something.
    public func decode(_ shown: Int64) throws(IDError) -> Int64 { try walk(shown, isForward: false) }

    private func walk(_ number: Int64, isForward: Bool) throws(IDError) -> Int64 {
        guard number >= 0, UInt64(number) >> UInt64(bits) == 0 else {
            throw IDError(
                .outOfDomain, "\(number) is not within 0 and 2^\(bits) - 1",
                advice: "Give an identifier of at most \(bits) bits, or a permutation with more.")
        }
        // With an odd number of bits the network is twice as large: two steps on average.
        var word = UInt64(number)
        repeat { word = isForward ? encrypt(word) : decrypt(word) } while word >> UInt64(bits) != 0
        return Int64(word)
    }

    private func encrypt(_ word: UInt64) -> UInt64 {
        let mask: UInt64 = (1 << halfBits) - 1
        var (left, right) = (word >> halfBits, word & mask)
        for round in 0..<Self.rounds {
            (left, right) = (right, left ^ (SipHash.hash(round, right, key: key) & mask))
        }
        return left << halfBits | right
    }

    private func decrypt(_ word: UInt64) -> UInt64 {
        let mask: UInt64 = (1 << halfBits) - 1
        var (left, right) = (word >> halfBits, word & mask)
        for round in (0..<Self.rounds).reversed() {
            (left, right) = (right ^ (SipHash.hash(round, left, key: key) & mask), left)
        }
        return left << halfBits | right
    }
}
