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

    /// The plan of a statement on TEMP tables, which the session's private database runs.
    ///
    /// - Throws: where it reads tables on shards too: in the private database they have no rows.
    func temporaryPlan() throws(PlanningRefusal) -> Plan {
        // The engine does not say what INSERT … SELECT * FROM t reads where it copies the table's pages, so that the
        // text counts too; it does not say what triggers read.
        var reads = (facts.reads ?? []).map(\.table)
        var common: Set<String> = []
        parsed.statement.forEachCommonTable { common.insert($0.name.folded) }
        parsed.statement.forEachTable(includingSubqueries: true) { reference in
            let name = reference.name.name.folded
            switch reference.name.schema?.folded {
            case nil: if !planner.temporaryTables.contains(name), !common.contains(name) { reads.append(name) }
            case "temp"?: break
            case .some: reads.append(name)
            }
        }
        for read in reads {
            guard topology.table(named: read) != nil || topology.view(named: read) != nil else { continue }
            throw PlanningRefusal(
                .writeFromAcrossShards,
                "a TEMP table lives in the session alone and cannot meet \(read), which is on shards",
                hint: "Read the rows first and bind them.")
        }
        return plan(.privateStatement(sql: sourceText), reasons: ["TEMP tables live in the session"])
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
