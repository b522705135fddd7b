import ShardBase
import ShardExecutor
import ShardPlanner
import ShardValues

/// The columns of an answer: names and declared types, as one plain database reports them.
public struct ColumnHeader: Sendable {
    private let columns: [PlanColumn]

    init(_ answer: Answer) { columns = answer.columns }

    init(_ columns: [PlanColumn]) { self.columns = columns }

    /// A header made by hand, for rows that do not come from a database.
    public init(names: [String], declaredTypes: [String?]? = nil) {
        columns = names.enumerated().map { PlanColumn(name: $0.element, declaredType: declaredTypes?[$0.offset]) }
    }

    public var count: Int { columns.count }
    public var names: [String] { columns.map(\.name) }
    /// The declared type of the table's column that a result column shows, nil for expressions.
    public var declaredTypes: [String?] { columns.map(\.declaredType) }

    /// The position of the first column of a name, in any case; nil when there is none.
    public func position(of name: String) -> Int? {
        if let exact = columns.firstIndex(where: { $0.name == name }) { return exact }
        let folded = name.lowercased()
        return columns.firstIndex { $0.name.lowercased() == folded }
    }

    func name(at position: Int) -> String { columns[position].name }

    /// The error of a value that is not of the type it is decoded as.
    func mismatch(_ cell: Cell, in batch: borrowing RowBatch, column: Int, type: String) -> ShardError {
        let kind =
            switch cell.kind {
            case .null: "NULL"
            case .integer: "an INTEGER"
            case .real: "a REAL"
            case .blob: "a BLOB"
            case .text:
                batch.withBytes(of: cell) { String(validating: $0, as: UTF8.self) != nil }
                    ? "a TEXT" : "a TEXT that is not UTF-8"
            }
        return ShardError(
            .decode, "column \(column + 1) (\(columns[column].name)) holds \(kind), which does not decode as \(type)",
            hint: cell.kind == .null ? "Decode it as \(type)?." : nil)
    }
}
