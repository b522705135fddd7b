import Foundation
import ShardKit
import Testing

/// The examples of `docs/business-transactions.md`, compiled and run: what stands between the markers is there as it is here.
@Suite("examples of business transactions")
struct ExampleTests {
    struct Order: Codable, Sendable {
        var id: Int
        var item: String
        var total: Int
    }
    struct Trip: Codable, Sendable {}

    /// The world outside.
    struct Outside: Sendable {
        let log = Log()
        func write(_ text: String, fence: Int64) async throws { log.write("write \(text)") }
        func publish(_ text: String, id: String) async throws { log.write("publish \(text)") }
        func reserve(_ item: String, key: String) async throws { log.write("reserve \(item)") }
        func release(_ item: String, key: String) async throws { log.write("release \(item)") }
        func charge(_ total: Int, key: String) async throws { log.write("charge \(total)") }
        func ship(_ order: Order, key: String) async throws { log.write("ship \(order.item)") }
    }

    @Test("locks")
    func locks() async throws {
        try await withDatabase(.sqlite) { database in
            let (storage, report) = (Outside(), "figures")
            // docs
            try await database.withLock("nightly report") { lock in
                try await storage.write(report, fence: lock.token)
            }
            // end
            #expect(storage.log.lines == ["write figures"])
            @Sendable func tick() async throws { throw CancellationError() }
            await #expect(throws: CancellationError.self) {
                // docs
                try await database.withLeadership("scheduler") { lock in
                    while lock.isHeld { try await tick() }
                }
                // end
            }
        }
    }

    @Test("outbox and inbox")
    func messages() async throws {
        try await withDatabase(.sqlite) { database in
            let (broker, id, total, json, accountID) = (Outside(), 1, 20, "{}", 7)
            try await database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, total INT) SHARD BY HASH (id)")
            try await database.execute("CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INT) SHARD BY HASH (id)")
            // docs
            let outbox = Outbox("shop")
            try await outbox.create(in: database, keyType: "INTEGER", colocatedWith: "orders")  // once

            try await database.withTransaction { transaction in
                try await transaction.execute("INSERT INTO orders VALUES (\(id), \(total))")
                try await outbox.send(OutboxMessage(key: id, topic: "order placed", payload: json), in: transaction)
            }

            let relay = OutboxRelay(outbox, of: database) { delivery in
                try await broker.publish(delivery.message.payload, id: delivery.message.id)
            }
            // end
            try await relay.runOnce()
            #expect(broker.log.lines == ["publish {}"])
            let message = OutboxMessage(key: accountID, payload: "")
            // docs
            let inbox = Inbox("billing")
            try await inbox.create(in: database, keyType: "INTEGER", colocatedWith: "accounts")  // once

            try await inbox.receive(message.id, key: accountID, in: database) { transaction in
                try await transaction.execute("UPDATE accounts SET balance = balance + 1 WHERE id = \(accountID)")
            }
            // end
        }
    }

    @Test("sagas")
    func sagas() async throws {
        try await withDatabase(.sqlite) { database in
            let outside = Outside()
            let (stock, bank, warehouse) = (outside, outside, outside)
            let order = Order(id: 5, item: "book", total: 20)
            // docs
            let placeOrder = Saga<Order>(
                "place order",
                steps: [
                    .step("reserve") { context in
                        try await stock.reserve(context.input.item, key: context.idempotencyKey)
                    } compensate: { context in
                        try await stock.release(context.input.item, key: context.idempotencyKey)
                    },
                    .pivot("charge") { context in
                        try await bank.charge(context.input.total, key: context.idempotencyKey)
                    },
                    .step("ship") { context in try await warehouse.ship(context.input, key: context.idempotencyKey) },
                ])

            try database.sagas.register(placeOrder)  // when the process begins
            try await database.sagas.run(placeOrder, order, request: "order \(order.id)")  // by command, or
            // end
            #expect(outside.log.lines == ["reserve book", "charge 20", "ship book"])
        }
    }

    /// Spaces at the beginning of lines and the formatter's alignment of comments do not count.
    private static func squeezed(_ text: some StringProtocol) -> String {
        text.split(separator: "\n").map { line in
            line.split(separator: " ").joined(separator: " ")
        }.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    @Test("the document shows what is compiled here")
    func documentIsCompiled() throws {
        let own = URL(filePath: #filePath)
        let root = own.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let document = Self.squeezed(
            try String(contentsOf: root.appending(path: "docs/business-transactions.md"), encoding: .utf8))
        let source = try String(contentsOf: own, encoding: .utf8)
        let examples = source.components(separatedBy: "            // docs\n").dropFirst()
            .compactMap { $0.components(separatedBy: "// end\n").first }
        #expect(examples.count == 5)
        for example in examples {
            // The formatter breaks lines elsewhere: words are compared, not lines.
            let words = Self.squeezed(example).replacingOccurrences(of: "\n", with: " ").filter { $0 != " " }
            #expect(
                document.replacingOccurrences(of: "\n", with: "").filter { $0 != " " }.contains(words), "\(example)")
        }
    }
}
