import ShardBase

/// Rows as tuples, decoded while they are read.
public struct DecodedRows<each T: SQLValueDecodable>: AsyncSequence {
    let rows: Rows

    public struct AsyncIterator: AsyncIteratorProtocol {
        let rows: Rows
        public func next(isolation actor: isolated (any Actor)? = #isolation) async throws -> (repeat each T)? {
            try await rows.decodeNext((repeat each T).self)
        }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rows: rows) }

    /// All rows that are left.
    public func all() async throws -> [(repeat each T)] {
        var all: [(repeat each T)] = []
        while let row = try await rows.decodeNext((repeat each T).self) { all.append(row) }
        return all
    }

    /// The first row, if there is one; the rest is closed.
    public func first() async throws -> (repeat each T)? {
        let row = try await rows.decodeNext((repeat each T).self)
        await rows.close()
        return row
    }
}

extension Rows {
    /// The first columns of each row as a tuple: `rows.decode((Int64, String?).self)`.
    ///
    /// A value of another type throws ``ShardBase/ShardError`` with code `.decode`, which names the column, the type and
    /// what the value is.
    public func decode<each T: SQLValueDecodable>(_ type: (repeat each T).Type) -> DecodedRows<repeat each T> {
        DecodedRows(rows: self)
    }
}
