import ShardBase
import ShardSQL
import ShardTopology

/// Makes the text that fragments run, with holes where physical names differ from logical ones.
struct TemplateBuilder {
    let topology: Topology
    let dialect: Dialect

    func template(_ statement: Statement) throws(PlanningRefusal) -> FragmentTemplate {
        let statement = try SplitRewriting(topology: topology).rewrite(statement)
        var hidden: Set<String> = []
        statement.forEachCommonTable { hidden.insert($0.name.folded) }
        let numbering = Numbering(topology: topology, hidden: hidden)
        var sql = SQLPrinter.template(statement, options: options) { numbering.number($0) }
        if !numbering.tables.isEmpty {
            // Indexes have physical names as tables do. The engine has accepted the hints on the logical schema.
            let (plain, isChanged) = statement.withoutIndexHints()
            if isChanged { sql = SQLPrinter.template(plain, options: options) { numbering.number($0) } }
        }
        if numbering.isAmbiguous || sql.hasVerbatimTables {
            throw PlanningRefusal(
                .statementNotModelled, "a table name in the statement cannot be told from another of the same name",
                hint: "Give the common table another name than the table's.")
        }
        return FragmentTemplate(sql: sql, tables: numbering.tables)
    }

    var options: SQLPrinter.Options {
        SQLPrinter.Options(dialect: dialect, parameterStyle: .numbered, includesSharding: false)
    }

    /// Gives numbers to the tables whose partitions have names of their own.
    private final class Numbering {
        let topology: Topology
        let hidden: Set<String>
        var tables: [TemplateTable] = []
        var isAmbiguous = false
        private var numbers: [String: Int] = [:]

        init(topology: Topology, hidden: Set<String>) {
            self.topology = topology
            self.hidden = hidden
        }

        func number(_ name: ObjectName) -> Int? {
            let folded = name.name.folded
            if let owner = SplitRewriting.coldOwner(name, topology) { return cold(owner) }
            guard let table = topology.table(named: folded), case .sharded(let sharding) = table.placement,
                sharding.hasOwnNames(table.schema.name)
            else { return nil }
            if hidden.contains(folded) {
                isAmbiguous = true
                return nil
            }
            if let number = numbers[folded] { return number }
            tables.append(.partitioned(sharding))
            numbers[folded] = tables.count - 1
            return tables.count - 1
        }

        /// A cold part has a name of its own everywhere.
        private func cold(_ owner: LogicalTable) -> Int {
            let key = SplitRewriting.coldSchema + "." + owner.schema.name
            if let number = numbers[key] { return number }
            if case .sharded(var sharding) = owner.placement, sharding.hasOwnNames(owner.schema.name) {
                for index in sharding.partitions.indices {
                    let hot = sharding.partitions[index].physicalName
                    sharding.partitions[index].physicalName = LogicalTable.coldName(of: hot)
                }
                tables.append(.partitioned(sharding))
            } else {
                tables.append(.fixed(LogicalTable.coldName(of: owner.schema.name)))
            }
            numbers[key] = tables.count - 1
            return tables.count - 1
        }
    }
}

extension Sharding {
    /// Whether any partition's physical name is not the table's own.
    func hasOwnNames(_ tableName: String) -> Bool { partitions.contains { $0.physicalName != tableName } }
}
