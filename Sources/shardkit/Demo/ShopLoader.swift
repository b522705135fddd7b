import ShardKit

/// Fills the demo's shop.
struct ShopLoader {
    let database: ShardedDatabase
    let orderCount: Int

    func load() async throws {
        try await database.withSession { session in
            for statement in ShopSchema.statements { try await session.execute(SQLText(statement)) }
            var rows = ShopRows(orderCount: orderCount)
            try await fill(session, "countries", ["code", "name", "continent"], count: ShopRows.countries.count) {
                let country = ShopRows.countries[$0 - 1]
                return [[.text(country.code), .text(country.name), .text(country.continent)]]
            }
            try await fill(session, "products", ["id", "name", "category", "price"], count: rows.productCount) {
                [rows.product($0)]
            }
            try await fill(session, "users", ["id", "name", "email", "country", "joined"], count: rows.userCount) {
                [rows.user($0)]
            }
            var items: [[Value]] = []
            try await fill(
                session, "orders", ["user_id", "id", "placed", "status", "total"], count: rows.orderCount
            ) {
                let made = rows.order($0)
                items += made.items
                return [made.order]
            }
            try await fill(
                session, "order_items", ["user_id", "order_id", "line", "product_id", "quantity", "price"],
                count: items.count
            ) { [items[$0 - 1]] }
            for statement in ShopSchema.indexes { try await session.execute(SQLText(statement)) }
        }
    }

    private func fill(
        _ session: DatabaseSession, _ table: String, _ columns: [String], count: Int, _ make: (Int) -> [[Value]]
    ) async throws {
        var bar = ProgressBar(title: table, total: Int64(count))
        var loader = try await RowLoader(
            session: session, table: table, columns: columns, rowsPerTransaction: 10_000)
        for number in 1...count {
            for row in make(number) { try await loader.add(row) }
            if number % 500 == 0 { bar.advance(by: 500) }
        }
        try await loader.finish()
        bar.advance(by: Int64(count % 500))
        bar.finish()
    }
}
