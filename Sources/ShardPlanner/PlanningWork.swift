import ShardBase
import ShardSQL
import ShardTopology

/// What the planning of one statement shares: the statement, the tools, and the extra values found on the way.
struct PlanningWork {
    let parsed: ParsedStatement
    let facts: StatementFacts
    let planner: Planner
    let operands: Operands
    let analyzer: BlockAnalyzer
    let views: ViewExpansion
    let templates: TemplateBuilder

    /// - Parameter operands: those of the statement that this one is a part of; they are bound to the same values.
    init(parsed: ParsedStatement, facts: StatementFacts, planner: Planner, operands: Operands? = nil) {
        self.parsed = parsed
        self.facts = facts
        self.planner = planner
        self.operands = operands ?? Operands(dialect: planner.dialect, parameterCount: parsed.parameterNames.count)
        self.analyzer = BlockAnalyzer(
            topology: planner.topology, operands: self.operands, temporaryTables: planner.temporaryTables,
            hints: PartitionHints(parsed.hints))
        self.views = ViewExpansion(topology: planner.topology, dialect: planner.dialect)
        self.templates = TemplateBuilder(topology: planner.topology, dialect: planner.dialect)
    }

    var topology: Topology { planner.topology }

    /// The finished plan, with the extras collected so far.
    func plan(_ action: PlanAction, rung: Rung = .route, reasons: [String] = []) -> Plan {
        Plan(
            rung: rung, columns: facts.columns, action: action, parameterCount: parsed.parameterNames.count,
            extras: operands.extras, reasons: reasons, tables: analyzer.tables, topologyEpoch: topology.epoch)
    }

    /// The statement's text on a private or logical database: as the user wrote it.
    var sourceText: String {
        var text = Substring(parsed.source)
        while let last = text.last, last == ";" || last.isWhitespace { text.removeLast() }
        return String(text)
    }

    /// The statement's text with one clause cut out.
    func sourceText(without range: SourceRange?) -> String {
        guard let range, range.start >= 0 else { return sourceText }
        var bytes = Array(parsed.source.utf8)
        bytes.removeSubrange(Int(range.start)..<Int(range.end))
        while let last = bytes.last, last <= 0x20 || last == UInt8(ascii: ";") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The template of a whole statement. `rewritten`: views or values were replaced, so the user's own text does not do.
    func wholeTemplate(_ statement: Statement, isRewritten: Bool) throws(PlanningRefusal) -> FragmentTemplate {
        let template = try templates.template(statement)
        if template.sql.isConstant && !isRewritten {
            return FragmentTemplate(sql: SQLTemplate(pieces: [.text(sourceText)]), tables: [])
        }
        return template
    }
}
