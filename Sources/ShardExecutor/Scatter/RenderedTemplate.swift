import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQL
import ShardTopology
import Synchronization

/// A fragment template and its statements, each rendered at first need and then kept, so that connections find their
/// prepared statements by id.
final class RenderedTemplate: Sendable {
    let template: FragmentTemplate
    /// The statement of every place, where the text has no holes.
    private let constant: ShardStatement?
    /// By partition.
    private let statements: Mutex<[ShardStatement?]>

    init(_ template: FragmentTemplate) {
        self.template = template
        let isConstant = template.sql.tables.allSatisfy { number in
            switch template.tables[number] {
            case .fixed: true
            case .partitioned: false
            case .spelled(let names): names.count == 1
            }
        }
        constant =
            isConstant ? ShardStatement(template.text(partition: nil), parameterTypes: template.parameterTypes) : nil
        var count = 0
        for table in template.tables {
            switch table {
            case .fixed: break
            case .partitioned(let sharding): count = max(count, sharding.partitions.count)
            case .spelled(let names): count = max(count, names.count)
            }
        }
        statements = Mutex(Array(repeating: nil, count: isConstant ? 0 : count))
    }

    /// The statement for a partition; nil where the place is a whole shard.
    ///
    /// - Throws: `.internalError` when a partition's table is asked for at no partition: the planner's mistake.
    func statement(_ partition: Int?) throws(ShardError) -> ShardStatement {
        if let constant { return constant }
        guard let partition else {
            throw ShardError(.internalError, "a statement over partitions was sent to a whole shard")
        }
        let template = template
        let known = statements.withLock { statements -> ShardStatement? in
            guard partition < statements.count else { return nil }
            if let known = statements[partition] { return known }
            let made = ShardStatement(
                template.text(partition: partition), parameterTypes: template.parameterTypes)
            statements[partition] = made
            return made
        }
        guard let known else {
            throw ShardError(.internalError, "the statement has no partition \(partition)")
        }
        return known
    }

    /// The id of the statement for a partition, once ``statement(_:)`` has made it.
    func id(_ partition: Int?) -> UInt64? {
        if let constant { return constant.id }
        guard let partition else { return nil }
        return statements.withLock { $0.indices.contains(partition) ? $0[partition]?.id : nil }
    }

    /// The bytes that all renderings may take, for the plan cache's budget.
    var estimatedByteCount: Int {
        var text = 64
        for piece in template.sql.pieces {
            switch piece {
            case .text(let part): text += part.utf8.count + 32
            case .table: text += 32
            }
        }
        return text * (1 + statements.withLock { $0.count })
    }
}
