/// The demo's shop: customers and what belongs to them by customer, the rest whole on every shard.
enum ShopSchema {
    static let statements = [
        """
        CREATE TABLE countries (code TEXT PRIMARY KEY, name TEXT NOT NULL, continent TEXT NOT NULL) BROADCAST
        """,
        """
        CREATE TABLE products (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, category TEXT NOT NULL, price REAL NOT NULL
        ) BROADCAST
        """,
        """
        CREATE TABLE users (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, country TEXT NOT NULL, joined TEXT NOT NULL
        ) SHARD BY HASH (id)
        """,
        """
        CREATE TABLE orders (
            user_id INTEGER NOT NULL, id INTEGER NOT NULL, placed TEXT NOT NULL, status TEXT NOT NULL,
            total REAL NOT NULL, PRIMARY KEY (user_id, id)
        ) SHARD BY HASH (user_id) COLOCATE WITH users
        """,
        """
        CREATE TABLE order_items (
            user_id INTEGER NOT NULL, order_id INTEGER NOT NULL, line INTEGER NOT NULL, product_id INTEGER NOT NULL,
            quantity INTEGER NOT NULL, price REAL NOT NULL, PRIMARY KEY (user_id, order_id, line)
        ) SHARD BY HASH (user_id) COLOCATE WITH users
        """,
    ]
    /// Made after the rows are in.
    static let indexes = [
        "CREATE INDEX orders_by_placed ON orders (placed)",
        "CREATE INDEX items_by_product ON order_items (product_id)",
    ]
}
