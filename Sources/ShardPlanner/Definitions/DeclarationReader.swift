public import ShardBase
public import ShardSQL
public import ShardTopology
import ShardValues

/// Reads a sharding clause into the declaration that ``ShardTopology/Topology/place(_:as:)`` makes a placement of.
public struct DeclarationReader {
    private let dialect: Dialect

    public init(dialect: Dialect = .sqlite) { self.dialect = dialect }

    /// - Parameter table: the table's name, for messages.
    /// - Throws: `.declarationRefused` where the clause says what cannot be: a bound that is no literal, partitions of a
    ///   method that makes its own.
    public func declaration(_ clause: ShardingClause, table: String) throws(ShardError) -> ShardingDeclaration {
        let rows = try rows(clause, table)
        return clause.cold.isEmpty ? rows : .split(rows, cold: clause.cold.map(\.text))
    }

    private func rows(_ clause: ShardingClause, _ table: String) throws(ShardError) -> ShardingDeclaration {
        switch clause.kind {
        case .byDefault: return .byDefault
        case .broadcast: return .broadcast
        case .single(let shard): return .single(on: shard?.text)
        case .sharded(let sharded):
            return .sharded(
                ShardingDeclaration.Sharded(
                    method: try method(sharded, table), columns: columns(sharded),
                    colocateWith: sharded.colocateWith?.name.text, partitionCount: sharded.partitionCount,
                    shards: sharded.shards.map(\.text)))
        }
    }

    /// `(PRIMARY KEY)` stands for the primary key's columns, which no names mean.
    private func columns(_ sharded: ShardingClause.Sharded) -> [String] {
        if sharded.columns.count == 1, sharded.columns[0].quote == .none, sharded.columns[0].folded == "primary key" {
            return []
        }
        return sharded.columns.map(\.text)
    }

    private func method(
        _ sharded: ShardingClause.Sharded, _ table: String
    ) throws(ShardError) -> ShardingDeclaration.Method {
        switch sharded.method {
        case .interval: break
        case .hash, .mod, .hint:
            if let partition = sharded.partitions.first {
                throw refused(
                    table,
                    "SHARD BY \(sharded.method.rawValue) makes its partitions itself; \(partition.name.text) is declared",
                    hint: "Say how many with INTO n PARTITIONS.")
            }
        case .range, .list, .directory:
            if sharded.partitions.isEmpty, sharded.colocateWith == nil {
                throw refused(
                    table, "SHARD BY \(sharded.method.rawValue) needs its partitions listed",
                    hint: "For example: \(sharded.method.partitionsExample ?? "").")
            }
        }
        switch sharded.method {
        case .hash: return .hash
        case .mod: return .mod
        case .hint: return .hint
        case .range: return .range(try ranges(sharded.partitions, table))
        case .list: return .list(try lists(sharded.partitions, table))
        case .directory: return .directory(try lists(sharded.partitions, table))
        case .interval:
            guard let step = sharded.step else {
                throw refused(
                    table, "SHARD BY INTERVAL needs a step", hint: "For example: SHARD BY INTERVAL (day) EVERY 1 MONTH."
                )
            }
            guard let unit = IntervalAlgorithm.Unit(rawValue: step.unit) else {
                throw refused(
                    table, "the step \(step.unit) is not provided", hint: "HOUR, DAY, WEEK, MONTH and YEAR are.")
            }
            return .interval(unit: unit, count: step.count, starts: try starts(sharded.partitions, table))
        }
    }

    private func ranges(
        _ partitions: [ShardingClause.PartitionDefinition], _ table: String
    ) throws(ShardError) -> [ShardingDeclaration.RangePartition] {
        var result: [ShardingDeclaration.RangePartition] = []
        for partition in partitions {
            switch partition.bound {
            case .lessThan(let bounds):
                var values: [Value?] = []
                for bound in bounds {
                    if let bound { values.append(try value(bound, partition, table)) } else { values.append(nil) }
                }
                result.append(.init(name: partition.name.text, bound: values, shard: partition.shard?.text))
            case .list, .starting, .default:
                throw refused(
                    table, "the partition \(partition.name.text) of SHARD BY RANGE needs VALUES LESS THAN (…)")
            }
        }
        return result
    }

    private func lists(
        _ partitions: [ShardingClause.PartitionDefinition], _ table: String
    ) throws(ShardError) -> [ShardingDeclaration.ListPartition] {
        var result: [ShardingDeclaration.ListPartition] = []
        for partition in partitions {
            var keys: [[Value]]?
            switch partition.bound {
            case .list(let expressions):
                var listed: [[Value]] = []
                for expression in expressions {
                    var key: [Value] = []
                    for element in elements(expression) { key.append(try value(element, partition, table)) }
                    listed.append(key)
                }
                keys = listed
            case .default: keys = nil
            case .lessThan, .starting:
                throw refused(table, "the partition \(partition.name.text) needs VALUES IN (…) or DEFAULT")
            }
            result.append(.init(name: partition.name.text, keys: keys, shard: partition.shard?.text))
        }
        return result
    }

    private func starts(
        _ partitions: [ShardingClause.PartitionDefinition], _ table: String
    ) throws(ShardError) -> [ShardingDeclaration.StartingPartition] {
        var result: [ShardingDeclaration.StartingPartition] = []
        for partition in partitions {
            guard case .starting(let start) = partition.bound else {
                throw refused(table, "the partition \(partition.name.text) of SHARD BY INTERVAL needs STARTING '…'")
            }
            result.append(
                .init(
                    name: partition.name.text, start: try value(start, partition, table), shard: partition.shard?.text))
        }
        return result
    }

    private func elements(_ expression: Expression) -> [Expression] {
        if case .row(let row) = expression { return row.elements }
        return [expression]
    }

    private func value(
        _ expression: Expression, _ partition: ShardingClause.PartitionDefinition, _ table: String
    ) throws(ShardError) -> Value {
        if case .constant(let value) = Operands(dialect: dialect, parameterCount: 0).operand(
            expression, comparedWith: .blob)
        {
            return value
        }
        throw refused(
            table, "a value of the partition \(partition.name.text) is not a literal",
            hint: "Numbers, texts, blobs and NULL can stand there.")
    }

    private func refused(_ table: String, _ message: String, hint: String? = nil) -> ShardError {
        ShardError(.declarationRefused, "\(table): \(message)", hint: hint)
    }
}
