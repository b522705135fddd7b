import ShardBase
import ShardSQL
import ShardTopology

/// An UPDATE that sets columns of both parts of a split table, as two statements with the same condition. That is right where
/// the condition looks at the key alone (which neither changes), and each new value at its own part.
///
/// Counter-examples, which rung 4 answers: `SET name = bio, bio = name` (each part lacks the other's old value);
/// `SET name = 'x', bio = 'y' WHERE name = 'z'` (the second would find no row).
struct SplitUpdate {
    let table: LogicalTable

    init(_ table: LogicalTable) { self.table = table }

    /// Nil where one statement does, or two cannot.
    func parts(of statement: Statement) throws(PlanningRefusal) -> (hot: Statement, cold: Statement)? {
        guard table.isSplit, case .update(let update) = statement, update.with == nil, update.from == nil,
            update.limit == nil, update.conflictAction == nil || update.conflictAction == "ABORT",
            SplitRewriting.part(of: update.assignments, table) == nil
        else { return nil }
        let name = (update.table.alias?.name ?? update.table.name.name).folded
        let scope = SplitScope(table: table, names: [name])
        var hot = update
        var cold = update
        hot.assignments = []
        cold.assignments = []
        cold.returning = []
        for assignment in update.assignments {
            guard let part = SplitRewriting.part(of: [assignment], table), !setsKey(assignment),
                scope.isWithin(part, ColumnMentions(of: [assignment.value]))
            else { return nil }
            switch part {
            case .hot: hot.assignments.append(assignment)
            case .cold: cold.assignments.append(assignment)
            }
        }
        let condition = ColumnMentions(of: [update.where].compactMap { $0 })
        var returned = ColumnMentions(of: [])
        returned.add(update.returning)
        guard scope.isWithin(.hot, condition), scope.isWithin(.cold, condition), scope.isWithin(.hot, returned) else {
            return nil
        }
        return (.update(hot), .update(cold))
    }

    private func setsKey(_ assignment: Assignment) -> Bool {
        assignment.columns.contains { column in
            guard let ordinal = table.schema.column(named: column.name.text) else { return true }
            return table.schema.primaryKey.contains(ordinal)
        }
    }
}

/// What may be meant by names in a write to a split table.
struct SplitScope {
    let table: LogicalTable
    /// Folded names that a row of the table goes by.
    let names: [String]

    /// Whether all columns of the table that may be meant are in the part; the key is in both, a rowid without a column in
    /// the hot one.
    func isWithin(_ part: TablePart, _ mentions: ColumnMentions) -> Bool {
        let schema = table.schema
        if mentions.hasSchemaNames { return false }
        return names.allSatisfy { name in
            if part == .cold, schema.rowIDColumn == nil, mentions.mentionRowID(of: schema, called: name).isMentioned {
                return false
            }
            return !schema.columns.indices.contains { ordinal in
                table.isCold(ordinal) != (part == .cold) && !schema.primaryKey.contains(ordinal)
                    && mentions.mention(schema.columns[ordinal].name, of: name)
            }
        }
    }
}
