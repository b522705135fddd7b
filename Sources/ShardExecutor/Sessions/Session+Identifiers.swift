import ShardBase
import ShardPlanner
import ShardSQL
import ShardValues

/// `next_id()` and `next_ids()`.
extension Session {
    /// The calls of a text that no plan is known for; nil: it has none, or is wrong in another way, which planning will say.
    func identifierCalls(_ sql: String) throws -> IdentifierCalls? {
        guard IdentifierCalls.mayBe(in: sql), let parsed = try? Parser.parse(sql, dialect: database.dialect) else {
            return nil
        }
        return try IdentifierCalls(parsed, dialect: database.dialect)
    }

    /// Asks for the identifiers, and runs the statement with them.
    func run(_ calls: IdentifierCalls, values: [Value], _ schema: LogicalSchema) async throws -> Answer {
        let values = try await bound(calls, values)
        let cached: CachedPlan
        if let hit = findPlan(calls.sql, schema) {
            cached = hit
        } else {
            cached = try await compile(calls.sql, schema: schema)
        }
        return try await answerInTime(
            cached.compiled, values: try cached.values(values), schema: schema, sql: calls.sql)
    }

    /// The values of the statement that runs.
    func bound(_ calls: IdentifierCalls, _ values: [Value]) async throws -> [Value] {
        guard values.count == calls.parameterCount else {
            throw ExtraValues.wrongCount(calls.parameterCount, values.count)
        }
        var result: [Value] = []
        for binding in calls.bindings {
            switch binding {
            case .given(let index): result.append(values[index])
            case .call where calls.isExplained: result.append(.null)
            case .call(let call):
                let made = try await database.keySource.generators.identifiers(
                    tag: try call.tag.map { try Self.tag($0, values) },
                    count: try call.count.map { try Self.count($0, values) } ?? 1)
                guard call.isList else {
                    result.append(made.first.map(Value.integer) ?? .null)
                    continue
                }
                let list = made.map(\.description).joined(separator: ",")
                result.append(.text(database.server == nil ? "[\(list)]" : "{\(list)}"))
            }
        }
        return result
    }

    private static func tag(_ operand: IdentifierCalls.Operand, _ values: [Value]) throws -> String {
        switch operand {
        case .constant(let text): return text
        case .parameter(let index):
            guard case .text(let text) = values[index] else {
                throw ShardError(.valueRange, "the tag of next_id is a text")
            }
            return text
        }
    }

    private static func count(_ operand: IdentifierCalls.Operand, _ values: [Value]) throws -> Int {
        var count: Int64?
        switch operand {
        case .constant(let text): count = Int64(text)
        case .parameter(let index): if case .integer(let integer) = values[index] { count = integer }
        }
        guard let count, (0...1_000_000).contains(count) else {
            throw ShardError(.valueRange, "next_ids gives 0 to 1,000,000 identifiers")
        }
        return Int(count)
    }
}
