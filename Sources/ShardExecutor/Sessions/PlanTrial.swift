package import ShardPlanner

/// Another way to answer one statement than the one it would take: for this package's own tests, which compare ways
/// with one another and see that a plan with a fault is caught.
package struct PlanTrial: Sendable {
    /// Reads are gathered (rung 4) also where a cheaper rung would do.
    package var gathersReads: Bool
    /// Makes the plan that is run of the plan that was made.
    package var alter: @Sendable (Plan) -> Plan

    package init(gathersReads: Bool = false, alter: @escaping @Sendable (Plan) -> Plan = { $0 }) {
        self.gathersReads = gathersReads
        self.alter = alter
    }
}
