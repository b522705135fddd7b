import ShardBackend
import ShardPostgres
import ShardSQLite

extension Configuration {
    /// What opens the shards.
    var backend: any Backend {
        switch engine {
        case .sqlite: SQLiteBackend(configuration: sqlite)
        case .postgresql: PostgresBackend(configuration: postgres, poolSize: connections)
        }
    }

    /// How the shards' engine spells what ShardKit keeps books with.
    var spelling: EngineSpelling {
        switch engine {
        case .sqlite: .sqlite
        case .postgresql: .postgresql
        }
    }

    /// Rows come as a user binds and reads them, without knowing their types.
    var postgres: PostgresConfiguration {
        var postgres = PostgresConfiguration()
        postgres.prefersTexts = true
        return postgres
    }

    /// The coordinator's connection string where it is configured; else the first shard's, to be led to another database.
    func coordinatorBackend(database: String?) -> PostgresBackend {
        var postgres = postgres
        if let database { postgres.parameters["dbname"] = database }
        return PostgresBackend(configuration: postgres, poolSize: connections)
    }
}
