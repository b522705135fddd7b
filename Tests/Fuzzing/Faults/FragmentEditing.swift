import ShardPlanner
import ShardSQL

extension PlanNode {
    /// The tree with its leaf replaced.
    func mappedScatter(_ change: (ScatterNode) -> ScatterNode) -> PlanNode {
        switch self {
        case .scatter(let scatter): return .scatter(change(scatter))
        case .aggregate(var node):
            node.input = node.input.mappedScatter(change)
            return .aggregate(node)
        case .distinct(var node):
            node.input = node.input.mappedScatter(change)
            return .distinct(node)
        case .limit(var node):
            node.input = node.input.mappedScatter(change)
            return .limit(node)
        case .project(var node):
            node.input = node.input.mappedScatter(change)
            return .project(node)
        case .finish(var node):
            node.input = node.input.mappedScatter(change)
            return .finish(node)
        }
    }
}

extension ScatterNode {
    /// The node with the statements of its parts changed; the shards' engines group then.
    func mappedStatements(_ change: (Statement) -> Statement) -> ScatterNode {
        var copy = self
        for index in parts.indices {
            copy.parts[index].statement = parts[index].statement.mapped(change)
        }
        if copy.parts.indices.contains(where: { copy.parts[$0].statement.sql != parts[$0].statement.sql }) {
            copy.grouping = nil
        }
        return copy
    }
}

extension FragmentTemplate {
    private static let mark = "hole_of_table_"

    /// The template with its statement changed; as it is where that cannot be read.
    func mapped(_ change: (Statement) -> Statement) -> FragmentTemplate {
        let text = sql.render { "\(Self.mark)\($0)_" }
        guard let parsed = try? Parser.parse(text, dialect: .sqlite).statement else { return self }
        let before = SQLPrinter.print(parsed, options: .init(dialect: .sqlite))
        let after = SQLPrinter.print(change(parsed), options: .init(dialect: .sqlite))
        guard after != before else { return self }
        var copy = self
        copy.sql = SQLTemplate(pieces: Self.pieces(after))
        return copy
    }

    private static func pieces(_ text: String) -> [SQLTemplate.Piece] {
        var pieces: [SQLTemplate.Piece] = []
        var rest = text[...]
        while let hole = rest.firstRange(of: mark) {
            if hole.lowerBound > rest.startIndex { pieces.append(.text(String(rest[..<hole.lowerBound]))) }
            let digits = rest[hole.upperBound...].prefix { $0.isNumber }
            pieces.append(.table(Int(digits) ?? 0))
            rest = rest[digits.endIndex...].dropFirst()
        }
        if !rest.isEmpty { pieces.append(.text(String(rest))) }
        return pieces
    }
}
