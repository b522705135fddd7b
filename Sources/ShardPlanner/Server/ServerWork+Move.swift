import ShardBase
import ShardSQL
import ShardTopology

/// UPDATE of the shard key: rows are taken away where they are, with their new values, and inserted where they belong.
extension ServerWork {
    mutating func move(
        _ update: UpdateStatement, _ survey: ServerSurvey, _ table: LogicalTable, column: String
    ) throws(PlanningRefusal) -> Plan {
        func refused(_ reason: String) -> PlanningRefusal {
            PlanningRefusal(
                .shardKeyUpdate,
                "\(column) is in the shard key of \(table.schema.name): the row would move, and \(reason)",
                hint: "Delete the row and insert it anew.")
        }
        if let child = referring(to: table) { throw refused("\(child) refers to it by a foreign key") }
        let columns = table.schema.columns.filter { !$0.isGenerated }
        var values: [String: Expression] = [:]
        for assignment in update.assignments {
            guard assignment.columns.count == 1, !assignment.isTuple, assignment.columns[0].suffix == nil else {
                throw refused("columns are set together or in part")
            }
            if case .defaultValue = assignment.value.unparenthesized { throw refused("a column is set to its DEFAULT") }
            values[ServerSurvey.text(assignment.columns[0].name)] = assignment.value
        }
        let alias = update.table.alias?.name ?? update.table.name.name
        let items = columns.map { column in
            let own = Expression.column(ColumnReference([alias, Identifier(column.name, quote: .double)]))
            guard let value = values[column.name] else { return SelectItem(.expression(own)) }
            let type = column.declaredType ?? "text"
            // Lengths are checked by the insertion.
            let isText = type.hasPrefix("character") || type.hasPrefix("bit")
            return SelectItem(.expression(isText ? value : Self.cast(value, type)))
        }
        if update.from != nil, !update.returning.isEmpty { throw refused("RETURNING may name the tables of FROM") }
        let taking = DeleteStatement(
            table: update.table, using: update.from, where: update.where, returning: items)
        var inner = self
        inner.parsed.statement = .delete(taking)
        inner.isRewritten = true
        guard let types = inner.columns(of: .delete(taking)) else {
            throw refused("its new values cannot be told")
        }
        let own = try inner.survey {
            $0.visitWrite(
                update.table, from: update.from, condition: update.where, expressions: Self.expressions(items))
        }
        var source = try inner.write(own, update.table.name, condition: update.where, returnsRows: true)
        source.columns = types
        var tail = ""
        if !update.returning.isEmpty {
            let insert = InsertStatement(
                verb: .insert, table: ObjectName([Identifier("x")]), columns: [], source: .defaultValues,
                returning: update.returning)
            tail = self.tail(insert)
        }
        guard case .sharded(let sharding) = table.placement else { throw refused("it is not sharded") }
        let names = columns.map(\.name)
        let target = try self.target(
            table, names.compactMap { name in table.schema.columns.firstIndex { $0.name == name } })
        var head = update.table.alias.map { " AS " + $0.name.quoted } ?? ""
        head += " (" + names.map(ServerNames.quoted).joined(separator: ", ") + ")"
        if columns.contains(where: { $0.generator == "identity" }) { head += " OVERRIDING SYSTEM VALUE" }
        let insert = ServerInsertPlan(
            table: table.schema.name, target: target, names: ServerNames.names(of: table.schema.name, sharding),
            columns: head, source: .query(PlanBox(source), behind: []), tail: tail,
            returnsRows: !update.returning.isEmpty, returnsEachRow: true)
        return plan(
            .server(ServerPlan(.insert(insert), parameterTypes: parameterTypes)), .route,
            reasons: ["\(column) is in the shard key: rows go where their new key belongs"],
            tables: self.names(survey.references))
    }

    /// A table with a foreign key to another: deleting there would be refused, or cascade.
    func referring(to table: LogicalTable) -> String? {
        for other in topology.tables.values.sorted(by: { $0.schema.name < $1.schema.name }) {
            guard let parsed = try? Parser.parse(other.createSQL, dialect: .postgresql),
                case .createTable(let create) = parsed.statement,
                case .columns(let columns, let constraints) = create.content
            else { return other.schema.name }
            var targets: [ObjectName] = []
            for column in columns {
                for constraint in column.constraints {
                    if case .references(let reference) = constraint.kind { targets.append(reference.table) }
                }
            }
            for constraint in constraints {
                if case .foreignKey(_, let reference) = constraint.kind { targets.append(reference.table) }
            }
            if targets.contains(where: { ServerSurvey.text($0.name) == table.schema.name }) { return other.schema.name }
        }
        return nil
    }
}
