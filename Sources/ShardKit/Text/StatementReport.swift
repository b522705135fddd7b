public import ShardBase
import ShardSQL

/// What the parser makes of one statement, without any database.
public struct StatementReport: Sendable, Hashable {
    /// `select`, `create-table`, `begin` …
    public var statementClass: String
    /// The statement in the printer's canonical form.
    public var printed: String
    /// The shape's hash, literals aside: 16 hexadecimal digits, the same in every run.
    public var fingerprint: String

    /// The names of the dialects.
    public static let dialects = [Dialect.sqlite.name, Dialect.postgresql.name]

    /// Parses one statement.
    ///
    /// - Throws: ``ShardBase/ShardError`` with the place of a syntax error; `.configuration` for an unknown dialect.
    public init(of sql: String, dialect name: String) throws(ShardError) {
        guard let dialect = [Dialect.sqlite, .postgresql].first(where: { $0.name == name }) else {
            throw ShardError(
                .configuration, "there is no dialect \"\(name)\"",
                hint: "It is one of \(Self.dialects.joined(separator: ", ")).")
        }
        let report = try ParseReport.line(sql: sql, dialect: dialect)
        statementClass = report.statementClass
        printed = report.printed
        fingerprint = report.fingerprint
    }
}
