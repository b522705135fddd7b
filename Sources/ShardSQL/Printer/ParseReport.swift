import ShardBase

/// What `shardkit parse` tells of a statement.
public struct ParseReport: Sendable, Hashable {
    /// ``Statement/classification``.
    public var statementClass: String
    /// The statement in the printer's canonical form.
    public var printed: String
    /// The shape's hash: 16 hexadecimal digits, the same in every run.
    public var fingerprint: String

    /// Parses one statement and prints it back. Throws ``ShardBase/ShardError`` with the place of a syntax error.
    public static func line(sql: String, dialect: Dialect) throws(ShardError) -> ParseReport {
        let parsed: ParsedStatement
        do throws(SQLSyntaxError) {
            parsed = try Parser.parse(sql, dialect: dialect)
        } catch {
            throw error.shardError(in: sql)
        }
        var scratch = FingerprintScratch()
        let options = Fingerprint.Options(seed: Fingerprint.stableSeed)
        guard let hash = Fingerprint.of(sql, dialect: dialect, options: options, into: &scratch) else {
            throw ShardError(.internalError, "a statement was parsed whose tokens have no fingerprint")
        }
        return ParseReport(
            statementClass: parsed.statement.classification,
            printed: SQLPrinter.print(parsed.statement, options: SQLPrinter.Options(dialect: dialect)),
            fingerprint: Self.hexadecimal(hash))
    }

    private static func hexadecimal(_ hash: UInt64) -> String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
