import ShardPlanner
import ShardTopology
import ShardValues

extension Session {
    /// One value for each row of an INSERT: the key that is made, `.null` where the row brings its own.
    func makeKeys(
        _ key: GeneratedKey, of table: String, _ requests: [KeyRequest], _ schema: LogicalSchema
    ) async throws -> [Value] {
        let source = database.keySource
        switch key.kind {
        case .generator(let name):
            let keys = try await source.generate(name, requests)
            lastKey = requests.last.flatMap { request in
                switch request {
                case .generate: keys.last?.storedInteger
                case .explicit(let value): value.storedInteger
                }
            }
            return keys
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

    /// An INSERT's answer with the key of its last row where that is one that a generator makes, and no rowid. Where rows may be
    /// left out, only RETURNING tells.
    func withKey(_ insert: InsertPlan, _ answer: Answer, _ schema: LogicalSchema) -> Answer {
        guard let key = insert.generated, case .generator = key.kind, answer.changes > 0,
            let table = schema.topology.table(named: insert.table)?.schema,
            table.rowIDColumn.map({ table.columns[$0].generator == nil }) ?? true
        else { return answer }
        var answer = answer
        answer.lastInsertID = insert.tail.hasPrefix(" ON CONFLICT") || insert.conflictAction == "IGNORE" ? nil : lastKey
        return answer
    }
}

extension Value {
    fileprivate var storedInteger: Int64? {
        if case .integer(let integer) = self { integer } else { nil }
    }
}
