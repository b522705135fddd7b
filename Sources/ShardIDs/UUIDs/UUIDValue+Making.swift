extension UUIDValue {
    /// Version 4: 122 random bits. Default source: the operating system's generator.
    public static func v4(random: () -> UInt64 = { RandomPool.shared.next() }) -> UUIDValue {
        UUIDValue(version: 4, high: random(), low: random())
    }

    /// Version 3: the MD5 of a namespace and a name. For what must agree with others; new uses take version 5.
    public static func v3(namespace: UUIDValue, name: String) -> UUIDValue {
        named(version: 3, digest: MD5.hash(namespace.bytes + Array(name.utf8)))
    }

    /// Version 5: the SHA-1 of a namespace and a name. The same name gives the same UUID, everywhere and always;
    /// whoever can guess the name can compute it.
    public static func v5(namespace: UUIDValue, name: String) -> UUIDValue {
        named(version: 5, digest: SHA1.hash(namespace.bytes + Array(name.utf8)))
    }

    /// Version 7 of given parts; ``UUIDv7Generator`` makes new ones.
    ///
    /// - Parameters:
    ///   - unixMilliseconds: 48 bits of it are kept.
    ///   - counter: 12 bits behind the time.
    ///   - random: 62 bits at the end.
    public static func v7(unixMilliseconds: UInt64, counter: UInt64, random: UInt64) -> UUIDValue {
        UUIDValue(version: 7, high: unixMilliseconds << 16 | (counter & 0xFFF), low: random)
    }

    private static func named(version: UInt64, digest: [UInt8]) -> UUIDValue {
        let high = digest[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        let low = digest[8..<16].reduce(0) { $0 << 8 | UInt64($1) }
        return UUIDValue(version: version, high: high, low: low)
    }

    /// The namespaces of RFC 9562, 6.6: for domain names, URLs, object identifiers and X.500 names.
    public static let dnsNamespace = UUIDValue(high: 0x6ba7_b810_9dad_11d1, low: 0x80b4_00c0_4fd4_30c8)
    public static let urlNamespace = UUIDValue(high: 0x6ba7_b811_9dad_11d1, low: 0x80b4_00c0_4fd4_30c8)
    public static let oidNamespace = UUIDValue(high: 0x6ba7_b812_9dad_11d1, low: 0x80b4_00c0_4fd4_30c8)
    public static let x500Namespace = UUIDValue(high: 0x6ba7_b814_9dad_11d1, low: 0x80b4_00c0_4fd4_30c8)
}
