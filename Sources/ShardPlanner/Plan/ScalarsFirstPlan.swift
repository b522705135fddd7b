/// Subqueries of one value are asked first, then the statement with their values in their places; all as of one moment.
public struct ScalarsFirstPlan: Sendable {
    /// Queries of one row and one column, bound to the user's values.
    public var scalars: [PlanBox]
    /// The statement, bound to the user's values followed by those of the scalars.
    public var main: PlanBox
    /// What answers where a scalar fails: the engine itself computes it only if it is needed.
    public var fallback: PlanBox

    public init(scalars: [PlanBox], main: PlanBox, fallback: PlanBox) {
        self.scalars = scalars
        self.main = main
        self.fallback = fallback
    }
}
