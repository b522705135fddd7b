/// A plan's description as rows of text: one line per fact, indented by depth.
///
/// Texts of several places that differ by the physical table's name only are shown once, with how many more there are
/// like it.
///
/// ```
/// rung: merge
/// because: groups span partitions: partial aggregates are merged
/// tables: orders
/// shards: s0, s1, s2, s3
/// aggregate add counts 1
///   append
///     s0 orders_0: SELECT count(*) FROM orders_0 AS orders
///     … and 15 more like it, on s0, s1, s2, s3
/// ```
public struct ExplainText {
    public static var columns: [PlanColumn] { [PlanColumn(name: "plan", declaredType: "TEXT")] }

    private let isVerbose: Bool
    private var lines: [String] = []

    /// The lines of a description.
    ///
    /// - Parameter isVerbose: every text, however alike they are. Default false.
    public static func lines(of plan: PlanDescription, isVerbose: Bool = false) -> [String] {
        var text = ExplainText(isVerbose: isVerbose)
        text.describe(plan)
        return text.lines
    }

    private init(isVerbose: Bool) { self.isVerbose = isVerbose }

    private mutating func add(_ depth: Int, _ line: String) {
        lines.append(String(repeating: "  ", count: depth) + line)
    }

    private mutating func describe(_ plan: PlanDescription) {
        add(0, "rung: \(plan.rung.rawValue)")
        for reason in plan.reasons { add(0, "because: \(reason)") }
        if !plan.tables.isEmpty { add(0, "tables: \(plan.tables.joined(separator: ", "))") }
        let places = plan.shards
        add(0, "shards: \(Self.names(places))")
        describe(plan.merge, 0)
    }

    private mutating func describe(_ step: PlanStep, _ depth: Int) {
        // What passes through is shown by its text alone.
        let depth = step.name == "pass-through" ? depth - 1 : depth
        if step.name != "pass-through" { add(depth, step.title) }
        statements(step.places, depth + 1)
        for input in step.inputs { describe(input, depth + 1) }
    }

    private mutating func statements(_ places: [PlanPlace], _ depth: Int) {
        let sent = places.flatMap { place in place.statements.map { (place, $0) } }
        guard let first = sent.first else { return }
        if isVerbose {
            for (place, statement) in sent { add(depth, Self.line(place, statement)) }
            return
        }
        if sent.count > 1, sent.allSatisfy({ $0.1.sql == first.1.sql }) {
            let each = sent.count > places.count ? "\(sent.count) partitions on " : ""
            add(depth, "\(each)\(places.map(Self.name).joined(separator: ", ")): \(first.1.sql)")
            return
        }
        // Alike: the same but for one physical name, which the partition decides.
        var shown: [(shape: String, more: [PlanPlace], count: Int)] = []
        for (place, statement) in sent {
            let shape = statement.shape
            if let known = shown.firstIndex(where: { $0.shape == shape }) {
                if !shown[known].more.contains(where: { $0.shard == place.shard }) { shown[known].more.append(place) }
                shown[known].count += 1
            } else {
                shown.append((shape, [], 0))
                add(depth, Self.line(place, statement))
            }
        }
        for entry in shown where entry.count > 0 {
            add(depth, "… and \(entry.count) more like it, on \(entry.more.map(Self.name).joined(separator: ", "))")
        }
    }

    private static func line(_ place: PlanPlace, _ statement: PlanStatement) -> String {
        let partition = statement.partition.map { place.partitions.count > 1 ? " partition \($0)" : "" } ?? ""
        return "\(name(place))\(partition): \(statement.sql)"
    }

    private static func name(_ place: PlanPlace) -> String { place.shard ?? "any shard" }

    private static func names(_ places: [PlanPlace]) -> String {
        if places.isEmpty { return "none is asked" }
        let names = places.map(name).joined(separator: ", ")
        return places.first { !$0.isCertain }.map { "\(names) (\($0.why))" } ?? names
    }
}
