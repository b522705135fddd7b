/// Sakila's rows, as its PostgreSQL script copies them, as INSERT statements for its SQLite schema.
struct SakilaRows {
    let inserts: [String]

    /// Columns that the SQLite schema does not have.
    private static let unknown: Set<String> = ["fulltext", "activebool", "picture"]

    init(copyScript: String) {
        var inserts: [String] = []
        var table = ""
        var columns: [String] = []
        var rows: [String] = []
        func flush() {
            guard !rows.isEmpty else { return }
            let names = columns.filter { !Self.unknown.contains($0) } + (table == "payment" ? ["last_update"] : [])
            inserts.append(
                "INSERT INTO \(table) (\(names.joined(separator: ", "))) VALUES \(rows.joined(separator: ", "))")
            rows = []
        }
        for line in copyScript.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("COPY public.") {
                let rest = line.dropFirst("COPY public.".count)
                table = String(rest.prefix { $0 != " " })
                let inside = rest.drop { $0 != "(" }.dropFirst().prefix { $0 != ")" }
                columns = inside.split(separator: ",").map { String($0.drop { $0 == " " }) }
            } else if line == "\\." {
                flush()
                table = ""
            } else if !table.isEmpty {
                var values = zip(columns, line.split(separator: "\t", omittingEmptySubsequences: false))
                    .filter { !Self.unknown.contains($0.0) }.map { Self.literal(String($0.1)) }
                if table == "payment", let date = values.last { values.append(date) }
                rows.append("(\(values.joined(separator: ", ")))")
                if rows.count == 200 { flush() }
            }
        }
        self.inserts = inserts
    }

    private static func literal(_ field: String) -> String {
        if field == "\\N" { return "NULL" }
        if Int64(field) != nil || Double(field) != nil && !field.contains("e") { return field }
        return "'" + field.replacing("'", with: "''") + "'"
    }
}
