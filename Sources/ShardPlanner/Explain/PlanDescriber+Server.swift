import ShardTopology
import ShardValues

extension PlanDescriber {
    func step(_ plan: ServerPlan) -> PlanStep {
        switch plan.work {
        case .coordinator(let sql):
            return PlanStep("coordinator", title: "coordinator: \(sql)", settings: [PlanSetting("sql", .text(sql))])
        case .finish(let finish):
            let sql = "\(finish.head)rows of the shards\(finish.tail)"
            return PlanStep(
                "finish", title: "the coordinator finishes: \(sql)",
                settings: [
                    PlanSetting("sql", .text(sql)), PlanSetting("types", .text(finish.types.joined(separator: ", "))),
                ], inputs: [step(finish.source.plan)])
        case .combine(let combine):
            let pieces = combine.pieces.map { piece in
                PlanStep(
                    "gather", title: "gather \(piece.table)",
                    settings: [PlanSetting("table", .text(piece.table))],
                    inputs: piece.sources.map { source in
                        let shard = source.shard.map { topology.shards[$0] } ?? "any shard"
                        let query = piece.query(of: source.name) { "$\($0 + 1)" }
                        return PlanStep(
                            "copy", title: "\(shard): \(query)",
                            settings: [PlanSetting("shard", .text(shard)), PlanSetting("sql", .text(query))])
                    })
            }
            return PlanStep(
                "combine", title: "the coordinator runs: \(combine.sql)",
                settings: [PlanSetting("sql", .text(combine.sql))], inputs: pieces)
        case .rehearse(let rehearsal):
            let pieces = rehearsal.tables.map { table in
                PlanStep(
                    "gather", title: "lock and gather \(table.name)",
                    settings: [PlanSetting("table", .text(table.name))])
            }
            return PlanStep(
                "rehearse", title: "the coordinator runs: \(rehearsal.sql); the shards do what it changed",
                settings: [PlanSetting("sql", .text(rehearsal.sql))], inputs: pieces)
        case .write(let write):
            return PlanStep(
                "write", title: "write \(write.table)", settings: [PlanSetting("table", .text(write.table))],
                places: places(write.route, write.statement))
        case .insert(let insert):
            var inputs: [PlanStep] = []
            if case .query(let query, _) = insert.source { inputs = [step(query.plan)] }
            return PlanStep(
                "insert", title: "insert into \(insert.table), each row where it belongs",
                settings: [PlanSetting("table", .text(insert.table))], inputs: inputs)
        }
    }
}
