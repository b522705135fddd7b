import ShardTopology
import ShardValues

/// Describes INSERT … VALUES: which rows go where, as far as their keys are known before the run.
///
/// The text of a place is the statement as it will be sent, unless values are made at the run (generated keys, computed
/// expressions): those stand there as written, and `<key>` for a generated one.
struct InsertDescriber {
    let describer: PlanDescriber
    let plan: InsertPlan

    func step() -> PlanStep {
        let count = plan.rows.count
        return PlanStep(
            "insert", title: "insert \(count) row\(count == 1 ? "" : "s") into \(plan.table)",
            settings: [PlanSetting("table", .text(plan.table)), PlanSetting("rows", .number(count))],
            places: places(Part(head: plan.head, tail: plan.tail, cells: plan.cold?.hotCells)),
            inputs: plan.cold.map { cold in
                let part = Part(head: cold.head, tail: cold.tail, cells: cold.coldCells)
                return [describer.coldPart(of: plan.table, places(part))]
            } ?? [])
    }

    /// What is sent of each row; `cells`: nil for all.
    private struct Part {
        var head: FragmentTemplate
        var tail: String
        var cells: [Int]?
    }

    private func places(_ part: Part) -> [PlanPlace] {
        let all = Array(plan.rows.indices)
        switch plan.target {
        case .single(let shard): return [place(shard, "the table is whole on it", partition: nil, all, part)]
        case .broadcast:
            return describer.topology.shards.indices.map {
                place($0, "every shard has a copy", partition: nil, all, part)
            }
        case .sharded(let sharding, let keyCells):
            var homes: [Int: [Int]] = [:]
            for row in all {
                guard let key = key(of: row, keyCells), let home = try? sharding.partition(of: key) else {
                    return undecided(sharding, part)
                }
                homes[home, default: []].append(row)
            }
            return Dictionary(grouping: homes.keys.sorted()) { sharding.partitions[$0].shard }
                .sorted { $0.key < $1.key }.map { shard, partitions in
                    var place = describer.place(shard, why: "the shard keys of its rows")
                    place.partitions = partitions
                    place.statements = partitions.map { statement(partition: $0, homes[$0] ?? [], part) }
                    return place
                }
        }
    }

    /// Some row's key is known at the run only: any partition may get rows.
    private func undecided(_ sharding: Sharding, _ part: Part) -> [PlanPlace] {
        Dictionary(grouping: sharding.partitions.indices) { sharding.partitions[$0].shard }.sorted { $0.key < $1.key }
            .map { shard, partitions in
                var place = describer.place(shard, why: "each row goes by its key, which is known at the run")
                place.partitions = partitions
                place.isCertain = false
                place.statements = partitions.map {
                    part.head.planned(partition: $0, followedBy: "<its rows>" + part.tail)
                }
                return place
            }
    }

    private func place(
        _ shard: ShardIndex, _ why: String, partition: Int?, _ rows: [Int], _ part: Part
    ) -> PlanPlace {
        var place = describer.place(shard, why: why)
        place.statements = [statement(partition: partition, rows, part)]
        return place
    }

    private func statement(partition: Int?, _ rows: [Int], _ part: Part) -> PlanStatement {
        part.head.planned(
            partition: partition,
            followedBy: rows.map { text(of: $0, part.cells) }.joined(separator: ", ") + part.tail)
    }

    private func text(of row: Int, _ chosen: [Int]?) -> String {
        if chosen == nil, let text = plan.rows[row].text { return text }
        let all = plan.rows[row].cells
        let cells = (chosen ?? Array(all.indices)).map { position in
            switch all[position] {
            case .literal(_, let text), .expression(let text), .volatile(let text): text
            case .parameter(let index): "?\(index + 1)"
            case .generate: "<key>"
            }
        }
        return "(" + cells.joined(separator: ", ") + ")"
    }

    private func key(of row: Int, _ cells: [InsertPlan.KeyCell]) -> [Value]? {
        var key: [Value] = []
        for cell in cells {
            switch cell {
            case .constant(let value): key.append(value)
            case .cell(let position):
                guard let value = value(row, position) else { return nil }
                key.append(value)
            case .cellOrDefault(let position, let replacement):
                guard let value = value(row, position) else { return nil }
                key.append(value == .null ? replacement : value)
            case .generated:
                guard let cell = plan.generated?.cell, let value = value(row, cell) else { return nil }
                key.append(value)
            }
        }
        return key
    }

    private func value(_ row: Int, _ cell: Int) -> Value? {
        switch plan.rows[row].cells[cell] {
        case .literal(let value, _):
            // NULL in a generated key's cell asks for a key.
            if value == .null, plan.generated?.cell == cell { return nil }
            return value
        case .parameter(let index):
            guard index < describer.values.count else { return nil }
            let value = describer.values[index]
            return value == .null && plan.generated?.cell == cell ? nil : value
        case .expression, .volatile, .generate: return nil
        }
    }
}
