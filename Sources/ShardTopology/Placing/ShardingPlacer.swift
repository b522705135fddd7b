import ShardBase
import ShardValues

/// Turns one table's declaration into its sharding: the key, the algorithm, the partitions, the group.
struct ShardingPlacer {
    let topology: Topology
    let schema: TableSchema
    let declaration: ShardingDeclaration.Sharded

    static let partitionLimit = 4096

    private var table: String { schema.name }

    func sharding() throws(ShardError) -> Sharding {
        let keys = try keyColumns()
        let types = keys.map { schema.keyType(of: $0) }
        let sharding =
            if let other = declaration.colocateWith {
                try colocated(keys, types, with: other)
            } else {
                try standing(keys, types)
            }
        if sharding.partitions.count > 1 { try requireUniquesHold(keys) }
        return sharding
    }

    func refusal(_ message: String, hint: String? = nil) -> ShardError {
        ShardError(.declarationRefused, "\(table): \(message)", hint: hint)
    }

    // MARK: The key

    private func keyColumns() throws(ShardError) -> [Int] {
        if case .hint = declaration.method {
            guard declaration.columns.isEmpty else { throw refusal("SHARD BY HINT takes no columns") }
            return []
        }
        var keys: [Int] = []
        for name in declaration.columns {
            guard let column = schema.column(named: name) else {
                throw ShardError(.notFound, "\(table) has no column \(name) to shard by")
            }
            guard !keys.contains(column) else { throw refusal("\(name) stands twice in the shard key") }
            keys.append(column)
        }
        if keys.isEmpty { keys = try defaultKey() }
        for key in keys {
            let column = schema.columns[key]
            if column.isGenerated {
                throw refusal("\(column.name) is a generated column and cannot be in the shard key")
            }
            guard column.collation.isComparable else {
                throw refusal(
                    "\(column.name) has the collation \(column.collation.name), whose equality only the application knows",
                    hint: "Shard by a column with the collation BINARY, NOCASE or RTRIM.")
            }
        }
        return keys
    }

    private func defaultKey() throws(ShardError) -> [Int] {
        let constraints = (schema.primaryKey.isEmpty ? [] : [schema.primaryKey]) + schema.uniqueKeys
        guard let first = constraints.first else {
            guard
                let column = schema.columns.firstIndex(where: { !$0.isGenerated && $0.collation.isComparable })
            else { throw refusal("it has no column to shard by") }
            return [column]
        }
        let common = first.filter { column in constraints.allSatisfy { $0.contains(column) } }
        if !common.isEmpty { return common }
        // One partition checks every constraint, whatever the key.
        if partitionCount == 1 { return first }
        throw ShardError(
            .uniqueWithoutShardKey,
            "\(constraints.map(described).joined(separator: " and ")) of \(table) have no column in common, "
                + "so no shard alone could check them all",
            hint: "Declare \(table) SINGLE or BROADCAST, or drop a constraint.")
    }

    private func requireUniquesHold(_ keys: [Int]) throws(ShardError) {
        let constraints = (schema.primaryKey.isEmpty ? [] : [schema.primaryKey]) + schema.uniqueKeys
        for constraint in constraints where keys.isEmpty || !keys.allSatisfy(constraint.contains) {
            let key = keys.isEmpty ? "a hint" : "the shard key (\(names(keys)))"
            throw ShardError(
                .uniqueWithoutShardKey,
                "\(described(constraint)) of \(table) does not contain \(key): two shards could hold equal values",
                hint: "Add the shard key to the constraint, shard by the constraint's columns, "
                    + "or declare \(table) SINGLE or BROADCAST.")
        }
    }

    private func described(_ constraint: [Int]) -> String {
        (constraint == schema.primaryKey ? "PRIMARY KEY" : "UNIQUE") + " (\(names(constraint)))"
    }

    private func names(_ columns: [Int]) -> String { columns.map { schema.columns[$0].name }.joined(separator: ", ") }

    // MARK: Partitions

    /// The number of partitions of a method that lists none.
    var partitionCount: Int {
        declaration.partitionCount ?? (declaration.shards.isEmpty ? topology.shards.count : declaration.shards.count)
    }

    /// The shards that partitions go to in turns.
    private func pool() throws(ShardError) -> [ShardIndex] {
        if declaration.shards.isEmpty { return Array(topology.shards.indices) }
        var pool: [ShardIndex] = []
        for name in declaration.shards {
            let shard = try topology.shard(named: name)
            guard !pool.contains(shard) else { throw refusal("the shard \(name) stands twice behind ON") }
            pool.append(shard)
        }
        return pool
    }

    private func standing(_ keys: [Int], _ types: [KeyType]) throws(ShardError) -> Sharding {
        guard (1...Self.partitionLimit).contains(partitionCount) else {
            throw refusal("a table has 1 to \(Self.partitionLimit) partitions, not \(partitionCount)")
        }
        let algorithm = try algorithm(types)
        let places = try places(algorithm.partitionCount)
        if let wanted = declaration.partitionCount, wanted != places.count {
            throw refusal("\(places.count) partitions are listed, but INTO says \(wanted)")
        }
        let group = sharedGroup(types, algorithm, places.map(\.shard)) ?? ownGroup()
        return Sharding(
            keyColumns: keys, keyTypes: types, algorithm: algorithm, partitions: named(places), group: group)
    }

    /// A partition's shard and declared name.
    typealias Place = (shard: ShardIndex, name: String?)

