import ShardKit

/// The demo's tour: each stop is a statement with a sentence on what it shows.
struct Tour {
    struct Stop {
        var title: String
        var sql: String
        /// How many rows are shown at most.
        var shownRows = 5
    }

    let session: DatabaseSession

    static let stops: [Stop] = [
        Stop(
            title: "One customer's row: the key names the shard, nothing else is asked.",
            sql: "SELECT id, name, country FROM users WHERE id = 4711"),
        Stop(
            title: "A join of colocated tables: a customer's orders and items are on the customer's shard.",
            sql: """
                SELECT o.id, o.placed, o.total, count(*) AS items FROM orders AS o
                JOIN order_items AS i ON i.user_id = o.user_id AND i.order_id = o.id
                WHERE o.user_id = 42 GROUP BY o.id ORDER BY o.placed DESC
                """),
        Stop(
            title: "Counting everything: each shard counts its own, the counts are added up.",
            sql: """
                SELECT count(*) AS orders, round(sum(total), 2) AS revenue,
                       round(avg(total), 2) AS mean FROM orders
                """),
        Stop(
            title: "GROUP BY with HAVING: groups that are on several shards become one.",
            sql: """
                SELECT status, count(*) AS orders, max(total) AS largest FROM orders
                GROUP BY status HAVING count(*) > 20000 ORDER BY orders DESC
                """),
        Stop(
            title: "The best of all: each shard gives its best, the streams are merged in order.",
            sql: "SELECT user_id, id, total FROM orders ORDER BY total DESC, user_id LIMIT 5"),
        Stop(
            title: "DISTINCT over all shards.", sql: "SELECT DISTINCT status FROM orders ORDER BY status", shownRows: 6),
        Stop(
            title: "A list of keys: only the shards that hold one of them are asked.",
            sql: "SELECT id, name FROM users WHERE id IN (7, 1001, 4711) ORDER BY id"),
        Stop(
            title: "A join with broadcast tables, which are whole on every shard.",
            sql: """
                SELECT c.continent, p.category, sum(i.quantity) AS sold FROM order_items AS i
                JOIN products AS p ON p.id = i.product_id
                JOIN users AS u ON u.id = i.user_id JOIN countries AS c ON c.code = u.country
                GROUP BY c.continent, p.category ORDER BY sold DESC LIMIT 5
                """),
        Stop(
            title: "A join off the shard key: what is needed is gathered into a private engine.",
            sql: """
                SELECT a.name, count(*) AS pairs FROM users AS a
                JOIN users AS b ON b.name = a.name AND b.id < a.id
                GROUP BY a.name ORDER BY pairs DESC, a.name LIMIT 3
                """),
        Stop(
            title: "A new customer: the next id is the one SQLite would give.",
            sql: """
                INSERT INTO users (name, email, country, joined)
                VALUES ('Ada Lovelace', 'ada@example.com', 'PT', '2024-12-10')
                RETURNING id, name
                """),
        Stop(
            title: "An update of rows on all shards, in one transaction.",
            sql: """
                UPDATE orders SET status = 'archived'
                WHERE placed < '2021-02-01' AND status = 'shipped'
                """),
        Stop(title: "A delete.", sql: "DELETE FROM users WHERE email = 'ada@example.com'"),
    ]

    static let explained = "SELECT country, count(*) FROM users GROUP BY country"

    static let refused = Stop(
        title: "What cannot be answered exactly is refused, with a code and a way out. Nothing is guessed.",
        sql: "CREATE TABLE accounts (id INTEGER PRIMARY KEY, email TEXT UNIQUE)")

    // MARK: Walking

    func walk() async throws {
        for (index, stop) in Self.stops.enumerated() { try await show(stop, number: index + 1) }
        try await transaction(number: Self.stops.count + 1)
        try await explain(number: Self.stops.count + 2)
        try await refuse(number: Self.stops.count + 3)
    }

    private func heading(_ title: String, _ number: Int) throws {
        try StandardOutput.output.write("\n" + CommandFailure.wrapped("\(number). \(title)", width: 80) + "\n")
    }

    private func sql(_ text: String) throws {
        for line in text.split(separator: "\n") { try StandardOutput.output.line("   \(line)") }
    }

    private func show(_ stop: Stop, number: Int) async throws {
        try heading(stop.title, number)
        try sql(stop.sql)
        try await run(stop.sql, shownRows: stop.shownRows)
    }

    private func run(_ text: String, shownRows: Int) async throws {
        let begun = ContinuousClock.now
        let result = try await session.run(SQLText(text))
        var writer = TableWriter(header: result.header, width: 80)
        var count = 0
        if let rows = result.rows {
            var shown = RowBatch(columnCount: result.header.count)
            while let batch = try await rows.nextBatch() {
                for row in 0..<batch.rowCount where shown.rowCount < shownRows { shown.append(row: row, of: batch) }
                count += batch.rowCount
            }
            let time = ContinuousClock.now - begun
            try StandardOutput.output.write(writer.add(shown) + writer.finish())
            let more = count > shownRows ? ", \(shownRows) shown" : ""
            try facts("\(count) row\(count == 1 ? "" : "s")\(more)", result, time)
        } else {
            try facts(ResultPrinter.changes(result.changes), result, ContinuousClock.now - begun)
        }
    }

    private func facts(_ what: String, _ result: StatementResult, _ time: Duration) throws {
        try StandardOutput.output.line(
            "   -> \(what) | rung: \(result.rung.rawValue) | shards: \(Shell.listed(result.shards)) | "
                + NumberText.duration(time))
    }

    private func transaction(number: Int) async throws {
        try heading("A transaction over two shards: checked on both, then committed.", number)
        let statements = [
            "UPDATE orders SET total = total - 5 WHERE user_id = 7",
            "UPDATE orders SET total = total + 5 WHERE user_id = 42",
        ]
        try sql((["BEGIN"] + statements + ["COMMIT"]).joined(separator: ";\n"))
        let begun = ContinuousClock.now
        let touched = try await session.withTransaction { transaction in
            var touched: Set<String> = []
            for statement in statements { touched.formUnion(try await transaction.run(SQLText(statement)).shards) }
            return touched.sorted()
        }
        try StandardOutput.output.line(
            "   -> committed | shards: \(Shell.listed(touched)) | \(NumberText.duration(ContinuousClock.now - begun))")
    }

    private func explain(number: Int) async throws {
        try heading("How a statement would be answered.", number)
        try sql("EXPLAIN \(Self.explained)")
        for line in try await session.explain(SQLText(Self.explained)).lines {
            try StandardOutput.output.line(ExplainCommand.wrapped("   " + line, width: 80))
        }
    }

    private func refuse(number: Int) async throws {
        try heading(Self.refused.title, number)
        try sql(Self.refused.sql)
        do {
            _ = try await session.execute(SQLText(Self.refused.sql))
            throw ShardError(.internalError, "the tour's last statement was to be refused, and was not")
        } catch let error as ShardError where error.isRefusal {
            let text = CommandFailure.text(CommandFailure.shardError(error), width: 76)
            for line in text.split(separator: "\n") { try StandardOutput.output.line("   \(line)") }
        }
    }
}
