public import ShardBase
public import ShardValues

/// The columns of an answer: names and declared types, as one plain database reports them.
public final class ColumnHeader: Sendable {
    public let names: [String]
    /// The declared type of the table's column that a result column shows, nil for expressions.
    public let declaredTypes: [String?]
    private let positions: [String: Int]

    public init(names: [String], declaredTypes: [String?]) {
        self.names = names
        self.declaredTypes = declaredTypes
        var positions: [String: Int] = [:]
        for (index, name) in names.enumerated() where positions[name.lowercased()] == nil {
            positions[name.lowercased()] = index
        }
        self.positions = positions
    }

    public var count: Int { names.count }

    /// The position of the first column of a name, in any case; nil when there is none.
    public func position(of name: String) -> Int? { positions[name.lowercased()] }

    /// The error of a value that is not of the type it is decoded as.
    func mismatch(_ cell: Cell, in batch: borrowing RowBatch, column: Int, type: String) -> ShardError {
        let kind =
            switch cell.kind {
            case .null: "NULL"
            case .integer: "an INTEGER"
            case .real: "a REAL"
            case .text: batch.withBytes(of: cell) { String(validating: $0, as: UTF8.self) == nil } ? "a TEXT that is not UTF-8" : "a TEXT"
            case .blob: "a BLOB"
            }
        return ShardError(
            .decode, "column \(column + 1) (\(names[column])) holds \(kind), which does not decode as \(type)",
            hint: cell.kind == .null ? "Decode it as \(type)?." : nil)
    }
}
