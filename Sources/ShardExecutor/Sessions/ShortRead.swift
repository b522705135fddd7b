import ShardPlanner
import ShardTopology

/// What a point read needs of its plan, in one object that is shared and never copied.
final class ShortRead: Sendable {
    let route: RouteResolver
    let statement: RenderedTemplate
    let columns: [PlanColumn]
    let rung: Rung
    let parameterCount: Int

    /// Nil when the plan is no short query, or needs values computed for each run.
    init?(_ plan: Plan, _ query: CompiledQuery?) {
        guard let query, query.plan.isShort, plan.extras.isEmpty else { return nil }
        route = query.route
        statement = query.whole
        columns = plan.columns
        rung = plan.rung
        parameterCount = plan.parameterCount
    }
}
