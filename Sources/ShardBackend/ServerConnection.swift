/// A connection to a database server, with what only servers are asked for: describing a statement takes a round trip, and
/// rows can go from one server to another without being looked at.
public protocol ServerConnection: ShardConnection {
    /// What the database says of a statement: its columns and the types of its parameters, or its error. Nothing is run. One
    /// round trip.
    ///
    /// - Parameter parameterTypes: `pg_type`'s numbers, 0 or none where the server finds them.
    func describe(_ sql: String, parameterTypes: [UInt32]) async throws -> StatementDescription

    /// Copies a query's rows into a table of another connection.
    ///
    /// - Parameters:
    ///   - query: without parameters.
    ///   - table: as SQL text, with its columns where they are not all: `t (a, b)`.
    ///   - isBinary: in the servers' own binary form, else as text.
    ///   - byteLimit: what the rows may take.
    /// - Returns: the bytes copied.
    /// - Throws: `.overBudget` beyond `byteLimit`; what either server says. Afterwards a transaction open on either connection
    ///   may have failed.
    func copy(
        _ query: String, into table: String, of target: any ServerConnection, isBinary: Bool, byteLimit: Int
    ) async throws -> Int

    /// Gives a query's rows in the server's text form (COPY), in pieces of whole lines.
    ///
    /// - Parameter body: called for each piece, one after the other; while it runs, the server waits.
    func copyLines(of query: String, _ body: ([UInt8]) async throws -> Void) async throws

    /// Puts rows in the server's text form into a table.
    ///
    /// - Parameters:
    ///   - lines: whole ones, each with its end.
    ///   - table: as SQL text, with its columns where they are not all: `t (a, b)`.
    /// - Returns: the number of rows.
    func copy(lines: [UInt8], into table: String) async throws -> Int64

    /// Makes the connection's settings those of a session.
    func carry(_ settings: SessionSettings) async throws

    /// Ends the connection; what its server keeps for it is gone.
    func close()

    /// Forgets what is prepared: tables of the connection's own have changed.
    func forgetStatements()

    /// Whether it can be used: not closed, and not found broken by a statement.
    var isOpen: Bool { get }

    /// When it was made, by the process's monotonic clock: its server has run without interruption since then, as far as it is open.
    var openedAt: Duration { get }

    /// The connection that does the work: itself, unless it is lent by way of another.
    var underlying: any ServerConnection { get }

    /// Whether a statement of the open transaction failed, so that only its end is left.
    var isTransactionFailed: Bool { get }
}

extension ServerConnection {
    public var underlying: any ServerConnection { self }
}
