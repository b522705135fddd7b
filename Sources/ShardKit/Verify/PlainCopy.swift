import ShardBackend
import ShardBase
import ShardSQLite
import ShardValues

/// Makes a plain SQLite file of the rows and the schema of a sharded database.
struct PlainCopy {
    let session: DatabaseSession
    let file: any ShardConnection
    /// The bytes of rows it may take.
    let byteLimit: Int

    /// Copies everything as of one moment: the tables with their rows and rowids, then indexes, views and triggers.
    ///
    /// - Throws: `.overBudget` when the rows take more than the limit.
    func make() async throws {
        for setting in ["journal_mode = OFF", "synchronous = OFF"] {
            try await file.executeScript("PRAGMA \(setting)")
        }
        try await file.executeScript("BEGIN")
        try await session.withTransaction { session in
            let objects = try await session.query(
                "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            ).all().map(\.values)
            var spent = 0
            for object in objects where object[0] == "table" {
                guard case .text(let name) = object[1], case .text(let sql) = object[2] else { continue }
                try await file.executeScript(sql)
                try await copy(name, session, &spent)
            }
            for object in objects where object[0] != "table" {
                guard case .text(let sql) = object[2] else { continue }
                try await file.executeScript(sql)
            }
        }
        try await file.executeScript("COMMIT")
    }

    private func copy(_ table: String, _ session: DatabaseSession, _ spent: inout Int) async throws {
        let described = try await file.query(
            ShardStatement(
                """
                SELECT name, pk, upper(type), (SELECT wr FROM pragma_table_list(?1) WHERE schema = 'main')
                FROM pragma_table_xinfo(?1) WHERE hidden = 0 ORDER BY cid
                """), values: [.text(table)], rowLimit: 4_000
        ).batch
        var columns: [String] = []
        var isWithoutRowID = false
        var primaryKey: [String] = []
        for index in 0..<described.rowCount {
            let row = described.row(index)
            guard case .text(let name) = row[0], case .text(let type) = row[2] else { continue }
            columns.append(name)
            if row[1] != 0 { primaryKey.append(type) }
            isWithoutRowID = row[3] == 1
        }
        // A rowid that is no column of its own goes along, under a name that is free.
        let names = Set(columns.map { $0.lowercased() })
        var list = columns.map(SQLName.quoted)
        if !isWithoutRowID, primaryKey != ["INTEGER"],
            let free = ["rowid", "_rowid_", "oid"].first(where: { !names.contains($0) })
        {
            list.insert(free, at: 0)
        }
        let text = list.joined(separator: ", ")
        let insert = ShardStatement(
            "INSERT INTO \(SQLName.quoted(table)) (\(text)) VALUES (\(list.indices.map { "?\($0 + 1)" }.joined(separator: ", ")))"
        )
        let rows = try await session.query("SELECT \(raw: text) FROM \(raw: SQLName.quoted(table))")
        while let batch = try await rows.nextBatch() {
            spent += batch.byteCount
            guard spent <= byteLimit else {
                await rows.close()
                throw ShardError(
                    .overBudget,
                    "the plain copy of the tables takes more than \(byteLimit >> 20) MiB, at table \(table)",
                    hint: "Give a plain database of the same rows (--plain), or raise the limit (--max-copy).")
            }
            for row in 0..<batch.rowCount { _ = try await file.execute(insert, values: batch.row(row)) }
        }
    }
}
