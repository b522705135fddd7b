import ShardBase
import ShardSQL
import ShardTopology

/// What an INSERT into a table split by column has in each part. The hot part is written first and has every key, so it
/// decides conflicts; the cold row follows.
///
/// A conflict on the primary key is one in both parts. A conflict on another UNIQUE constraint is one in the hot part alone,
/// about a row with another key: there REPLACE and ON CONFLICT are refused.
struct SplitInsert {
    let insert: InsertStatement
    let table: LogicalTable

    private var name: String { table.schema.name }

    /// The positions of the cells that a part has; the primary key's are in both.
    func cells(of part: TablePart, _ columns: [Int?]) -> [Int] {
        columns.indices.filter { position in
            guard let ordinal = columns[position] else { return part == .hot }
            return table.schema.primaryKey.contains(ordinal) || table.isCold(ordinal) == (part == .cold)
        }
    }

    func refuseConflictClauses(_ action: String?) throws(PlanningRefusal) {
        if let action, action != "ABORT", action != "IGNORE" {
            guard action == "REPLACE", table.schema.uniqueKeys.isEmpty,
                !table.schema.primaryKey.contains(where: { table.schema.columns[$0].defaultSQL != nil })
            else { throw SplitRewriting.refused("INSERT OR \(action) would act on one part of a row of \(name) alone") }
        }
        if action == "IGNORE", table.schema.isAutoIncrement {
            // A row left out takes a number there all the same, which the undoing of its other part would give back.
            throw SplitRewriting.refused("INSERT OR IGNORE into \(name), whose key is AUTOINCREMENT")
        }
        if !insert.upserts.isEmpty, !table.schema.uniqueKeys.isEmpty {
            throw SplitRewriting.refused(
                "ON CONFLICT on \(name), which has a UNIQUE constraint besides its primary key")
        }
        if !insert.upserts.isEmpty, action != nil {
            throw SplitRewriting.refused("ON CONFLICT and OR \(action ?? "") together on \(name)")
        }
        _ = try upserts(of: .hot)
        var returned = ColumnMentions(of: [])
        returned.add(insert.returning)
        guard scope.isWithin(.hot, returned) else {
            throw SplitRewriting.refused("RETURNING of an INSERT shows cold columns of \(name)")
        }
    }

    private var scope: SplitScope {
        SplitScope(table: table, names: [(insert.alias ?? insert.table.name).folded, "excluded"])
    }

    /// ON CONFLICT as a part has it: its own assignments. Without any, the hot row is written as it is, since it counts as
    /// changed, and the cold one left alone.
    func upserts(of part: TablePart) throws(PlanningRefusal) -> [UpsertClause] {
        guard insert.upserts.count < 2 else { throw SplitRewriting.refused("several ON CONFLICT clauses on \(name)") }
        return try insert.upserts.map { clause throws(PlanningRefusal) in
            if case .columns(_, .some)? = clause.target {
                throw SplitRewriting.refused("ON CONFLICT … WHERE on \(name), which has no partial unique index")
            }
            guard case .update(let assignments, let condition) = clause.action else { return clause }
            var own: [Assignment] = []
            var hasCold = false
            for assignment in assignments {
                guard let home = SplitRewriting.part(of: [assignment], table),
                    scope.isWithin(home, ColumnMentions(of: [assignment.value])),
                    !Volatility(of: assignment.value).hasSubquery, !setsKey(assignment)
                else {
                    throw SplitRewriting.refused("DO UPDATE sets a key of \(name), or one part from the other")
                }
                if home == .cold { hasCold = true }
                if home == part { own.append(assignment) }
            }
            if let condition {
                guard !hasCold, scope.isWithin(.hot, ColumnMentions(of: [condition])) else {
                    throw SplitRewriting.refused("DO UPDATE … WHERE on cold columns of \(name)")
                }
            }
            var result = clause
            if own.isEmpty {
                if part == .cold {
                    result.action = .nothing
                    return result
                }
                let key = Identifier(table.schema.columns[table.schema.primaryKey[0]].name)
                own = [
                    Assignment(
                        columns: [InsertColumn(key)],
                        value: .column(ColumnReference([key])))
                ]
            }
            result.action = .update(own, where: part == .hot ? condition : nil)
            return result
        }
    }

    private func setsKey(_ assignment: Assignment) -> Bool {
        assignment.columns.contains { column in
            guard let ordinal = table.schema.column(named: column.name.text) else { return true }
            return table.schema.primaryKey.contains(ordinal)
        }
    }

    /// The cold part's ON CONFLICT, as text.
    func coldTail(_ work: PlanningWork) throws(PlanningRefusal) -> String {
        if insert.upserts.isEmpty { return "" }
        // Printed under the logical name: columns qualified by it mean the cold table, whose name differs from place to place.
        let clauses = try upserts(of: .cold)
        for case .update(let assignments, _) in clauses.map(\.action) {
            for assignment in assignments {
                var isQualified = false
                assignment.value.forEachColumn {
                    if let table = $0.table, table.folded != "excluded" { isQualified = true }
                }
                if isQualified && insert.alias == nil {
                    throw SplitRewriting.refused("DO UPDATE qualifies a cold column by the name of \(name)")
                }
            }
        }
        var bare = insert
        bare.with = nil
        bare.columns = []
        bare.source = .defaultValues
        bare.returning = []
        bare.upserts = clauses
        let rewritten = ValueRewriting(operands: work.operands, fixesMoment: true).rewrite(.insert(bare))
        let text = SQLPrinter.print(rewritten, options: work.templates.options)
        guard let range = text.firstRange(of: " DEFAULT VALUES") else {
            throw PlanningRefusal(.internalError, "an INSERT was not printed as expected")
        }
        return String(text[range.upperBound...])
    }
}
