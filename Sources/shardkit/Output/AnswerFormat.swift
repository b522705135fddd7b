import ArgumentParser
import ShardKit

/// How answers are written.
enum AnswerFormat: String, CaseIterable, ExpressibleByArgument {
    case table, csv, json, jsonl

    /// A writer of one answer in this format.
    ///
    /// - Parameter width: the terminal's columns; nil: lines may be as long as they need.
    func writer(header: ColumnHeader, width: Int?) -> any AnswerWriter {
        switch self {
        case .table: TableWriter(header: header, width: width)
        case .csv: CSVWriter(header: header)
        case .json: JSONRowsWriter(header: header, isLines: false)
        case .jsonl: JSONRowsWriter(header: header, isLines: true)
        }
    }
}

/// Turns rows into text, batch by batch.
protocol AnswerWriter {
    /// Takes a batch; gives what can be written already.
    mutating func add(_ batch: borrowing RowBatch) -> [UInt8]
    /// What is left once there are no more rows.
    mutating func finish() -> [UInt8]
    var rowCount: Int { get }
}
