import ShardSQL
import ShardTopology

/// What the pieces of a gathered statement say of the pieces after them: a row that is joined with nothing gathered before is not
/// wanted (``JoinLink``).
///
/// Where the shards have the rows of both tables together, they leave it out themselves, by `a.x IN (SELECT b.y FROM b
/// WHERE …)`; elsewhere the values of `b.y` are taken from what has been gathered of `b`, and are sent along.
struct JoinReduction {
    /// The condition under which each table done so far was gathered, by folded name; nil: every row.
    private var filters: [String: Expression?] = [:]
    /// Folded names of the tables that were not gathered whole.
    private var narrowed: Set<String> = []
    private var count = 0

    mutating func note(_ table: LogicalTable, _ filter: Expression?, isNarrowed: Bool) {
        let name = Topology.key(for: table.schema.name)
        filters[name] = .some(filter)
        if isNarrowed { narrowed.insert(name) }
    }

    mutating func nextNumber() -> Int {
        count += 1
        return count
    }

    /// Those to tables that were not gathered whole.
    func links(_ links: [JoinLink]) -> [JoinLink] {
        links.filter { narrowed.contains(Topology.key(for: $0.other)) }
    }

    /// The link as a condition on rows beside the other table's; nil where only what was gathered tells the other's rows.
    func condition(_ link: JoinLink) -> Expression? {
        guard let known = filters[Topology.key(for: link.other)], let filter = known else { return nil }
        return Self.condition(
            link.column,
            isIn: SelectStatement(
                body: .core(
                    SelectCore(
                        items: [SelectItem(.expression(Self.column(link.otherColumn)))],
                        from: .table(TableReference(ObjectName([Identifier(link.other)]))), where: filter))))
    }

    /// `column IN (SELECT value FROM json_each(keys))`
    static func condition(_ column: String, isIn keys: Expression) -> Expression {
        let call = FunctionCall(ObjectName([Identifier("json_each")]), arguments: [FunctionArgument(keys)])
        return condition(
            column,
            isIn: SelectStatement(
                body: .core(
                    SelectCore(
                        items: [SelectItem(.expression(Self.column("value")))], from: .function(FunctionTable(call))))))
    }

    private static func condition(_ column: String, isIn select: SelectStatement) -> Expression {
        .parenthesized(
            ParenthesizedExpression(
                .inList(InExpression(Self.column(column), isNegated: false, source: .subquery(select)))))
    }

    private static func column(_ name: String) -> Expression { .column(ColumnReference([Identifier(name)])) }

    /// The values of a gathered column, if they are few, and integers or texts without NUL, which JSON keeps as they are.
    static func keysSQL(of column: String, in table: String) -> String {
        """
        SELECT CASE WHEN count(*) <= \(KeyReduction.keyLimit) AND (count(*) = total(typeof(k) = 'integer') OR \
        count(*) = total(typeof(k) = 'text' AND instr(k, char(0)) = 0)) THEN json_group_array(k) FILTER (WHERE typeof(k) <> 'blob') END \
        FROM (SELECT DISTINCT \(column) AS k FROM \(table) WHERE \(column) IS NOT NULL \
        LIMIT \(KeyReduction.keyLimit + 1))
        """
    }
}
