import ShardValues

/// Finds the partition that lists a key, by one look-up: keys that the columns call equal have one canonical form.
struct KeyIndex: Sendable {
    private var homes: [[Value]: Int] = [:]

    init() {}

    /// - Returns: false when the key is listed already.
    mutating func add(_ key: [Value], home: Int, types: [KeyType]) -> Bool {
        homes.updateValue(home, forKey: Self.canonical(key, types)) == nil
    }

    func home(of key: [Value], types: [KeyType]) -> Int? { homes[Self.canonical(key, types)] }

    private static func canonical(_ key: [Value], _ types: [KeyType]) -> [Value] {
        key.indices.map { key[$0].canonical(under: types[$0].collation) }
    }
}
