import ShardKit
import Testing

/// Sagas over a catalog.
@Suite("sagas", .serialized)
struct SagaTests {
    struct Order: Codable, Sendable {
        var item: String
    }
    struct Bad: Error {}

    static let quick = RetryPolicy(maximumAttempts: 3, first: .milliseconds(5))

    private func saga(
        _ log: Log, failing: String? = nil, with error: any Error = SagaFailure("broken"),
        compensationFails: Bool = false, recovery: Saga<Order>.Recovery = .backward
    ) -> Saga<Order> {
        @Sendable func act(_ name: String, _ context: SagaContext<Order>) throws {
            log.write("\(name) \(context.attempt)")
            if name == failing { throw error }
        }
        return Saga<Order>(
            "order", recovery: recovery, retry: Self.quick,
            steps: [
                .step("reserve") { context -> Int in
                    try act("reserve", context)
                    return context.input.item.count
                } compensate: { context in
                    log.write("undo reserve")
                    #expect(context.failure != nil)
                    #expect(context.idempotencyKey.hasSuffix("/reserve/compensation"))
                },
                .step("charge") { context in
                    #expect(try context.result(of: "reserve", as: Int.self) == 4)
                    #expect(context.idempotencyKey == context.id + "/charge")
                    try act("charge", context)
                } compensate: { context in
                    log.write("undo charge \(context.attempt)")
                    if compensationFails { throw Bad() }
                },
                .pivot("ship") { context in try act("ship", context) },
                .step("thank") { context in try act("thank", context) },
            ])
    }

