import ShardBase
import ShardSQL
import ShardTopology
import ShardValues

/// Understands query blocks: what names mean, where rows are, and whether a block's answer can be computed partition
/// by partition. Throws the reason where it cannot.
///
/// The engine itself has already accepted the statement (it was described on the logical schema), so names that do not
/// resolve are the engine's business and not an error here.
final class BlockAnalyzer {
    let topology: Topology
    let operands: Operands
    /// Folded names of the session's TEMP tables.
    let temporaryTables: Set<String>
    /// Logical names of the tables touched, in order of appearance.
    private(set) var tables: [String] = []
    private(set) var touchesTemporary = false
    /// A subquery over broadcast tables that may answer differently on different shards (LIMIT, random()): the reason
    /// not to run the statement on several.
    private(set) var unstable: PlanningRefusal?
    private var nextSourceID = 0

    /// What the statement's hints name.
    private let hints: PartitionHints

    init(topology: Topology, operands: Operands, temporaryTables: Set<String>, hints: PartitionHints) {
        self.topology = topology
        self.hints = hints
        self.operands = operands
        self.temporaryTables = temporaryTables
    }

    // MARK: Blocks

    /// FROM and WHERE of a core, with all subqueries in its expressions checked against where its rows are.
    func relation(
        of core: SelectCore, orderBy: [OrderingTerm], in environment: Environment
    ) throws(PlanningRefusal) -> Relation {
        var relation = try relation(from: core.from, where: core.where, in: environment)
        var expressions: [Expression] = []
        for item in core.items { if case .expression(let expression) = item.content { expressions.append(expression) } }
        for element in core.groupBy { element.forEachGroupingExpression { expressions.append($0) } }
        if let having = core.having { expressions.append(having) }
        for window in core.windows { window.specification.forEachWindowExpression { expressions.append($0) } }
        expressions += orderBy.map(\.expression)
        for expression in expressions { try check(expression, &relation, environment) }
        return relation
    }

    /// A FROM clause and a condition, also those of UPDATE and DELETE.
    func relation(
        from: TableExpression?, where condition: Expression?, in environment: Environment
    ) throws(PlanningRefusal) -> Relation {
        let scope = Scope(parent: environment.scope)
        let conjuncts = condition?.conjuncts ?? []
        guard let from else {
            var relation = Relation(
                scope: scope, distribution: .anywhere, classes: environment.classes, conjuncts: conjuncts)
            for conjunct in conjuncts { try check(conjunct, &relation, environment, isConjunct: true) }
            return relation
        }
        let tree = try register(from, in: scope, environment)
        let locator = Locator(scope: scope, environment: environment, operands: operands)
        let distribution = try locator.locate(tree, where: conjuncts)
        var classes = environment.classes
        var inEveryRow = conjuncts
        for conjunct in conjuncts { classes.add(conjunct, in: scope) }
        tree.forEachTopInnerJoin { node in
            for conjunct in node.conjuncts { classes.add(conjunct, in: scope) }
            for pair in node.pairs { locator.addPair(pair, to: &classes) }
            inEveryRow += node.conjuncts
        }
        var relation = Relation(
            scope: scope, distribution: distribution, classes: classes, conjuncts: inEveryRow)
        for conjunct in conjuncts { try check(conjunct, &relation, environment, isConjunct: true) }
        for conjunct in onConjuncts(tree) { try check(conjunct, &relation, environment) }
        for source in scope.sources {
            for argument in functionArguments[source.id] ?? [] { try check(argument, &relation, environment) }
        }
        return relation
    }

    private var functionArguments: [Int: [Expression]] = [:]

    private func onConjuncts(_ tree: JoinTree) -> [Expression] {
        guard case .join(let node) = tree else { return [] }
        return onConjuncts(node.left) + onConjuncts(node.right) + node.conjuncts
    }

    /// Checks each subquery of an expression against where the block's rows are.
    func check(
        _ expression: Expression, _ relation: inout Relation, _ environment: Environment, isConjunct: Bool = false
    ) throws(PlanningRefusal) {
        for subquery in expression.subqueries(isConjunct: isConjunct) {
            try check(subquery, &relation, environment)
        }
    }

