import Testing

@testable import ShardBase

@Suite(.serialized)
struct FaultPointTests {
    @Test("an armed point fails at the hit it was armed for, and only there")
    func failsAtTheHit() async {
        await FaultPoints.withArmed(.commitBetweenShards, .error, onHit: 2) {
            #expect(throws: Never.self) { try FaultPoints.hit(.commitBetweenShards) }
            #expect(throws: Never.self) { try FaultPoints.hit(.commitAfterLast) }
            #expect { try FaultPoints.hit(.commitBetweenShards) } throws: {
                ($0 as? ShardError)?.message.contains("commit-between-shards") == true
            }
            #expect(throws: Never.self) { try FaultPoints.hit(.commitBetweenShards) }
        }
        #expect(throws: Never.self) { try FaultPoints.hit(.commitBetweenShards) }
    }

    @Test("a point armed for one task does not disturb another")
    func scopesAreApart() async {
        await FaultPoints.withArmed(.ddlBeforeShard, .error) {
            let outside = Task.detached { try FaultPoints.hit(.ddlBeforeShard) }
            await #expect(throws: Never.self) { try await outside.value }
            let inside = Task { try FaultPoints.hit(.ddlBeforeShard) }
            await #expect(throws: ShardError.self) { try await inside.value }
        }
    }

    @Test("a point armed for the whole process fails for any task until it is reset")
    func armsTheProcess() async {
        // In a process of its own: suites beside this one pass the same points.
        await #expect(processExitsWith: .success) {
            FaultPoints.arm(.sequenceAfterReserve, .error)
            let other = Task.detached { try FaultPoints.hit(.sequenceAfterReserve) }
            await #expect(throws: ShardError.self) { try await other.value }
            FaultPoints.arm(.sequenceAfterReserve, .error)
            FaultPoints.reset()
            #expect(throws: Never.self) { try FaultPoints.hit(.sequenceAfterReserve) }
        }
    }

    @Test("the environment's text arms what it names")
    func readsTheEnvironment() {
        let faults = FaultPoints.parse("commit-before-first=kill,ddl-after-shard=error:3")
        #expect(faults.map(\.point) == [.commitBeforeFirst, .ddlAfterShard])
        #expect(faults.map(\.action) == [.kill, .error])
        #expect(faults.map(\.hit) == [1, 3])
        #expect(FaultPoints.parse("").isEmpty)
    }

    @Test("a kill ends the process by SIGKILL")
    func killsTheProcess() async {
        await #expect(processExitsWith: .signal(9)) {
            FaultPoints.arm(.ddlBeforeCatalog, .kill)
            try FaultPoints.hit(.ddlBeforeCatalog)
        }
    }

    @Test("a fault that is not understood stops the process")
    func refusesUnknownFaults() async {
        await #expect(processExitsWith: .failure) {
            _ = FaultPoints.parse("commit-before-frist=kill")
        }
    }
}
