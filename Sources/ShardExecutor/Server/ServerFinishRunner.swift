import ShardBackend
import ShardBase
import ShardPlanner
import ShardTopology
import ShardValues

/// Asks the shards, and makes of their rows one statement for the coordinator: a parameter per column, each an array of texts.
struct ServerFinishRunner {
    let plan: ServerFinishPlan
    let source: CompiledPlan
    let values: [Value]
    let parameterTypes: [UInt32]
    let environment: ExecutionEnvironment

    struct Rows {
        var statement: ShardStatement
        var values: [Value]
        var shards: [ShardIndex]
    }

    func rows(_ provider: any ConnectionProvider) async throws -> Rows {
        let started = try await QueryRunner.start(
            source, values: values, provider: provider, environment: environment)
        var columns = plan.types.map { _ in ServerArray() }
        var bytes = 0
        do {
            var batch = started.firstBatch
            while !batch.isEmpty {
                bytes += batch.byteCount
                guard bytes <= environment.limits.maxStatementBytes else {
                    throw ShardError(
                        .overBudget, "the groups of the shards take more than maxStatementBytes",
                        hint: "Group by fewer columns, filter more, or raise the limit.")
                }
                for column in columns.indices { columns[column].append(batch, column: column) }
                guard let rest = started.rest else { break }
                batch = try await rest.next(batch)
            }
        } catch {
            await started.rest?.close()
            throw error
        }
        await started.rest?.close()
        let known = ServerValues.known(parameterTypes).map { $0 == 0 ? 25 : $0 }
        // text[]
        let types = known + columns.map { _ in 1009 }
        return Rows(
            statement: ShardStatement(plan.sql(firstParameter: values.count + 1), parameterTypes: types),
            values: values + columns.map { .text($0.text) }, shards: started.shards)
    }
}

/// An array of texts as the server reads it: `{"a","it\"s",NULL}`.
struct ServerArray {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]

    var text: String { String(decoding: bytes.dropLast(bytes.count > 1 ? 1 : 0), as: UTF8.self) + "}" }

    mutating func append(_ batch: borrowing RowBatch, column: Int) {
        for row in 0..<batch.rowCount {
            append(batch[row, column], batch)
            bytes.append(UInt8(ascii: ","))
        }
    }

    private mutating func append(_ cell: Cell, _ batch: borrowing RowBatch) {
        switch cell.kind {
        case .null: bytes.append(contentsOf: "NULL".utf8)
        case .integer: bytes.append(contentsOf: String(cell.integerValue).utf8)
        case .real:
            let real = cell.realValue
            let text = real.isNaN ? "NaN" : real.isInfinite ? (real < 0 ? "-Infinity" : "Infinity") : "\(real)"
            bytes.append(contentsOf: text.utf8)
        case .text: batch.withBytes(of: cell) { quote($0) }
        case .blob:
            bytes.append(contentsOf: "\"\\\\x".utf8)
            batch.withBytes(of: cell) { blob in
                for byte in blob {
                    bytes.append(Self.digits[Int(byte >> 4)])
                    bytes.append(Self.digits[Int(byte & 15)])
                }
            }
            bytes.append(UInt8(ascii: "\""))
        }
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private mutating func quote(_ text: UnsafeBufferPointer<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
