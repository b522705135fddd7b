import ShardBackend
import ShardBase
import ShardPlanner
import ShardSQLite
import ShardValues
import Testing

@testable import ShardExecutor

@Suite("Values of a run")
struct ExtraValuesTests {
    private func plan(_ extras: [ExtraValue], parameterCount: Int = 0) -> Plan {
        Plan(
            rung: .route, action: .catalogQuery(sql: "SELECT 1"), parameterCount: parameterCount, extras: extras,
            topologyEpoch: 1)
    }

    private func bound(_ plan: Plan, _ values: [Value], clock: any ShardClock = SystemClock()) async throws -> [Value] {
        try await ExtraValues.bound(
            plan, values: values, counters: SessionCounters(lastInsertRowID: 5, changes: 6, totalChanges: 7),
            clock: clock
        ) { sql, values in .text("\(sql)/\(values.count)") }
    }

    @Test("extras follow the user's values, in the plan's order")
    func order() async throws {
        let values = try await bound(
            plan(
                [
                    .fragmentLimit(count: .parameter(0), offset: .constant(3)), .changes, .totalChanges,
                    .lastInsertRowID,
                    .evaluated(sql: "SELECT 1"),
                ], parameterCount: 1), [.integer(10)])
        #expect(values == [.integer(10), .integer(13), .integer(6), .integer(7), .integer(5), .text("SELECT 1/1")])
    }

    @Test("a limit may stand on an expression that is computed later in the list")
    func limitOnExtra() async throws {
        let plan = plan([.fragmentLimit(count: .extra(1), offset: nil), .evaluated(sql: "SELECT 4")])
        let values = try await ExtraValues.bound(
            plan, values: [], counters: SessionCounters(), clock: SystemClock()
        ) { _, _ in .integer(4) }
        #expect(values == [.integer(4), .integer(4)])
    }

    @Test("too few and too many values are an error that counts both", arguments: [0, 1, 3])
    func wrongCount(count: Int) async throws {
        let error = await #expect(throws: ShardError.self) {
            _ = try await bound(plan([], parameterCount: 2), Array(repeating: .null, count: count))
        }
        #expect(error?.code == .parameters)
        let given = count == 1 ? "1 value was given" : "\(count) values were given"
        #expect(error?.message == "the statement has 2 parameters, \(given)")
    }

    @Test("an unknown last_insert_rowid() is refused")
    func unknownRowID() async throws {
        let error = await #expect(throws: ShardError.self) {
            _ = try await ExtraValues.bound(
                plan([.lastInsertRowID]), values: [], counters: SessionCounters(lastInsertRowID: nil),
                clock: SystemClock()
            ) { _, _ in .null }
        }
        #expect(error?.code == .functionNotModelled)
    }

    @Test("the moment is spelled as SQLite spells it")
    func moments() async throws {
        let engine = try SQLiteBackend().openPrivate()
        let statement = ShardStatement(
            """
            SELECT strftime('%Y-%m-%d %H:%M:%f', ?1 / 1000.0, 'unixepoch'), datetime(?1 / 1000, 'unixepoch'), \
            date(?1 / 1000, 'unixepoch'), time(?1 / 1000, 'unixepoch')
            """)
        var maker = ValueMaker(seed: 77)
        var milliseconds: [Int64] = [0, 951_782_400_000, 951_868_799_999, 4_107_542_399_000, 1_767_225_600_000]
        for _ in 0..<2000 {
            milliseconds.append(Int64(maker.number(0...8_000_000_000)) * 1000 + Int64(maker.number(0...999)))
        }
        for moment in milliseconds {
            let start = try await engine.query(statement, values: [.integer(moment)], rowLimit: 2)
            let values = try await bound(
                plan([.now, .currentTimestamp, .currentDate, .currentTime]), [],
                clock: ManualClock(wallMilliseconds: moment))
            // SQLite rounds the fraction of a double; only its last digit may differ there.
            #expect(Array(values.dropFirst()) == Array(start.batch.row(0).dropFirst()), "at \(moment)")
            if moment % 1000 == 0 { #expect(values[0] == start.batch.value(row: 0, column: 0), "at \(moment)") }
        }
        #expect(Moment(wallMilliseconds: -1).withMilliseconds == "1969-12-31 23:59:59.999")
    }
}
