public import ShardBackend
public import ShardValues

extension PostgresValue {
    /// The value of a batch's cell, by its column's header.
    ///
    /// Texts that are not UTF-8 (there are none in a database whose encoding is UTF8) are mended.
    public init(_ cell: Cell, of batch: borrowing RowBatch, column: ResultColumn) {
        let type = PostgresType(column.wire?.typeID ?? 0)
        switch cell.kind {
        case .null: self = .null
        case .integer: self = Self.word(cell.integerValue, type)
        case .real: self = type == .float4 ? .float4(Float(cell.realValue)) : .float8(cell.realValue)
        case .text:
            self = batch.withBytes(of: cell) { PostgresValue(text: String(decoding: $0, as: UTF8.self), type: type) }
        case .blob: self = batch.withBytes(of: cell) { PostgresValue(binary: $0, type: type) }
        }
    }

    private static func word(_ integer: Int64, _ type: PostgresType) -> PostgresValue {
        switch type {
        case .bool: .bool(integer != 0)
        case .int2: .int2(Int16(truncatingIfNeeded: integer))
        case .int4: .int4(Int32(truncatingIfNeeded: integer))
        case .oid: .oid(UInt32(truncatingIfNeeded: integer))
        case .xid, .cid: .other(type, integer.description)
        default: .int8(integer)
        }
    }
}

extension RowBatch {
    /// One row as PostgreSQL's values.
    public func postgresRow(_ row: Int, _ columns: [ResultColumn]) -> [PostgresValue] {
        columns.indices.map { PostgresValue(self[row, $0], of: self, column: columns[$0]) }
    }
}
