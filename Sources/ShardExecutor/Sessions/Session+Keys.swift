import ShardPlanner
import ShardValues

extension Session {
    /// One value for each row of an INSERT: the key that is made, `.null` where the row brings its own.
    func makeKeys(
        _ key: GeneratedKey, of table: String, _ requests: [KeyRequest], _ schema: LogicalSchema
    ) async throws -> [Value] {
        let source = database.keySource
        switch key.kind {
        case .generator(let name): return try await source.generate(name, requests)
        case .rowID(let isAutoIncrement):
            let rowIDs = requests.map { request -> KeyRequest in
                switch request {
                case .generate: .generate
                case .explicit(let value): .explicit(Affinity.integer.apply(to: value))
                }
            }
            guard rowIDs.contains(.generate) else {
                source.rowIDs.observe(table: table, requests: rowIDs, owner: owner)
                return [Value](repeating: .null, count: rowIDs.count)
            }
            return try await source.rowIDs.assign(
                table: table, requests: rowIDs, isAutoIncrement: isAutoIncrement, owner: owner
            ) { try await highestRowID(of: table, schema: schema) }
        }
    }
}