    private func check(
        _ subquery: FoundSubquery, _ relation: inout Relation, _ environment: Environment
    ) throws(PlanningRefusal) {
        var inner = Environment(scope: relation.scope, classes: relation.classes)
        inner.conjuncts = environment.conjuncts + relation.conjuncts.map { ($0, relation.scope) }
        inner.outer = environment.outer
        inner.commonTables = environment.commonTables
        if case .partitioned(let partitioned) = relation.distribution { inner.outer.append(partitioned) }
        let result = try analyze(subquery.select, in: inner, isExpression: true)
        switch (relation.distribution, result.distribution) {
        case (_, .anywhere): return
        case (.anywhere, .catalog), (.catalog, .catalog): relation.distribution = .catalog
        case (.anywhere, .shard): relation.distribution = result.distribution
        case (.shard(let a), .shard(let b)) where a == b: return
        case (.partitioned(let a), .partitioned(let b)) where a.isSamePlace(as: b): return
        case (.anywhere, .partitioned(var inner)) where inner.place != nil:
            inner.needsPlace = true
            inner.anchors = inner.anchors.map { _ in [] }
            inner.links = inner.anchors
            relation.distribution = .partitioned(inner)
        case (.partitioned(let outer), .partitioned(let inner)):
            // k IN (SELECT k …): the rows that can match a row lie in its own partition.
            if let operand = subquery.semijoinOperand, !inner.needsPlace, outer.group == inner.group,
                outer.links.count == 1,
                let id = relation.scope.columnID(of: operand),
                relation.classes.closure(outer.links[0]).contains(id), result.anchorColumns.count == 1,
                result.anchorColumns[0].contains(0)
            {
                return
            }
            throw PlanningRefusal(
                .subqueryAcrossShards,
                "a subquery reads rows of other partitions than the row it is computed for",
                hint: "Tie it to the outer query by equality of the shard keys, or run it first and bind its answer.")
        case (.anywhere, .partitioned), (.shard, .partitioned), (.partitioned, .shard), (.shard, .shard),
            (.catalog, .shard), (.catalog, .partitioned), (.shard, .catalog), (.partitioned, .catalog):
            throw PlanningRefusal(
                .subqueryAcrossShards, "a subquery reads rows that lie elsewhere than the rows around it",
                hint: "Run the subquery first and bind its answer.")
        }
    }

    // MARK: Subqueries

    /// A whole SELECT inside another statement. `isExpression`: it stands in an expression, so that being tied to an
    /// outer row by key equality makes it run where that row is (its distribution is then ``Distribution/anywhere``).
    func analyze(
        _ select: SelectStatement, in environment: Environment, isExpression: Bool
    ) throws(PlanningRefusal) -> BlockResult {
        let environment = try adding(select.with, to: environment)
        var result = try analyze(
            select.body, orderBy: select.orderBy, in: environment, isExpression: isExpression)
        if let limit = select.limit {
            switch result.distribution {
            case .partitioned(var partitioned):
                if partitioned.place != nil {
                    partitioned.needsPlace = true
                    result.distribution = .partitioned(partitioned)
                } else {
                    throw PlanningRefusal(
                        .limitAcrossShards, "a LIMIT in a subquery would be applied on each shard by itself",
                        hint: "Put the LIMIT on the outer query, or tie the subquery to one shard key value.")
                }
            case .anywhere:
                if !(isExpression && tiedToOuter) {
                    unstable =
                        unstable
                        ?? PlanningRefusal(
                            .limitAcrossShards,
                            "a subquery with LIMIT over broadcast tables may take other rows on each shard")
                }
            case .catalog, .shard: break
            }
            for expression in [limit.count, limit.offset] {
                guard let expression, !expression.subqueries().isEmpty else { continue }
                throw PlanningRefusal(.limitAcrossShards, "a LIMIT computed by a subquery is not supported")
            }
        }
        return result
    }

    /// Whether the last expression subquery analysed was tied to its outer row.
    private var tiedToOuter = false

