import ArgumentParser
import ShardKit

/// Finishes, or lists, commits over several shards that a dead process has left behind.
struct RecoverCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover", abstract: "Finish commits over several shards that a dead process has left behind.",
        discussion: """
            A commit over several shards that was decided reaches the others when somebody opens the database or writes them; \
            this command does it now. With --list nothing is done; the exit status is 3 when a shard still lacks a commit.
            """)

    @OptionGroup var configuration: ConfigurationOption
    @Flag(help: "Tell what is decided and kept; do nothing.") var list = false

    func work() async throws {
        let database = try await ShardedDatabase.open(try configuration.load(), recoversCommits: false)
        do {
            if list { try await show(database) } else { try await finish(database) }
            await database.close()
        } catch {
            await database.close()
            throw error
        }
    }

    private func show(_ database: ShardedDatabase) async throws {
        let commits = try await database.commitsInDoubt()
        let output = StandardOutput.output
        for commit in commits {
            let missing =
                commit.missing.isEmpty ? "has reached all" : "missing on " + commit.missing.joined(separator: ", ")
            try output.line(
                CommandFailure.wrapped(
                    "\(commit.commitPoint) \(commit.sequence): to \(commit.shards.joined(separator: ", ")), \(missing)",
                    width: 80))
        }
        let lacking = commits.count { !$0.missing.isEmpty }
        try output.line(
            "\(commits.count) commit\(commits.count == 1 ? "" : "s") kept, \(lacking) of them missing somewhere.")
        if lacking > 0 { throw ExitStatus.partial }
    }

    private func finish(_ database: ShardedDatabase) async throws {
        let count = try await database.recoverCommits()
        try StandardOutput.output.line(
            count == 0 ? "Nothing was left behind." : "Finished \(count) commit\(count == 1 ? "" : "s").")
    }
}
