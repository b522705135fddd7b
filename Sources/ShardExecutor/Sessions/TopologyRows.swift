import ShardPlanner
import ShardTopology
import ShardValues

/// The topology and the state of what serves it as rows, for `SHOW SHARDS | TABLES | PARTITIONS OF t | SLOTS |
/// TRANSACTIONS IN DOUBT | REPLICAS | POOLS | STATEMENTS`. Pure.
struct TopologyRows {
    var columns: [PlanColumn] = []
    var rows: RowBatch

    init(_ subject: ShowSubject, topology: Topology, state: ShownState = ShownState()) {
        switch subject {
        case .transactionsInDoubt:
            self.init([
                ("commit_point", "TEXT"), ("number", "INTEGER"), ("shards", "TEXT"), ("missing_on", "TEXT"),
                ("decided_at", "TEXT"),
            ])
            for commit in state.inDoubt {
                add([
                    .text(commit.commitPoint), .integer(commit.sequence), .text(commit.shards.joined(separator: ", ")),
                    .text(commit.missing.joined(separator: ", ")),
                    .text(Moment(wallMilliseconds: commit.decided).withMilliseconds),
                ])
            }
        case .replicas:
            self.init(Self.replicaColumns)
            for replica in state.replicas { add(Self.values(of: replica)) }
        case .pools:
            self.init(Self.poolColumns)
            for (shard, pool) in state.pools { add(Self.values(of: pool, shard)) }
        case .statements:
            self.init(Self.statementColumns)
            for statement in state.statements { add(Self.values(of: statement)) }
        case .shards:
            self.init([("shard", "TEXT"), ("partitions", "INTEGER"), ("single_tables", "INTEGER")])
            for (index, name) in topology.shards.enumerated() {
                var partitions = 0
                var singles = 0
                for table in topology.tables.values {
                    switch table.placement {
                    case .sharded(let sharding): partitions += sharding.partitions.count { $0.shard == index }
                    case .single(let shard): singles += shard == index ? 1 : 0
                    case .broadcast: break
                    }
                }
                add([.text(name), .integer(Int64(partitions)), .integer(Int64(singles))])
            }
        case .tables:
            self.init([
                ("table", "TEXT"), ("placement", "TEXT"), ("key", "TEXT"), ("partitions", "INTEGER"), ("cold", "TEXT"),
            ])
            for table in topology.tables.values.sorted(by: { $0.schema.name < $1.schema.name }) {
                let name = Value.text(table.schema.name)
                let columns = table.coldColumns.map { table.schema.columns[$0].name }.joined(separator: ", ")
                let cold = columns.isEmpty ? Value.null : .text(columns)
                switch table.placement {
                case .broadcast: add([name, "broadcast", .null, .null, cold])
                case .single(let shard): add([name, .text("single on \(topology.shards[shard])"), .null, .null, cold])
                case .sharded(let sharding):
                    let key = sharding.keyColumns.map { table.schema.columns[$0].name }.joined(separator: ", ")
                    add([
                        name, .text(sharding.algorithm.name), .text(key),
                        .integer(Int64(sharding.partitions.count)), cold,
                    ])
                }
            }
        case .partitions(let name):
            self.init([("partition", "INTEGER"), ("name", "TEXT"), ("shard", "TEXT"), ("physical_table", "TEXT")])
            guard let table = topology.table(named: name) else { return }
            switch table.placement {
            case .sharded(let sharding):
                for (number, partition) in sharding.partitions.enumerated() {
                    add([
                        .integer(Int64(number)), partition.name.map { .text($0) } ?? .null,
                        .text(topology.shards[partition.shard]), .text(partition.physicalName),
                    ])
                }
            case .single(let shard): add([0, .null, .text(topology.shards[shard]), .text(table.schema.name)])
            case .broadcast:
                for shard in topology.shards { add([0, .null, .text(shard), .text(table.schema.name)]) }
            }
        case .slots:
            self.init([
                ("group", "TEXT"), ("first_slot", "INTEGER"), ("last_slot", "INTEGER"), ("partition", "INTEGER"),
                ("shard", "TEXT"),
            ])
            var seen: Set<String> = []
            for table in topology.tables.values.sorted(by: { $0.schema.name < $1.schema.name }) {
                guard case .sharded(let sharding) = table.placement, seen.insert(sharding.group).inserted,
                    let hash = sharding.algorithm as? HashAlgorithm
                else { continue }
                addSlots(hash.slots, sharding, topology)
            }
        }
    }

    /// Runs of neighbouring slots with one home are one row.
    private mutating func addSlots(_ slots: [Int], _ sharding: Sharding, _ topology: Topology) {
        var first = 0
        for slot in slots.indices where slot + 1 == slots.count || slots[slot + 1] != slots[slot] {
            add([
                .text(sharding.group), .integer(Int64(first)), .integer(Int64(slot)), .integer(Int64(slots[slot])),
                .text(topology.shards[sharding.partitions[slots[slot]].shard]),
            ])
            first = slot + 1
        }
    }

    private init(_ columns: [(String, String)]) {
        self.columns = columns.map { PlanColumn(name: $0.0, declaredType: $0.1) }
        self.rows = RowBatch(columnCount: columns.count)
    }

    private mutating func add(_ values: [Value]) {
        for value in values { rows.append(value) }
        rows.endRow()
    }
}