    private func analyze(
        _ body: SelectBody, orderBy: [OrderingTerm], in environment: Environment, isExpression: Bool
    ) throws(PlanningRefusal) -> BlockResult {
        switch body {
        case .core(let core):
            return try analyze(core, orderBy: orderBy, in: environment, isExpression: isExpression)
        case .values(let values):
            var relation = Relation(
                scope: Scope(parent: environment.scope), distribution: .anywhere, classes: environment.classes,
                conjuncts: [])
            for row in values.rows { for value in row.values { try check(value, &relation, environment) } }
            let width = values.rows.first?.values.count ?? 0
            let columns = (0..<width).map {
                OutputColumn(name: "column\($0 + 1)", affinity: nil, collation: nil, isNotNull: false, origin: nil)
            }
            return BlockResult(columns: columns, distribution: relation.distribution)
        case .table(let name):
            return try analyze(.all(from: name, nil), in: environment, isExpression: isExpression)
        case .nested(let select):
            return try analyze(select, in: environment, isExpression: isExpression)
        case .compound(let compound):
            let left = try analyze(compound.left, orderBy: [], in: environment, isExpression: isExpression)
            let right = try analyze(compound.right, orderBy: [], in: environment, isExpression: isExpression)
            return try combine(left, right, compound)
        }
    }

    private func analyze(
        _ core: SelectCore, orderBy: [OrderingTerm], in environment: Environment, isExpression: Bool
    ) throws(PlanningRefusal) -> BlockResult {
        var relation = try relation(of: core, orderBy: orderBy, in: environment)
        try refuseOuterAggregates(core, orderBy, relation.scope)
        tiedToOuter = false
        if case .partitioned(var partitioned) = relation.distribution, partitioned.place != nil {
            do throws(PlanningRefusal) {
                try refuseUnlessPerPartition(core, relation)
            } catch {
                partitioned.needsPlace = true
                relation.distribution = .partitioned(partitioned)
            }
        } else if case .partitioned(let partitioned) = relation.distribution {
            if environment.outer.contains(where: { isTied(partitioned, relation.classes, to: $0) }) {
                relation.distribution = .anywhere
                tiedToOuter = true
            } else {
                try refuseUnlessPerPartition(core, relation)
            }
        }
        noteVolatility(of: core, relation)
        let columns = outputColumns(of: core, relation.scope)
        var anchorColumns: [Set<Int>] = []
        if case .partitioned(let partitioned) = relation.distribution {
            anchorColumns = partitioned.anchors.map { anchor in
                let all = relation.classes.closure(anchor)
                return Set(columns.indices.filter { columns[$0].origin.map(all.contains) ?? false })
            }
        }
        return BlockResult(columns: columns, distribution: relation.distribution, anchorColumns: anchorColumns)
    }

    /// An aggregate over columns of an outer query alone is an aggregate of that query, wherever it stands.
    /// (Counter-example: `SELECT (SELECT avg(a)) FROM t` has one row.)
    private func refuseOuterAggregates(
        _ core: SelectCore, _ orderBy: [OrderingTerm], _ scope: Scope
    ) throws(PlanningRefusal) {
        for call in CoreShape(of: core, orderBy: orderBy).aggregates {
            var isOuter = false
            var isOwn = false
            for part in call.arguments.map(\.value) + [call.filter].compactMap({ $0 }) {
                part.forEachColumn { reference in
                    guard let id = scope.columnID(of: .column(reference)) else { return }
                    if scope.sources.contains(where: { $0.id == id.source }) { isOwn = true } else { isOuter = true }
                }
                // Whose columns a subquery in it reads is not looked for.
                if scope.parent != nil, !part.subqueries().isEmpty { isOuter = true }
            }
            if isOuter && !isOwn {
                throw PlanningRefusal(
                    .aggregateAcrossShards, "\(call.foldedName)() in a subquery is an aggregate of the query around it")
            }
        }
    }

    private func isTied(_ inner: Partitioned, _ classes: EqualityClasses, to outer: Partitioned) -> Bool {
        inner.group == outer.group && !inner.anchors.isEmpty
            && zip(inner.anchors, outer.links).allSatisfy { anchor, links in
                !classes.closure(anchor).isDisjoint(with: links)
            }
    }

