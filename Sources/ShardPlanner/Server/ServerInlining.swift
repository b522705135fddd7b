import ShardSQL
import ShardTopology

/// Puts the queries of views and of common tables in the place of their names, as derived tables. A query that calls nothing
/// volatile gives the same rows however often it is run.
struct ServerInlining {
    let topology: Topology
    let functions: ServerFunctions
    private var lastRange: Int32

    /// - Parameter length: of the statement's text: names that are put in get places behind it, each its own.
    init(topology: Topology, functions: ServerFunctions, length: Int) {
        self.topology = topology
        self.functions = functions
        self.lastRange = Int32(clamping: length) &+ 1
    }

    private struct CommonTable {
        var select: SelectStatement
        var columns: [Identifier]
    }
    private struct Impossible: Error {}

    /// Nil where something stands in the way.
    mutating func inlined(_ select: SelectStatement) -> SelectStatement? {
        guard select.locking.isEmpty, let whole = try? expanded(select, depth: 0) else { return nil }
        return renumbered(whole)
    }

    private func expanded(_ select: SelectStatement, depth: Int) throws -> SelectStatement {
        guard depth < 32 else { throw Impossible() }
        var common: [String: CommonTable] = [:]
        var result = select
        result.with = nil
        if let with = select.with {
            guard !with.isRecursive else { throw Impossible() }
            for table in with.tables {
                guard case .select(let inner) = table.statement, table.suffix == nil else { throw Impossible() }
                common[ServerSurvey.text(table.name)] = CommonTable(
                    select: try replaced(inner, common, depth: depth), columns: table.columns)
            }
        }
        return try replaced(result, common, depth: depth)
    }

    /// The query with all names in it replaced; it has no WITH of its own any more.
    private func replaced(
        _ select: SelectStatement, _ common: [String: CommonTable], depth: Int
    ) throws -> SelectStatement {
        var isPlain = select.with == nil
        SyntaxNode.select(select).walk { node in
            switch node {
            case .select(let inner), .subquery(let inner):
                if inner.with != nil || !inner.locking.isEmpty { isPlain = false }
                if inner.body.arms.contains(where: { if case .table = $0 { true } else { false } }) { isPlain = false }
            case .expression(.function(let call)):
                if functions.volatility[ServerSurvey.text(call.name.name)] ?? .immutable == .volatile {
                    isPlain = false
                }
            case .statement, .commonTable, .table, .expression: break
            }
            return .descend
        }
        guard isPlain else { throw Impossible() }
        return try select.mappedTables(includingSubqueries: true) { table in
            guard case .table(let reference) = table else { return nil }
            let own = ServerSurvey.text(reference.name.name)
            let inner: SelectStatement
            var columns: [Identifier] = []
            if reference.name.schema == nil, let known = common[own] {
                inner = known.select
                columns = known.columns
            } else if case .view(let view) = ServerSurvey.relation(reference.name, in: topology) {
                guard let parsed = try? Parser.parse(view.createSQL, dialect: .postgresql),
                    case .createView(let create) = parsed.statement
                else { throw Impossible() }
                inner = try expanded(create.select, depth: depth + 1)
                columns = create.columns
            } else {
                return nil
            }
            var alias = reference.alias ?? TableAlias(name: reference.name.name)
            if alias.columns.isEmpty {
                alias.columns = columns
            } else if !columns.isEmpty {
                throw Impossible()
            }
            return .subquery(SubqueryTable(inner, alias: alias))
        }
    }

    /// Names that stand twice where they stood once would be taken for one.
    private mutating func renumbered(_ select: SelectStatement) -> SelectStatement {
        var last = lastRange
        let result = select.mappedTables(includingSubqueries: true) { table in
            guard case .table(var reference) = table else { return nil }
            reference.name.range = SourceRange(last, last + 1)
            reference.range = reference.name.range
            last += 2
            return .table(reference)
        }
        lastRange = last
        return result
    }
}