    private func places(_ count: Int) throws(ShardError) -> [Place] {
        let listed: [(name: String, shard: String?)] =
            switch declaration.method {
            case .hash, .mod, .hint, .custom: []
            case .range(let partitions): partitions.map { ($0.name, $0.shard) }
            case .list(let partitions), .directory(let partitions): partitions.map { ($0.name, $0.shard) }
            case .interval(_, _, let partitions): partitions.map { ($0.name, $0.shard) }
            }
        let pool = try pool()
        if listed.isEmpty { return (0..<count).map { (pool[$0 % pool.count], nil) } }
        var result: [Place] = []
        for (index, partition) in listed.enumerated() {
            let key = Topology.key(for: partition.name)
            if result.contains(where: { $0.name.map(Topology.key(for:)) == key }) {
                throw refusal("the partition \(partition.name) is declared twice")
            }
            let shard =
                if let name = partition.shard { try topology.shard(named: name) } else { pool[index % pool.count] }
            result.append((shard, partition.name))
        }
        return result
    }

    /// Physical names: the logical one where each shard holds one partition of the table at most, else numbered ones
    /// that no other table has.
    private func named(_ places: [Place]) -> [Partition] {
        var taken = topology.physicalNames
        if topology.table(named: table) != nil { taken.remove(Topology.key(for: table)) }
        let isAlone = Set(places.map(\.shard)).count == places.count
        if isAlone, !taken.contains(Topology.key(for: table)) {
            return places.map { Partition(shard: $0.shard, physicalName: table, name: $0.name) }
        }
        var separator = "_"
        while places.indices.contains(where: { taken.contains(Topology.key(for: "\(table)\(separator)\($0)")) }) {
            separator += "_"
        }
        return places.enumerated().map { index, place in
            Partition(shard: place.shard, physicalName: "\(table)\(separator)\(index)", name: place.name)
        }
    }

    // MARK: Groups

    private func colocated(_ keys: [Int], _ types: [KeyType], with name: String) throws(ShardError) -> Sharding {
        guard let other = topology.table(named: name) else {
            throw ShardError(.notFound, "there is no table \(name) to colocate \(table) with")
        }
        guard case .sharded(let sharding) = other.placement else {
            throw refusal("\(name) is not sharded, so nothing can be colocated with it")
        }
        guard declaration.shards.isEmpty else {
            throw refusal(
                "its rows stand where those of \(name) do, so no shards can be named",
                hint: "Leave out COLOCATE WITH or ON.")
        }
        guard declaration.method.name == sharding.algorithm.name else {
            throw refusal("\(name) is sharded by \(sharding.algorithm.name), not by \(declaration.method.name)")
        }
        guard types.count == sharding.keyTypes.count else {
            throw refusal(
                "its shard key has \(types.count) column(s), that of \(name) has \(sharding.keyTypes.count)")
        }
        guard Self.areAlike(types, sharding.keyTypes) else {
            throw refusal(
                "the type or collation of its shard key differs from that of \(name), so equal keys could part",
                hint: "Give the key columns of both tables the same type and collation.")
        }
        if let count = declaration.partitionCount, count != sharding.partitions.count {
            throw refusal("\(name) has \(sharding.partitions.count) partitions, not \(count)")
        }
        if try !declaresNothing(), try algorithm(types).record != sharding.algorithm.record {
            throw refusal("its partitions differ from those of \(name)", hint: "Leave the partitions out: they follow.")
        }
        return Sharding(
            keyColumns: keys, keyTypes: types, algorithm: sharding.algorithm,
            partitions: named(sharding.partitions.map { ($0.shard, $0.name) }), group: sharding.group)
    }

    /// Whether a colocated declaration leaves the algorithm's parameters to the other table.
    private func declaresNothing() throws(ShardError) -> Bool {
        switch declaration.method {
        case .hash, .mod, .hint, .custom: true
        case .range(let partitions): partitions.isEmpty
        case .list(let partitions), .directory(let partitions): partitions.isEmpty
        case .interval: false
        }
    }

    /// Equal values of keys of alike types hash and compare alike.
    static func areAlike(_ a: [KeyType], _ b: [KeyType]) -> Bool {
        a.count == b.count
            && zip(a, b).allSatisfy {
                $0.affinity.conversion == $1.affinity.conversion && $0.collation == $1.collation
            }
    }

    /// The group of a table that places equal keys exactly as this one will. For hash only: other methods are colocated
    /// when the declaration says so.
    private func sharedGroup(
        _ types: [KeyType], _ algorithm: any ShardingAlgorithm, _ shards: [ShardIndex]
    ) -> String? {
        guard case .hash = declaration.method else { return nil }
        let record = algorithm.record
        var groups: [String] = []
        for other in topology.tables.values {
            guard case .sharded(let sharding) = other.placement,
                Topology.key(for: other.schema.name) != Topology.key(for: table),
                sharding.partitions.map(\.shard) == shards, Self.areAlike(types, sharding.keyTypes),
                sharding.algorithm.record == record
            else { continue }
            groups.append(sharding.group)
        }
        // The dictionary's order is random; the choice is not.
        return groups.min()
    }

    /// The table's name, or, where a group of another table's still bears it, with a number.
    private func ownGroup() -> String {
        var taken: Set<String> = []
        for other in topology.tables.values {
            if case .sharded(let sharding) = other.placement { taken.insert(sharding.group) }
        }
        let key = Topology.key(for: table)
        var group = key
        var number = 2
        while taken.contains(group) {
            group = "\(key)#\(number)"
            number += 1
        }
        return group
    }
}