    /// A subquery over random() in a place that is computed on several shards would differ between them.
    private func noteVolatility(of core: SelectCore, _ relation: Relation) {
        guard unstable == nil, case .anywhere = relation.distribution, !relation.scope.sources.isEmpty else { return }
        var expressions: [Expression] = core.where.map { [$0] } ?? []
        for item in core.items { if case .expression(let expression) = item.content { expressions.append(expression) } }
        if Volatility(of: expressions).isVolatile {
            unstable = PlanningRefusal(
                .functionNotModelled, "a subquery with a volatile function may answer differently on each shard")
        }
    }

    /// The block's answer is the union of its answers over the partitions, or a refusal says why not.
    private func refuseUnlessPerPartition(_ core: SelectCore, _ relation: Relation) throws(PlanningRefusal) {
        let shape = CoreShape(of: core, orderBy: [])
        if shape.isAggregated && !relation.containsKey(core.groupingExpressions(in: relation.scope)) {
            throw PlanningRefusal(
                .subqueryAcrossShards,
                "a subquery aggregates over rows of several shards before the outer query uses them",
                hint: "Group the subquery by the shard key, or run it first.")
        }
        for window in shape.windows(core) where !relation.containsKey(window.partitionBy) {
            throw PlanningRefusal(
                .windowAcrossShards, "a window in a subquery spans rows of several shards",
                hint: "Let PARTITION BY contain the shard key.")
        }
        if case .distinct = core.distinctness, !relation.showsKey(outputColumns(of: core, relation.scope)) {
            throw PlanningRefusal(
                .distinctAcrossShards, "a DISTINCT in a subquery compares rows of several shards",
                hint: "Select the shard key too, or put DISTINCT on the outer query.")
        }
    }

    private func combine(
        _ left: BlockResult, _ right: BlockResult, _ compound: CompoundSelect
    ) throws(PlanningRefusal) -> BlockResult {
        var result = left
        for index in result.columns.indices where index < right.columns.count {
            let other = right.columns[index]
            if result.columns[index].affinity?.conversion != other.affinity?.conversion {
                result.columns[index].affinity = nil
            }
            try result.columns[index].takeCollation(of: other)
            result.columns[index].isNotNull = result.columns[index].isNotNull && other.isNotNull
            result.columns[index].origin = nil
        }
        func refuse(_ message: String) -> PlanningRefusal { PlanningRefusal(.compoundAcrossShards, message) }
        switch (left.distribution, right.distribution) {
        case (.anywhere, .anywhere): return result
        case (.catalog, .catalog), (.catalog, .anywhere), (.anywhere, .catalog):
            result.distribution = .catalog
            return result
        case (.shard(let a), .shard(let b)) where a == b: return result
        case (.shard, .anywhere): return result
        case (.anywhere, .shard):
            result.distribution = right.distribution
            return result
        case (.partitioned(var a), .anywhere) where a.place != nil:
            a.needsPlace = true
            result.distribution = .partitioned(a)
            result.anchorColumns = left.anchorColumns.map { _ in [] }
            return result
        case (.anywhere, .partitioned(var b)) where b.place != nil:
            b.needsPlace = true
            result.distribution = .partitioned(b)
            result.anchorColumns = right.anchorColumns.map { _ in [] }
            return result
        case (.partitioned(var a), .partitioned(let b)):
            result.anchorColumns = zip(left.anchorColumns, right.anchorColumns).map { $0.intersection($1) }
            let showsKey = !result.anchorColumns.isEmpty && result.anchorColumns.allSatisfy { !$0.isEmpty }
            if a.isSamePlace(as: b) {
                a.needsPlace = true
                result.distribution = .partitioned(a)
                return result
            }
            guard !a.needsPlace && !b.needsPlace else {
                throw refuse("\(compound.operator.rawValue) joins answers that are right in different places")
            }
            guard a.group == b.group else {
                throw refuse("\(compound.operator.rawValue) joins rows of tables that are not colocated")
            }
            guard (compound.operator == .union && compound.isAll) || showsKey else {
                throw refuse(
                    "\(compound.operator.rawValue) compares rows of several shards: both sides must show the shard key "
                        + "in the same column")
            }
            a.condition = KeyConditionBuilder.disjunction([a.condition, b.condition])
            a.place = nil
            result.distribution = .partitioned(a)
            return result
        case (.partitioned, .anywhere), (.anywhere, .partitioned), (.shard, .shard), (.shard, .partitioned),
            (.partitioned, .shard), (.catalog, .shard), (.catalog, .partitioned), (.shard, .catalog),
            (.partitioned, .catalog):
            throw refuse("\(compound.operator.rawValue) joins rows that lie in different places")
        }
    }

