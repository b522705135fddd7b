extension SQLPrinter {
    mutating func statement(_ statement: Statement) {
        switch statement {
        case .select(let node): select(node)
        case .insert(let node): insert(node)
        case .update(let node): update(node)
        case .delete(let node): delete(node)
        case .createTable(let node): createTable(node)
        case .createIndex(let node): createIndex(node)
        case .createView(let node): createView(node)
        case .createTrigger(let node): createTrigger(node)
        case .createVirtualTable(let node): createVirtualTable(node)
        case .alterTable(let node): alterTable(node)
        case .drop(let node): drop(node)
        case .transaction(let node): transaction(node)
        case .explain(let node): explain(node)
        case .pragma(let node): pragma(node)
        case .setting(let node): setting(node)
        case .showTopology(let node): showTopology(node)
        case .other(let node): putVerbatim(node.text)
        }
    }

    // MARK: INSERT

    private mutating func insert(_ node: InsertStatement) {
        if let with = node.with { self.with(with) }
        switch node.verb {
        case .insert: put("INSERT ")
        case .replace: put("REPLACE ")
        }
        conflictAction(node.conflictAction)
        put("INTO ")
        let replacement = objectName(node.table)
        if let alias = node.alias {
            put(" AS ")
            name(alias)
        } else if replacement != nil, !node.upserts.isEmpty || traits.returningSeesAlias && !node.returning.isEmpty {
            put(" AS ")
            name(node.table.name)
        }
        if !node.columns.isEmpty {
            put(" (")
            list(node.columns) { $0.insertColumn($1) }
            put(")")
        }
        if let overriding = node.overriding {
            let isWhole = overriding.asciiLowercased().hasPrefix("overriding")
            put(isWhole ? " " : " OVERRIDING ")
            putVerbatim(overriding)
            if !isWhole { put(" VALUE") }
        }
        put(" ")
        switch node.source {
        case .values(let values): self.values(values)
        case .select(let select): self.select(select)
        case .defaultValues: put("DEFAULT VALUES")
        }
        for upsert in node.upserts { self.upsert(upsert) }
        returning(node.returning, of: node.table, replacement)
    }

    private mutating func conflictAction(_ action: String?) {
        guard let action else { return }
        put("OR ")
        put(action)
        put(" ")
    }

    private mutating func insertColumn(_ column: InsertColumn) {
        name(column.name)
        if let suffix = column.suffix { putVerbatim(suffix) }
    }

    private mutating func upsert(_ clause: UpsertClause) {
        put(" ON CONFLICT")
        if let target = clause.target {
            switch target {
            case .columns(let columns, let condition):
                put(" (")
                list(columns) { $0.indexedColumn($1) }
                put(")")
                self.where(condition)
            case .constraint(let name):
                put(" ON CONSTRAINT ")
                self.name(name)
            }
        }
        switch clause.action {
        case .nothing: put(" DO NOTHING")
        case .update(let assignments, let condition):
            put(" DO UPDATE SET ")
            list(assignments) { $0.assignment($1) }
            self.where(condition)
        }
    }

    private mutating func assignment(_ assignment: Assignment) {
        if assignment.isTuple || assignment.columns.count > 1 {
            put("(")
            list(assignment.columns) { $0.insertColumn($1) }
            put(")")
        } else {
            list(assignment.columns) { $0.insertColumn($1) }
        }
        put(" = ")
        expression(assignment.value)
    }

    private mutating func returning(_ items: [SelectItem], of table: ObjectName, _ replacement: TableText?) {
        guard !items.isEmpty else { return }
        put(" RETURNING ")
        withUnaliased(table, traits.returningSeesAlias ? nil : replacement) { printer in
            printer.list(items) { $0.selectItem($1) }
        }
    }

    // MARK: UPDATE, DELETE

    private mutating func update(_ node: UpdateStatement) {
        if let with = node.with { self.with(with) }
        put("UPDATE ")
        conflictAction(node.conflictAction)
        tableReference(node.table)
        put(" SET ")
        list(node.assignments) { $0.assignment($1) }
        if let from = node.from {
            put(" FROM ")
            table(from)
        }
        self.where(node.where)
        whereCurrentOf(node.whereCurrentOf)
        returning(node.returning, of: node.table.name, replacement(of: node.table.name))
        writeTail(node.orderBy, node.limit)
    }

    private mutating func delete(_ node: DeleteStatement) {
        if let with = node.with { self.with(with) }
        put("DELETE FROM ")
        tableReference(node.table)
        if let using = node.using {
            put(" USING ")
            table(using)
        }
        self.where(node.where)
        whereCurrentOf(node.whereCurrentOf)
        returning(node.returning, of: node.table.name, replacement(of: node.table.name))
        writeTail(node.orderBy, node.limit)
    }

    private mutating func whereCurrentOf(_ cursor: Identifier?) {
        guard let cursor else { return }
        put(" WHERE CURRENT OF ")
        name(cursor)
    }

    private mutating func writeTail(_ terms: [OrderingTerm], _ limit: LimitClause?) {
        if !terms.isEmpty {
            put(" ")
            orderBy(terms)
        }
        if let limit { self.limit(limit) }
    }

    // MARK: The small ones

    private mutating func transaction(_ node: TransactionStatement) {
        guard node.text.isEmpty else { return putVerbatim(node.text) }
        switch node.action {
        case .begin(let mode):
            put("BEGIN")
            if let mode { put(" \(mode)") }
        case .commit: put("COMMIT")
        case .rollback: put("ROLLBACK")
        case .savepoint(let savepoint):
            put("SAVEPOINT ")
            name(savepoint)
        case .release(let savepoint):
            put("RELEASE SAVEPOINT ")
            name(savepoint)
        case .rollbackTo(let savepoint):
            put("ROLLBACK TO SAVEPOINT ")
            name(savepoint)
        }
    }

    private mutating func explain(_ node: ExplainStatement) {
        switch node.mode {
        case .plan: put("EXPLAIN ")
        case .queryPlan: put("EXPLAIN QUERY PLAN ")
        }
        if let options = node.options {
            putVerbatim(options)
            put(" ")
        }
        statement(node.statement)
    }

    private mutating func pragma(_ node: PragmaStatement) {
        put("PRAGMA ")
        if let schema = node.schema {
            name(schema)
            put(".")
        }
        name(node.name)
        guard let argument = node.argument else { return }
        switch argument {
        case .assigned(let value):
            put(" = ")
            putVerbatim(value)
        case .called(let value):
            put("(")
            putVerbatim(value)
            put(")")
        }
    }

    private mutating func setting(_ node: SettingStatement) {
        guard node.text.isEmpty else { return putVerbatim(node.text) }
        switch node.verb {
        case .set: put("SET ")
        case .reset: put("RESET ")
        case .show: put("SHOW ")
        }
        if let scope = node.scope { put("\(scope) ") }
        put(node.name)
        if let value = node.value {
            put(" = ")
            putVerbatim(value)
        }
    }

    private mutating func showTopology(_ node: ShowTopologyStatement) {
        put("SHOW ")
        switch node.subject {
        case .shards: put("SHARDS")
        case .tables: put("TABLES")
        case .slots: put("SLOTS")
        case .partitions(let table):
            put("PARTITIONS OF ")
            name(table)
        case .named(let words): put(words)
        }
    }
}
