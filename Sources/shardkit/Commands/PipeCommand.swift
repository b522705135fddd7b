import ArgumentParser
import ShardKit

/// Statements as JSON lines in, answers as JSON lines out: for programs in any language.
struct PipeCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "pipe", abstract: "Run statements: JSON lines in, one JSON line out for each.",
        discussion: """
            In: {"sql":"…","params":[…]}, or {"sql":"…","params":{"name":…}}. Out: {"columns":[…],"types":[…],"rows":[[…]]}, or \
            {"changes":n,"lastInsertID":…}, or {"error":{"code":"…","message":"…","hint":…}} (a refusal has \
            "refused":true). All lines share one session. Blobs are {"blob":"<hex>"}, texts that are not UTF-8 \
            {"text":"<hex>"}, infinities {"real":"Infinity"}.
            """)

    @OptionGroup var configuration: ConfigurationOption
    @Flag(name: .long, help: "Use fresh temporary shards that are removed at the end.")
    var ephemeral = false
    @Option(name: .long, help: "With --ephemeral: how many shards.")
    var shards = 2
    @Option(
        name: .long, help: ArgumentHelp("With --ephemeral: what a plain CREATE TABLE means.", valueName: "clause"))
    var declare: String?

    func validate() throws {
        guard (1...256).contains(shards) else { throw ValidationError("--shards takes 1 to 256") }
        if declare != nil, !ephemeral { throw ValidationError("--declare goes with --ephemeral") }
    }

    func work() async throws {
        guard ephemeral else {
            try await configuration.withDatabase { try await Self.serve($0) }
            return
        }
        var temporary = try Configuration.temporary(shardCount: shards)
        temporary.defaultDeclaration = declare
        let folder = temporary
        // The folder goes however the process ends, but for kill -9.
        let signals = SignalWatch([.interrupt, .terminate]) { signal in
            folder.removeFiles()
            signal.end()
        }
        defer {
            folder.removeFiles()
            signals.stop()
        }
        let database = try await ShardedDatabase.create(temporary)
        do {
            try await Self.serve(database)
        } catch {
            await database.close()
            throw error
        }
        await database.close()
    }

    private static func serve(_ database: ShardedDatabase) async throws {
        try await database.withSession { session in
            var input = LineInput()
            while let line = input.next() {
                try StandardOutput.output.write(await answer(line, session, database.configuration.engine))
            }
        }
    }

    /// The one line that answers a line.
    static func answer(
        _ line: [UInt8], _ session: DatabaseSession, _ engine: Configuration.Engine = .sqlite
    ) async -> [UInt8] {
        var writer = JSONWriter()
        do {
            let result = try await session.run(try PipeRequest(line).statement(for: engine))
            if let rows = result.rows, result.header.count > 0 {
                try await write(rows, result.header, to: &writer)
            } else {
                writer.changes(result)
            }
        } catch {
            // Rows that were written before the error are no answer.
            writer.bytes.removeAll(keepingCapacity: true)
            writer.raw("{\"error\":")
            writer.error(CommandFailure.shardError(error))
            writer.raw("}")
        }
        writer.bytes.append(0x0A)
        return writer.bytes
    }

    private static func write(_ rows: Rows, _ header: ColumnHeader, to writer: inout JSONWriter) async throws {
        writer.raw("{\"columns\":")
        writer.strings(header.names)
        writer.raw(",\"types\":")
        writer.list(header.declaredTypes) { writer, type in
            if let type { writer.string(type) } else { writer.null() }
        }
        writer.raw(",\"rows\":[")
        var isFirst = true
        while let batch = try await rows.nextBatch() {
            for row in 0..<batch.rowCount {
                if !isFirst { writer.bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                writer.row(row, of: batch)
            }
        }
        writer.raw("]}")
    }
}