    @Test("all steps run once, in order, and one request is one saga", arguments: Kind.all)
    func completes(kind: Kind) async throws {
        try await withDatabase(kind) { database in
            let log = Log()
            let saga = saga(log)
            let report = try await database.sagas.run(saga, Order(item: "book"), request: "17")
            #expect(report.state.status == .completed)
            #expect(log.lines == ["reserve 1", "charge 1", "ship 1", "thank 1"])
            let again = try await database.sagas.run(saga, Order(item: "book"), request: "17")
            #expect(again.id == report.id)
            let other = await #expect(throws: ShardError.self) {
                try await database.sagas.start(saga, Order(item: "pen"), request: "17")
            }
            #expect(other?.code == .alreadyExists)
            #expect(log.lines.count == 4)
            #expect(try await database.sagas.list().isEmpty)
            #expect(try await database.sagas.list(all: true).count == 1)
            #expect(try await database.sagas.forget(olderThan: .seconds(-10)) == 1)
        }
    }

    @Test("a step that fails for good is undone with all before it, last first", arguments: Kind.all)
    func compensates(kind: Kind) async throws {
        try await withDatabase(kind) { database in
            let log = Log()
            let saga = saga(log, failing: "charge")
            let error = await #expect(throws: ShardError.self) {
                try await database.sagas.run(saga, Order(item: "book"))
            }
            #expect(error?.code == .sagaCompensated)
            #expect(error?.message.contains("broken") == true)
            #expect(log.lines == ["reserve 1", "charge 1", "undo charge 1", "undo reserve"])
        }
    }

    @Test("a step that fails is tried again, as often as the policy says")
    func retries() async throws {
        try await withDatabase(.sqlite) { database in
            let log = Log()
            let saga = saga(log, failing: "charge", with: Bad())
            let error = await #expect(throws: ShardError.self) {
                try await database.sagas.run(saga, Order(item: "book"))
            }
            #expect(error?.code == .sagaCompensated)
            #expect(
                log.lines == ["reserve 1", "charge 1", "charge 2", "charge 3", "undo charge 1", "undo reserve"])
        }
    }

    @Test("behind the pivot a saga only goes forward, until somebody lets it go on")
    func attention() async throws {
        try await withDatabase(.sqlite) { database in
            database.sagas.options.poll = .milliseconds(20)
            let log = Log()
            let error = await #expect(throws: ShardError.self) {
                try await database.sagas.run(saga(log, failing: "thank"), Order(item: "book"))
            }
            #expect(error?.code == .sagaNeedsAttention)
            let open = try await database.sagas.list()
            #expect(open.count == 1 && open[0].state.status == .attention)
            // Mended: the same saga with other closures.
            try database.sagas.register(saga(log))
            #expect(try await database.sagas.retry(open[0].id))
            #expect(try await database.sagas.outcome(of: open[0].id).state.status == .completed)
            #expect(log.lines.last == "thank 1")
            #expect(log.lines.count { $0.hasPrefix("ship") } == 1)
        }
    }

    @Test("a compensation that keeps failing needs attention")
    func stuckCompensation() async throws {
        try await withDatabase(.sqlite) { database in
            let log = Log()
            let error = await #expect(throws: ShardError.self) {
                try await database.sagas.run(
                    saga(log, failing: "charge", compensationFails: true), Order(item: "book"))
            }
            #expect(error?.code == .sagaNeedsAttention)
            #expect(log.lines.filter { $0.hasPrefix("undo") } == ["undo charge 1", "undo charge 2", "undo charge 3"])
        }
    }

    @Test(
        "what a process leaves behind at any point is gone on with by another, and no step that is written down runs again",
        arguments: [
            FaultPoint.sagaAfterStart, .sagaBeforeStep, .sagaAfterStep, .sagaBeforeCompensation,
            .sagaAfterCompensation,
        ])
    func resumes(point: FaultPoint) async throws {
        var configuration = try Configuration.temporary(shardCount: 1)
        configuration.busyTimeout = .seconds(5)
        defer { configuration.removeFiles() }
        let failing = [.sagaBeforeCompensation, .sagaAfterCompensation].contains(point) ? "charge" : nil
        let log = Log()
        let first = try await ShardedDatabase.create(configuration)
        first.sagas.options.lease = .milliseconds(400)
        first.sagas.options.poll = .seconds(100)
        _ = await FaultPoints.withArmed(point, .error) {
            let id = try? await first.sagas.start(self.saga(log, failing: failing), Order(item: "book"), request: "1")
            try? await Task.sleep(for: .milliseconds(200))
            return id
        }
        await first.close()
        let second = try await ShardedDatabase.open(configuration)
        second.sagas.options.poll = .milliseconds(20)
        try second.sagas.register(saga(log, failing: failing))
        let id = try #require(try await second.sagas.list().first?.id)
        if failing == nil {
            #expect(try await second.sagas.outcome(of: id, within: .seconds(20)).state.status == .completed)
        } else {
            let error = await #expect(throws: ShardError.self) {
                try await second.sagas.outcome(of: id, within: .seconds(20))
            }
            #expect(error?.code == .sagaCompensated)
        }
        let names = log.lines.map { $0.split(separator: " ").filter { Int($0) == nil }.joined(separator: " ") }
        // The one that had begun may have run twice, one after the other.
        let once = names.enumerated().filter { $0.offset == 0 || names[$0.offset - 1] != $0.element }.map(\.element)
        #expect(
            once
                == (failing == nil
                    ? ["reserve", "charge", "ship", "thank"] : ["reserve", "charge", "undo charge", "undo reserve"]))
        #expect(names.count <= once.count + 1)
        await second.close()
    }

    @Test("try, confirm, cancel: all confirm, or all that may have tried cancel")
    func tryConfirmCancel() async throws {
        try await withDatabase(.sqlite) { database in
            for failing in [nil, "hotel"] {
                let log = Log()
                let participants = ["flight", "hotel", "car"].map { name in
                    Saga<Order>.Participant(
                        name,
                        try: { _ in
                            log.write("try \(name)")
                            if name == failing { throw SagaFailure("full") }
                        }, confirm: { _ in log.write("confirm \(name)") }, cancel: { _ in log.write("cancel \(name)") })
                }
                let saga = Saga<Order>("trip", retry: Self.quick, participants: participants)
                if failing == nil {
                    try await database.sagas.run(saga, Order(item: "x"))
                    #expect(
                        log.lines
                            == ["try", "confirm"].flatMap { verb in
                                ["flight", "hotel", "car"].map { "\(verb) \($0)" }
                            })
                } else {
                    _ = await #expect(throws: ShardError.self) { try await database.sagas.run(saga, Order(item: "x")) }
                    #expect(log.lines == ["try flight", "try hotel", "cancel hotel", "cancel flight"])
                }
            }
        }
    }

    @Test("a message starts a saga once, however often it comes")
    func byEvent() async throws {
        try await withDatabase(.sqlite) { database in
            let outbox = Outbox("shop")
            try await outbox.create(in: database)
            _ = try await database.withTransaction { transaction in
                try await outbox.send(OutboxMessage(key: "k", payload: "book"), in: transaction)
            }
            let log = Log()
            let saga = saga(log)
            let relay = OutboxRelay(outbox, of: database) { delivery in
                try await database.sagas.start(saga, Order(item: delivery.message.payload), by: delivery)
            }
            await FaultPoints.withArmed(.outboxAfterHandling, .error) {
                _ = await #expect(throws: ShardError.self) { try await relay.runOnce() }
            }
            #expect(try await relay.runOnce() == 1)
            let sagas = try await database.sagas.list(all: true)
            #expect(sagas.count == 1)
            try await database.sagas.outcome(of: sagas[0].id, within: .seconds(20))
            #expect(log.lines.count == 4)
        }
    }

    @Test("a definition whose steps have changed stops the sagas under way instead of guessing")
    func changedDefinition() async throws {
        var configuration = try Configuration.temporary(shardCount: 1)
        configuration.busyTimeout = .seconds(5)
        defer { configuration.removeFiles() }
        let first = try await ShardedDatabase.create(configuration)
        first.sagas.options.lease = .milliseconds(200)
        let id = try await FaultPoints.withArmed(.sagaBeforeStep, .error) {
            let id = try await first.sagas.start(saga(Log()), Order(item: "book"))
            try await Task.sleep(for: .milliseconds(100))
            return id
        }
        await first.close()
        let second = try await ShardedDatabase.open(configuration)
        second.sagas.options.poll = .milliseconds(20)
        try second.sagas.register(
            Saga<Order>("order", retry: Self.quick, steps: [.step("other") { (_: SagaContext<Order>) -> Void in }]))
        let error = await #expect(throws: ShardError.self) {
            try await second.sagas.outcome(of: id, within: .seconds(20))
        }
        #expect(error?.code == .sagaNeedsAttention)
        #expect(error?.message.contains("version") == true)
        await second.close()
    }

    @Test("definitions that make no sense are refused")
    func refusals() async throws {
        try await withDatabase(.sqlite) { database in
            func step(_ name: String) -> Saga<Order>.Step { .step(name) { (_: SagaContext<Order>) -> Void in } }
            for saga in [
                Saga<Order>("a", steps: []), Saga<Order>("a", steps: [step("x"), step("x")]),
                Saga<Order>("a/b", steps: [step("x")]),
                Saga<Order>("a", steps: [.pivot("x") { _ in }, .pivot("y") { _ in }]),
            ] {
                let error = #expect(throws: ShardError.self) { try database.sagas.register(saga) }
                #expect(error?.code == .configuration)
            }
            let error = await #expect(throws: ShardError.self) { try await database.sagas.outcome(of: "none") }
            #expect(error?.code == .notFound)
        }
    }
}
