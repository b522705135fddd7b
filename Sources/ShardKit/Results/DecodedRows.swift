import ShardBase

/// Rows as tuples, decoded while they are read.
public struct DecodedRows<each T: SQLValueDecodable>: AsyncSequence {
    @usableFromInline let rows: Rows

    @inlinable init(rows: Rows) { self.rows = rows }

    public struct AsyncIterator: AsyncIteratorProtocol {
        @usableFromInline let rows: Rows

        @inlinable init(rows: Rows) { self.rows = rows }

        @inlinable public func next(isolation actor: isolated (any Actor)? = #isolation) async throws -> (
            repeat each T
        )? {
            guard try await rows.advance() else { return nil }
            return try rows.decodeRow((repeat each T).self)
        }
    }

    @inlinable public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rows: rows) }

    /// All rows that are left.
    @inlinable public func all() async throws -> [(repeat each T)] {
        var all: [(repeat each T)] = []
        while try await rows.advance() { all.append(try rows.decodeRow((repeat each T).self)) }
        return all
    }

    /// The first row, if there is one; the rest is closed.
    @inlinable public func first() async throws -> (repeat each T)? {
        let row = try await rows.advance() ? try rows.decodeRow((repeat each T).self) : nil
        await rows.close()
        return row
    }
}

extension Rows {
    /// The first columns of each row as a tuple: `rows.decode((Int64, String?).self)`.
    ///
    /// A value of another type throws ``ShardBase/ShardError`` with code `.decode`, which names the column, the type and
    /// what the value is.
    @inlinable public func decode<each T: SQLValueDecodable>(_ type: (repeat each T).Type) -> DecodedRows<repeat each T>
    {
        DecodedRows(rows: self)
    }
}

/// The first column of rows, decoded while they are read.
public struct DecodedColumn<T: SQLValueDecodable>: AsyncSequence {
    @usableFromInline let rows: Rows

    @inlinable init(rows: Rows) { self.rows = rows }

    public struct AsyncIterator: AsyncIteratorProtocol {
        @usableFromInline let rows: Rows

        @inlinable init(rows: Rows) { self.rows = rows }

        @inlinable public func next(isolation actor: isolated (any Actor)? = #isolation) async throws -> T? {
            guard try await rows.advance() else { return nil }
            return try rows.decodeRow(T.self)
        }
    }

    @inlinable public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rows: rows) }

    /// All values that are left.
    @inlinable public func all() async throws -> [T] {
        var all: [T] = []
        while try await rows.advance() { all.append(try rows.decodeRow(T.self)) }
        return all
    }

    /// The first value, if there is one; the rest is closed.
    @inlinable public func first() async throws -> T? {
        let value = try await rows.advance() ? try rows.decodeRow(T.self) : nil
        await rows.close()
        return value
    }
}

extension Rows {
    /// The first column of each row: `rows.decode(Int64.self)`. Errors as those of tuples.
    @inlinable public func decode<T: SQLValueDecodable>(_ type: T.Type) -> DecodedColumn<T> {
        DecodedColumn(rows: self)
    }
}
