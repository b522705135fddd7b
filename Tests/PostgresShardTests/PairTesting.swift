import PostgresPair
import PostgresServer
import ShardKit
import Testing

/// A pair for the time of `body`.
func withPair<Result>(
    shards: Int = 2, _ change: (inout Configuration) -> Void = { _ in }, _ body: (PostgresPair) async throws -> Result
) async throws -> Result {
    let pair = try await PostgresPair.make(shards: shards, change)
    do {
        let result = try await body(pair)
        await pair.remove()
        return result
    } catch {
        await pair.remove()
        throw error
    }
}

extension PostgresPair {
    /// Runs definitions: the sharded text with its clauses, the plain one without.
    func define(_ sql: String, sharding: String = "") async throws {
        _ = try await sharded.execute(SQLText(sql + (sharding.isEmpty ? "" : " " + sharding), values: []))
        _ = try await plain.run(sql)
    }

    /// Statements that have to be answered, and rightly.
    func expectRight(
        _ statements: [String], values: [Value] = [], isOrdered: Bool = false,
        location: SourceLocation = #_sourceLocation
    ) async throws {
        try await sharded.withSession { session in
            for sql in statements {
                let isOrdered = isOrdered || sql.uppercased().contains("ORDER BY")
                let verdict = await compare(sql, values, isOrdered: isOrdered, in: session)
                #expect(verdict == .right, "\(sql)", sourceLocation: location)
            }
        }
    }

    /// A statement that has to be refused.
    func expectRefused(_ sql: String, _ code: ErrorCode, location: SourceLocation = #_sourceLocation) async throws {
        do {
            _ = try await sharded.execute(SQLText(sql, values: []))
            Issue.record("not refused: \(sql)", sourceLocation: location)
        } catch let error as ShardError {
            #expect(error.code == code, "\(sql): \(error)", sourceLocation: location)
        }
    }
}
