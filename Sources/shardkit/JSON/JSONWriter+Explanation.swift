import ShardKit

extension JSONWriter {
    /// ```
    /// {"sql":…,"rung":…,"reasons":[…],"tables":[…],
    ///  "shards":[{"shard":"s0","certain":true,"partitions":[0],"why":…,"statements":[{"partition":0,"sql":…}]}],
    ///  "merge":{"operator":"limit","count":5,"inputs":[{"operator":"merge","sortedBy":[…],"shards":["s0",…]}]}}
    /// ```
    ///
    /// A shard that is null is any one shard; one that is not certain may be left out by values that are not bound yet.
    mutating func explanation(_ explanation: Explanation) {
        raw("{\"sql\":")
        string(explanation.sql)
        raw(",\"rung\":")
        string(explanation.rung.rawValue)
        raw(",\"reasons\":")
        strings(explanation.reasons)
        raw(",\"tables\":")
        strings(explanation.tables)
        raw(",\"shards\":")
        list(explanation.plan.shards) { $0.place($1) }
        raw(",\"merge\":")
        step(explanation.plan.merge)
        raw("}")
    }

    private mutating func place(_ place: PlanPlace) {
        raw("{\"shard\":")
        optional(place.shard)
        raw(",\"certain\":")
        bool(place.isCertain)
        raw(",\"partitions\":")
        list(place.partitions) { $0.integer(Int64($1)) }
        raw(",\"why\":")
        string(place.why)
        raw(",\"statements\":")
        list(place.statements) { writer, statement in
            writer.raw("{\"partition\":")
            if let partition = statement.partition { writer.integer(Int64(partition)) } else { writer.null() }
            writer.raw(",\"sql\":")
            writer.string(statement.sql)
            writer.raw("}")
        }
        raw("}")
    }

    private mutating func step(_ step: PlanStep) {
        raw("{\"operator\":")
        string(step.name)
        for setting in step.settings { member(setting) }
        if !step.places.isEmpty {
            raw(",\"shards\":")
            list(step.places) { $0.optional($1.shard) }
        }
        if !step.inputs.isEmpty {
            raw(",\"inputs\":")
            list(step.inputs) { $0.step($1) }
        }
        raw("}")
    }

    private mutating func member(_ setting: PlanSetting) {
        raw(",")
        string(setting.name)
        raw(":")
        content(setting.content)
    }

    private mutating func content(_ content: PlanSetting.Content) {
        switch content {
        case .text(let text): string(text)
        case .number(let number): integer(Int64(number))
        case .flag(let flag): bool(flag)
        case .list(let elements): list(elements) { $0.content($1) }
        case .settings(let settings):
            raw("{")
            for (index, setting) in settings.enumerated() {
                if index > 0 { raw(",") }
                string(setting.name)
                raw(":")
                self.content(setting.content)
            }
            raw("}")
        }
    }

    private mutating func optional(_ text: String?) {
        if let text { string(text) } else { null() }
    }
}
