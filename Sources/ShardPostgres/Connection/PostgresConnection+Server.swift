public import ShardBackend
import ShardBase

extension PostgresConnection: ServerConnection {
    public func describe(_ sql: String, parameterTypes: [UInt32]) async throws -> StatementDescription {
        try await flushBegin()
        try await beginTurn()
        let prepared = try await prepare(ShardStatement(sql), parameterTypes.map { PostgresType($0) })
        return StatementDescription(
            columns: prepared.columns, isReadOnly: prepared.traits.onlyReads,
            parameterCount: prepared.parameterTypes.count, parameterNames: [:],
            parameterTypes: prepared.parameterTypes.map(\.rawValue))
    }

    public func copy(
        _ query: String, into table: String, of target: any ServerConnection, isBinary: Bool, byteLimit: Int
    ) async throws -> Int {
        guard let target = target.underlying as? PostgresConnection else {
            throw ShardError(.internalError, "rows were to be copied to a server of another kind")
        }
        let format = isBinary ? "(FORMAT binary)" : "(FORMAT text)"
        let reader = try await copyOut("COPY (\(query)) TO STDOUT \(format)")
        var bytes = 0
        do {
            _ = try await target.copyIn("COPY \(table) FROM STDIN \(format)") { writer in
                var buffer: [UInt8] = []
                while true {
                    buffer = try await reader.next(buffer)
                    if buffer.isEmpty { break }
                    bytes += buffer.count
                    guard bytes <= byteLimit else {
                        throw ShardError(
                            .overBudget, "the rows gathered for the statement take more than maxGatherBytes",
                            hint: "Filter the tables by conditions on their own columns, or raise maxGatherBytes.")
                    }
                    try await writer.write(buffer)
                }
            }
        } catch {
            await reader.close()
            throw error
        }
        return bytes
    }

    public func copyLines(of query: String, _ body: ([UInt8]) async throws -> Void) async throws {
        let reader = try await copyOut("COPY (\(query)) TO STDOUT")
        do {
            while true {
                let lines = try await reader.next([], byteLimit: 1 << 18)
                if lines.isEmpty { return }
                try await body(lines)
            }
        } catch {
            await reader.close()
            throw error
        }
    }

    public func copy(lines: [UInt8], into table: String) async throws -> Int64 {
        try await copyIn("COPY \(table) FROM STDIN") { try await $0.write(lines) }.changes
    }
}
