import Foundation
import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import Testing

/// Plans as text: `fixtures/plans/*.plans` hold statements and the plan of each, or its refusal.
///
/// `SHARDKIT_REWRITE_FIXTURES=1 swift test --filter PlanFixtureTests` writes them anew; a rewriting run fails, so that nobody
/// leaves the switch on.
@Suite("PlanFixtures")
struct PlanFixtureTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "fixtures/plans")

    static func files() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter { $0.hasSuffix(".plans") }
            .sorted()
    }

    @Test("every statement has the plan that is written down", arguments: files())
    func plansAreAsWritten(_ file: String) throws {
        let url = Self.folder.appending(path: file)
        let text = try String(contentsOf: url, encoding: .utf8)
        let topology = try ShopTopology.make()
        let isRewriting = ProcessInfo.processInfo.environment["SHARDKIT_REWRITE_FIXTURES"] != nil
        var rewritten = ""
        var count = 0
        for block in text.components(separatedBy: "\n\n") {
            let trimmed = block.trimmingCharacters(in: .newlines)
            if trimmed.isEmpty { continue }
            if trimmed.hasPrefix("#") {
                rewritten += trimmed + "\n\n"
                continue
            }
            let parts = trimmed.components(separatedBy: "\n----\n")
            let plan = Self.plan(of: parts[0], topology)
            rewritten += parts[0] + "\n----\n" + plan + "\n\n"
            count += 1
            if !isRewriting { #expect(parts.count == 2 && parts[1] == plan, "\(file): \(parts[0])\n\(plan)") }
        }
        #expect(count > 0)
        if isRewriting {
            try rewritten.write(to: url, atomically: true, encoding: .utf8)
            Issue.record("fixtures were rewritten; run again without the switch")
        }
    }

    static func plan(of sql: String, _ topology: Topology) -> String {
        do {
            let parsed = try Parser.parse(sql, dialect: .sqlite)
            let facts = StatementFacts(columns: columns(of: parsed.statement, topology), isReadOnly: true)
            let plan = try Planner(topology: topology, dialect: .sqlite).plan(parsed, description: facts)
            return ExplainText.lines(of: PlanDescription(of: plan, topology: topology)).joined(separator: "\n")
        } catch let error as ShardError {
            return "refused: \(error.code.rawValue): \(error.message)"
        } catch {
            return "error: \(error)"
        }
    }

    /// How many columns the engine would report. The names do not matter here.
    static func columns(of statement: Statement, _ topology: Topology) -> [PlanColumn] {
        guard case .select(let select) = statement, case .core(let core)? = Optional(select.body.arms[0]) else {
            return []
        }
        var count = 0
        for item in core.items {
            switch item.content {
            case .expression: count += 1
            case .wildcard(let wildcard): count += width(wildcard, core.from, topology)
            }
        }
        return (0..<count).map { PlanColumn(name: "c\($0)") }
    }

    private static func width(_ wildcard: Wildcard, _ from: TableExpression?, _ topology: Topology) -> Int {
        var count = 0
        SelectStatement(body: .core(SelectCore(items: [], from: from))).forEachTable { reference in
            let alias = reference.alias?.name.folded ?? reference.name.name.folded
            guard wildcard.qualifier == nil || wildcard.qualifier?.name.folded == alias else { return }
            count += topology.table(named: reference.name.name.text)?.schema.columns.count ?? 2
        }
        return count
    }
}