    /// The output columns of a core.
    func outputColumns(of core: SelectCore, _ scope: Scope) -> [OutputColumn] {
        let types = ExpressionTypes(scope: scope)
        var result: [OutputColumn] = []
        for item in core.items {
            switch item.content {
            case .wildcard(let wildcard):
                for (source, index) in scope.expand(wildcard) {
                    let column = source.columns[index]
                    result.append(
                        OutputColumn(
                            name: column.name, affinity: column.affinity, collation: column.collation,
                            isNotNull: column.isNotNull,
                            origin: source.isCoalesced.contains(column.name)
                                ? nil : ColumnID(source: source.id, column: index),
                            isRowIDOfSubquery: column.isRowIDOfSubquery))
                }
            case .expression(let expression):
                var name = item.alias?.folded
                var isNotNull = false
                var isRowIDOfSubquery = false
                if case .column(let reference) = expression.unparenthesized {
                    name = name ?? reference.name.folded
                    if case .column(_, let column) = scope.resolve(reference) {
                        isNotNull = column.isNotNull
                        isRowIDOfSubquery = column.isRowIDOfSubquery
                    }
                }
                result.append(
                    OutputColumn(
                        name: name, affinity: types.affinity(of: expression),
                        collation: types.collation(of: expression), isNotNull: isNotNull,
                        origin: scope.columnID(of: expression), isRowIDOfSubquery: isRowIDOfSubquery))
            }
        }
        return result
    }

    // MARK: WITH

    /// The environment with the common tables of a WITH clause.
    func adding(_ with: WithClause?, to environment: Environment) throws(PlanningRefusal) -> Environment {
        guard let with else { return environment }
        var environment = environment
        for table in with.tables {
            guard case .select(let select) = table.statement else {
                throw PlanningRefusal(.statementNotModelled, "a WITH clause that writes is not supported")
            }
            let names = table.columns.map(\.folded)
            let isRecursive = select.body.references(table.name.folded)
            if isRecursive {
                environment.commonTables[table.name.folded] = try recursive(table, select, names, environment)
            } else {
                environment.commonTables[table.name.folded] = CommonTable(
                    .query(select, environment), columnNames: names)
            }
        }
        return environment
    }

    /// A recursive CTE is understood once, with itself taken for a constant table: its rows must all lie in one place.
    private func recursive(
        _ table: CommonTableExpression, _ select: SelectStatement, _ names: [String], _ environment: Environment
    ) throws(PlanningRefusal) -> CommonTable {
        guard case .compound = select.body else { return CommonTable(.query(select, environment), columnNames: names) }
        let first = try analyze(select.body.firstArm, orderBy: [], in: environment, isExpression: false)
        var inner = environment
        inner.commonTables[table.name.folded] = CommonTable(.recursion(first.columns), columnNames: names)
        let whole = try analyze(select.body, orderBy: [], in: inner, isExpression: false)
        if case .partitioned(let partitioned) = whole.distribution, partitioned.place == nil {
            throw PlanningRefusal(
                .recursiveAcrossShards, "the recursive query \(table.name.text) follows rows over several shards",
                hint: "Tie it to one shard key value, or make the table it walks BROADCAST.")
        }
        return CommonTable(.query(select, inner), columnNames: names)
    }

    // MARK: FROM

