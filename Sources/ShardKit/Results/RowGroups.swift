/// Rows in arrays of a size the reader chooses, the last one shorter.
public struct RowGroups: AsyncSequence {
    let rows: Rows
    let size: Int

    public struct AsyncIterator: AsyncIteratorProtocol {
        let rows: Rows
        let size: Int
        public func next(isolation actor: isolated (any Actor)? = #isolation) async throws -> [Row]? {
            var group: [Row] = []
            group.reserveCapacity(size)
            while group.count < size, let row = try await rows.next() { group.append(row) }
            return group.isEmpty ? nil : group
        }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rows: rows, size: size) }
}

extension Rows {
    /// The rows in arrays of `size`, for work that is done in steps: `for try await orders in rows.batches(of: 5000)`.
    public func batches(of size: Int) -> RowGroups {
        precondition(size > 0, "a group holds at least one row")
        return RowGroups(rows: self, size: size)
    }
}
