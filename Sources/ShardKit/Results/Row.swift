public import ShardBase
public import ShardValues

/// One row of an answer. It shares its batch's storage; values are made when they are asked for.
public struct Row: Sendable {
    public let header: ColumnHeader
    let batch: RowBatch
    let index: Int

    init(header: ColumnHeader, batch: RowBatch, index: Int) {
        self.header = header
        self.batch = batch
        self.index = index
    }

    public var count: Int { header.count }

    /// The value of a column by position from 0.
    public subscript(position: Int) -> Value { batch.value(row: index, column: position) }

    /// The value of the first column of a name (in any case); nil when the answer has no such column.
    public subscript(name: String) -> Value? {
        header.position(of: name).map { batch.value(row: index, column: $0) }
    }

    /// All values in order.
    public var values: [Value] { batch.row(index) }

    /// A column's value as a type.
    ///
    /// - Throws: ``ShardBase/ShardError`` with code `.decode` naming the column, the type and what the value is.
    public func decode<T: SQLValueDecodable>(_ type: T.Type = T.self, at position: Int) throws(ShardError) -> T {
        guard position >= 0, position < header.count else {
            throw ShardError(.decode, "column \(position + 1) is asked for, the answer has \(header.count)")
        }
        let cell = batch[index, position]
        guard let value = T(cell: cell, in: batch) else {
            throw header.mismatch(cell, in: batch, column: position, type: T.sqlTypeName)
        }
        return value
    }

    /// The value of the first column of a name as a type.
    ///
    /// - Throws: as ``decode(_:at:)``; also when there is no such column.
    public func decode<T: SQLValueDecodable>(_ type: T.Type = T.self, named name: String) throws(ShardError) -> T {
        guard let position = header.position(of: name) else {
            throw ShardError(
                .decode, "the answer has no column \(name); it has \(header.names.joined(separator: ", "))")
        }
        return try decode(type, at: position)
    }

    /// The first columns as a tuple: `row.decode((Int64, String?).self)`.
    public func decode<each T: SQLValueDecodable>(_ type: (repeat each T).Type) throws(ShardError) -> (repeat each T) {
        var position = 0
        return try decodeAll(&position)
    }

    private func decodeAll<each T: SQLValueDecodable>(_ position: inout Int) throws(ShardError) -> (repeat each T) {
        (repeat try decodeNext((each T).self, &position))
    }

    private func decodeNext<T: SQLValueDecodable>(_ type: T.Type, _ position: inout Int) throws(ShardError) -> T {
        defer { position += 1 }
        return try decode(type, at: position)
    }
}

extension Row: CustomStringConvertible {
    public var description: String {
        let cells = (0..<count).map { "\(header.name(at: $0)): \(self[$0])" }
        return "[" + cells.joined(separator: ", ") + "]"
    }
}