    private func register(
        _ expression: TableExpression, in scope: Scope, _ environment: Environment
    ) throws(PlanningRefusal) -> JoinTree {
        switch expression {
        case .table(let reference):
            return .leaf(sourceID: try register(reference, in: scope, environment))
        case .subquery(let subquery):
            let result = try analyze(subquery.select, in: environment, isExpression: false)
            return .leaf(
                sourceID: add(
                    result, alias: subquery.alias?.name.folded ?? "",
                    names: subquery.alias?.columns.map(\.folded) ?? [],
                    to: scope))
        case .function(let function):
            return .leaf(sourceID: try register(function, in: scope))
        case .parenthesized(let inner, let alias):
            if alias != nil {
                throw PlanningRefusal(.statementNotModelled, "a joined table with an alias of its own is not supported")
            }
            return try register(inner, in: scope, environment)
        case .verbatim(let verbatim, _):
            throw PlanningRefusal(.statementNotModelled, "\(verbatim.kind) in FROM is not supported")
        case .join(let join):
            let left = try register(join.left, in: scope, environment)
            let right = try register(join.right, in: scope, environment)
            var node = JoinTree.Node(left: left, right: right, kind: join.kind, conjuncts: [], pairs: [])
            switch join.constraint {
            case .on(let condition): node.conjuncts = condition.conjuncts
            case .using(let columns, _):
                for column in columns { merge(column.folded, &node, scope) }
            case nil:
                if join.isNatural {
                    for name in commonNames(left, right, scope) { merge(name, &node, scope) }
                }
            }
            return .join(node)
        }
    }

    private func commonNames(_ left: JoinTree, _ right: JoinTree, _ scope: Scope) -> [String] {
        let leftNames = Set(
            left.sourceIDs.compactMap(scope.source).flatMap { source in
                source.columns.map(\.name).filter { !source.merged.contains($0) }
            })
        var result: [String] = []
        for source in right.sourceIDs.compactMap(scope.source) {
            for column in source.columns
            where !source.merged.contains(column.name) && leftNames.contains(column.name)
                && !result.contains(column.name)
            {
                result.append(column.name)
            }
        }
        return result
    }

    /// USING (name): the right side's column is equal to the left's and no longer seen by its bare name.
    private func merge(_ name: String, _ node: inout JoinTree.Node, _ scope: Scope) {
        func first(_ tree: JoinTree) -> (Int, ColumnID)? {
            for id in tree.sourceIDs {
                guard let position = scope.sources.firstIndex(where: { $0.id == id }) else { continue }
                let source = scope.sources[position]
                if !source.merged.contains(name), let column = source.column(named: name) {
                    return (position, ColumnID(source: id, column: column))
                }
            }
            return nil
        }
        guard let left = first(node.left), let right = first(node.right) else { return }
        node.pairs.append((left.1, right.1))
        scope.sources[right.0].merged.insert(name)
        switch node.kind {
        case .right, .full: scope.sources[left.0].isCoalesced.insert(name)
        case .comma, .inner, .cross, .left: break
        }
    }

    private func newSourceID() -> Int {
        nextSourceID += 1
        return nextSourceID
    }

    private func register(
        _ reference: TableReference, in scope: Scope, _ environment: Environment
    ) throws(PlanningRefusal) -> Int {
        let name = reference.name.name.folded
        let alias = reference.alias?.name.folded ?? name
        if reference.name.schema == nil, let common = environment.commonTables[name] {
            switch common.kind {
            case .recursion(let columns):
                return add(
                    BlockResult(columns: columns, distribution: .anywhere), alias: alias, names: common.columnNames,
                    to: scope)
            case .query(let select, let defining):
                var inside = defining
                inside.outer = environment.outer
                let result = try analyze(select, in: inside, isExpression: false)
                return add(result, alias: alias, names: common.columnNames, to: scope)
            }
        }
        if let schema = reference.name.schema?.folded,
            schema == "temp" || temporaryTables.contains(name) && schema == "temp"
        {
            return registerTemporary(alias, in: scope)
        }
        if reference.name.schema == nil, temporaryTables.contains(name) { return registerTemporary(alias, in: scope) }
        if BlockAnalyzer.catalogTables.contains(name) || name.hasPrefix("pragma_") {
            let id = newSourceID()
            scope.sources.append(Source(id: id, alias: alias, columns: [], table: nil, distribution: .catalog))
            return id
        }
        guard let table = topology.table(named: name) else {
            throw PlanningRefusal(
                .statementNotModelled, "\(reference.name.name.text) is not a table of the logical schema")
        }
        return try add(table, alias: alias, to: scope)
    }

