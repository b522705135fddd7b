public import ShardBusiness

extension ShardedDatabase {
    /// The sagas of this database: work of several steps, each with what undoes it, that goes on after a crash.
    ///
    /// ```swift
    /// try database.sagas.register(placeOrder)                  // when the process begins
    /// try await database.sagas.run(placeOrder, order, request: "order \(order.id)")
    /// ```
    public var sagas: Sagas { parts.sagas }
}

extension Sagas {
    /// Starts a saga by a message of an `Outbox`: once, however often the message is delivered.
    ///
    /// - Returns: the saga's id.
    @discardableResult
    public func start<Input>(_ saga: Saga<Input>, _ input: Input, by delivery: Delivery) async throws -> String {
        try await start(saga, input, request: "message " + delivery.message.id)
    }
}
