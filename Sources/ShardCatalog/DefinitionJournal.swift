import ShardBackend
import ShardBase
import ShardValues

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A definition (DDL) under way, as the catalog's journal keeps it.
///
/// The row is written before the first shard is touched. The definition runs on all shards inside transactions that stay
/// open; when all have succeeded, the catalog's own transaction changes the schema and turns the row to `decided`; then
/// the shards commit, and the row goes. So what is found at an opening says what to do: `running` was never decided and
/// no shard has committed it, `decided` is run again on the shards that do not carry its mark.
public struct DefinitionJournalEntry: Sendable {
    public enum State: String, Sendable, Hashable { case running, decided }

    /// What one shard has to run.
    public struct ShardSteps: Sendable, Hashable, Codable {
        public var shard: String
        public var statements: [String]
        public init(shard: String, statements: [String]) {
            self.shard = shard
            self.statements = statements
        }
    }

    public var id: String
    /// The user's statement, for people.
    public var statement: String
    public var steps: [ShardSteps]
    public var state: State

    public init(id: String, statement: String, steps: [ShardSteps], state: State = .running) {
        self.id = id
        self.statement = statement
        self.steps = steps
        self.state = state
    }
}

extension Catalog {
    /// A new journal id: unique for ever.
    public static func newJournalID() -> String { UUID().uuidString.lowercased() }

    /// Definitions that somebody began and did not end. Empty unless a process was killed or a shard failed.
    public func journal() async throws -> [DefinitionJournalEntry] {
        try await read { connection in
            try await connection.rows(CatalogStatements.journal).map { row in
                guard let state = DefinitionJournalEntry.State(rawValue: try row.text(3)),
                    let steps = try? JSONDecoder().decode(
                        [DefinitionJournalEntry.ShardSteps].self, from: Data(try row.text(2).utf8))
                else { throw ShardError(.corrupt, "the journal of definitions cannot be read") }
                return DefinitionJournalEntry(
                    id: try row.text(0), statement: try row.text(1), steps: steps, state: state)
            }
        }
    }

    /// Writes an entry before the first shard is touched.
    public func beginJournal(_ entry: DefinitionJournalEntry) async throws {
        let steps = String(decoding: try JSONEncoder().encode(entry.steps), as: UTF8.self)
        try await write { connection in
            _ = try await connection.execute(
                CatalogStatements.newJournal,
                values: [
                    .text(entry.id), .text(entry.statement), .text(steps), .text(entry.state.rawValue),
                    .integer(self.clock.wallMilliseconds),
                ])
        }
    }

    /// Takes an entry away: every shard has it, or none ever will.
    public func endJournal(_ id: String) async throws {
        try await write { connection in
            _ = try await connection.execute(CatalogStatements.endJournal, values: [.text(id)])
        }
    }
}
