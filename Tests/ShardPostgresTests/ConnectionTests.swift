import PostgresServer
import ShardBackend
import ShardBase
import ShardPostgres
import ShardValues
import Testing

@Suite(.enabled(if: PostgresInstallation.shouldTest), .timeLimit(.minutes(5)))
struct ConnectionTests {
    @Test("a statement answers with columns, rows and wire headers")
    func query() async throws {
        let connection = try await connect()
        let start = try await connection.query(
            ShardStatement("SELECT $1::int8 AS id, $2::text AS name, NULL::int4 AS nothing, true AS yes"),
            values: [7, "seven"], rowLimit: 10)
        #expect(start.columns.map(\.name) == ["id", "name", "nothing", "yes"])
        #expect(start.columns.map { $0.wire?.typeID } == [20, 25, 23, 16])
        #expect(start.columns.allSatisfy { $0.wire?.isBinary == true })
        #expect(start.cursor == nil)
        #expect(start.batch.row(0) == [.integer(7), .text("seven"), .null, .integer(1)])
    }
}
