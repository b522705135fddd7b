import ArgumentParser
import ShardKit

/// Lists sagas, and lets those go on that need attention.
struct SagasCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "sagas", abstract: "List sagas that have not ended, and let those go on that need attention.",
        discussion: """
            A saga whose step fails behind its pivot, or whose compensation keeps failing, needs attention: mend what its last \
            error names, then --retry it; a process that has registered its definition goes on with it. The exit status is 3 when \
            a saga needs attention.
            """)

    @OptionGroup var configuration: ConfigurationOption
    @Flag(help: "Those that have ended, too.") var all = false
    @Option(name: .customLong("retry"), help: "Let this saga go on where it stopped; may be given several times.")
    var retried: [String] = []

    func work() async throws {
        let database = try await ShardedDatabase.open(try configuration.load())
        do {
            for id in retried {
                guard try await database.sagas.retry(id) else {
                    throw ShardError(
                        .notFound, "there is no saga \(id) that needs attention",
                        hint: "shardkit sagas --all lists them.")
                }
                try StandardOutput.output.line("\(id) goes on.")
            }
            if retried.isEmpty { try await show(database) }
            await database.close()
        } catch {
            await database.close()
            throw error
        }
    }

    private func show(_ database: ShardedDatabase) async throws {
        let sagas = try await database.sagas.list(all: all)
        let output = StandardOutput.output
        for saga in sagas {
            let state = saga.state
            var text = "\(saga.id) \(saga.definition) \(state.status.rawValue)"
            if state.status.isUnderWay || state.status == .attention {
                text += " at \(state.steps[min(state.position, state.steps.count - 1)])"
                if state.attempts > 0 { text += ", attempt \(state.attempts)" }
            }
            if saga.request != saga.id { text += ", request \(saga.request)" }
            try output.line(CommandFailure.wrapped(text, width: 80))
            if let failure = state.failure { try output.line(CommandFailure.wrapped("  back: " + failure, width: 80)) }
            if let error = state.lastError, state.status == .attention || state.status.isUnderWay {
                try output.line(CommandFailure.wrapped("  last error: " + error, width: 80))
            }
        }
        let needy = sagas.count { $0.state.status == .attention }
        try output.line(
            "\(sagas.count) saga\(sagas.count == 1 ? "" : "s"), \(needy) of them need\(needy == 1 ? "s" : "") attention."
        )
        if needy > 0 { throw ExitStatus.partial }
    }
}