    static let catalogTables: Set<String> = ["sqlite_master", "sqlite_schema"]

    private func registerTemporary(_ alias: String, in scope: Scope) -> Int {
        touchesTemporary = true
        let id = newSourceID()
        scope.sources.append(Source(id: id, alias: alias, columns: [], table: nil, distribution: .anywhere))
        return id
    }

    /// A base table as a source.
    @discardableResult
    func add(_ table: LogicalTable, alias: String, to scope: Scope) throws(PlanningRefusal) -> Int {
        let id = newSourceID()
        if !tables.contains(table.schema.name) { tables.append(table.schema.name) }
        let columns = table.schema.columns.enumerated().map { ordinal, column in
            // A rowid has no collation, not even the binary one.
            SourceColumn(
                name: column.name.asciiLowercased(), affinity: column.affinity,
                collation: ordinal == table.schema.rowIDColumn ? nil : column.collation,
                isNotNull: column.isNotNull)
        }
        let distribution: Distribution
        switch table.placement {
        case .broadcast: distribution = .anywhere
        case .single(let shard): distribution = .shard(shard)
        case .sharded(let sharding):
            if sharding.partitions.count == 1 && sharding.partitions[0].physicalName == table.schema.name {
                distribution = .shard(sharding.partitions[0].shard)
            } else {
                let keys = sharding.keyColumns.map { Set([ColumnID(source: id, column: $0)]) }
                var partitioned = Partitioned(
                    sharding: sharding, anchors: keys, links: keys, condition: .all, place: nil)
                if let chosen = try hints.partition(of: sharding, in: topology) {
                    partitioned.condition = .partitions([chosen])
                    partitioned.place = [.constant(.integer(Int64(chosen)))]
                }
                distribution = .partitioned(partitioned)
            }
        }
        scope.sources.append(
            Source(id: id, alias: alias, columns: columns, table: table, distribution: distribution))
        return id
    }

    /// A derived table as a source: its key columns are the output columns that show the key.
    private func add(_ result: BlockResult, alias: String, names: [String], to scope: Scope) -> Int {
        let id = newSourceID()
        let columns = result.columns.enumerated().map { index, column in
            SourceColumn(
                name: index < names.count ? names[index] : column.name ?? "", affinity: column.affinity,
                collation: column.collation ?? (column.origin == nil ? .binary : nil), isNotNull: column.isNotNull,
                isRowIDOfSubquery: column.collation == nil && column.origin != nil)
        }
        var distribution = result.distribution
        if case .partitioned(var partitioned) = distribution {
            partitioned.anchors = result.anchorColumns.map { ordinals in
                Set(ordinals.map { ColumnID(source: id, column: $0) })
            }
            partitioned.links = partitioned.anchors
            distribution = .partitioned(partitioned)
        }
        scope.sources.append(Source(id: id, alias: alias, columns: columns, table: nil, distribution: distribution))
        return id
    }

    private func register(_ function: FunctionTable, in scope: Scope) throws(PlanningRefusal) -> Int {
        let name = function.call.foldedName
        let id = newSourceID()
        let distribution: Distribution
        if name.hasPrefix("pragma_") {
            distribution = .catalog
        } else if FunctionTraits.tableFunctions.contains(name) {
            distribution = .anywhere
        } else {
            throw PlanningRefusal(.functionNotModelled, "the table function \(name) is not known")
        }
        functionArguments[id] = function.call.arguments.map(\.value)
        let columns = (FunctionTraits.tableFunctionColumns[name] ?? []).map {
            SourceColumn(name: $0, affinity: .blob, collation: .binary, isNotNull: false)
        }
        scope.sources.append(
            Source(
                id: id, alias: function.alias?.name.folded ?? name, columns: columns, table: nil,
                distribution: distribution))
        return id
    }
}
