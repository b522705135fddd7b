/// TPC-H's queries in SQLite's words, by rules that know SQL and not the queries.
///
/// - `CAST('1998-09-02' AS date)` and `date '1998-09-02'`: the text, since dates are stored as texts of that form.
/// - `extract(year FROM d)`: `CAST(strftime('%Y', d) AS INTEGER)`.
/// - `substring(x FROM a FOR b)`: `substr(x, a, b)`.
/// - `(SELECT …) AS t (a, b)`: `(WITH t (a, b) AS (SELECT …) SELECT * FROM t) AS t`; SQLite names a query's columns in WITH
///   only.
public enum TPCHTranslation {
    public static func sqlite(_ sql: String) -> String {
        var text = sql
        text.replace(#/CAST\((?<text>'[^']*')\s+AS\s+date\)/#.ignoresCase()) { String($0.output.text) }
        text.replace(#/\bdate\s+(?<text>'[^']*')/#.ignoresCase()) { String($0.output.text) }
        text.replace(#/extract\(\s*year\s+FROM\s+(?<date>[^()]+)\)/#.ignoresCase()) {
            "CAST(strftime('%Y', \($0.output.date)) AS INTEGER)"
        }
        text.replace(
            #/substring\(\s*(?<text>[^()]+?)\s+FROM\s+(?<from>\d+)\s+FOR\s+(?<count>\d+)\s*\)/#.ignoresCase()
        ) {
            "substr(\($0.output.text), \($0.output.from), \($0.output.count))"
        }
        return columnNames(text)
    }

    private static func columnNames(_ sql: String) -> String {
        let pattern = #/\)\s+AS\s+(?<name>\w+)\s*(?<columns>\(\s*\w+(?:\s*,\s*\w+)*\s*\))/#.ignoresCase()
        guard let found = sql.firstMatch(of: pattern), let open = opening(of: found.range.lowerBound, in: sql) else {
            return sql
        }
        let name = found.output.name
        let query = sql[sql.index(after: open)..<found.range.lowerBound]
        return sql[..<open] + "(WITH \(name) \(found.output.columns) AS (\(query)) SELECT * FROM \(name)) AS \(name)"
            + sql[found.range.upperBound...]
    }

    /// The parenthesis that the one at `end` closes.
    private static func opening(of end: String.Index, in sql: String) -> String.Index? {
        var depth = 0
        var at = end
        while true {
            if sql[at] == ")" { depth += 1 }
            if sql[at] == "(" { depth -= 1 }
            if depth == 0 { return at }
            if at == sql.startIndex { return nil }
            at = sql.index(before: at)
        }
    }
}
