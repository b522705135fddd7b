public import Logging

/// How connections to one PostgreSQL database are made.
///
/// Every connection parameter of libpq may stand in the connection string, in ``parameters``, in a service file that one of
/// them names (`service=orders`), or in the environment, in that order of precedence from the last to the first.
public struct PostgresConfiguration: Sendable {
    /// A URL (`postgresql://user@host:5432/database?sslmode=verify-full`), a keyword string
    /// (`host=/run/postgresql dbname=orders`), a database's name, or nothing.
    public var connectionString: String
    /// Connection parameters by libpq's names; they win over the string's.
    public var parameters: [String: String]
    /// The thread that waits for the sockets. Default: the process's shared loop.
    public var loop: PostgresLoop
    /// Statements kept prepared per connection. Default: 256.
    public var statementCacheLimit: Int
    /// How long making a connection may take, unless the string names a `connect_timeout`. Default: 10 seconds.
    public var connectTimeout: Duration
    /// How long a server may take to answer after it was asked to cancel; then the connection is cut. Default: 10 seconds.
    public var cancelTimeout: Duration
    /// Bytes read ahead of a cursor that is left open while its connection is used for something else; beyond them the
    /// other use fails with `.overBudget`. Default: 64 MiB.
    public var openCursorLimit: Int
    /// Cells are what a user binds and reads without knowing their types: machine words, texts, bytes of bytea; every other
    /// type comes as its text. Default false: a type that has a decoder comes in its binary form.
    public var prefersTexts: Bool = false
    /// Where notices and warnings of the server go when there is no ``onNotice``.
    public var logger: Logger
    /// Called with each notice, on the thread that uses the connection; it must not block. Nil: they are logged.
    public var onNotice: (@Sendable (PostgresNotice) -> Void)?

    public init(
        _ connectionString: String = "", parameters: [String: String] = [:], loop: PostgresLoop = .shared,
        statementCacheLimit: Int = 256, connectTimeout: Duration = .seconds(10),
        cancelTimeout: Duration = .seconds(10), openCursorLimit: Int = 64 << 20,
        logger: Logger = Logger(label: "shardkit.postgres"), onNotice: (@Sendable (PostgresNotice) -> Void)? = nil
    ) {
        self.connectionString = connectionString
        self.parameters = parameters
        self.loop = loop
        self.statementCacheLimit = max(1, statementCacheLimit)
        self.connectTimeout = connectTimeout
        self.cancelTimeout = cancelTimeout
        self.openCursorLimit = openCursorLimit
        self.logger = logger
        self.onNotice = onNotice
    }
}

// Strings and parameters may hold passwords.
extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "PostgresConfiguration(…)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What a server says beside its answers: notices, warnings, debug messages.
public struct PostgresNotice: Sendable, Hashable {
    /// `WARNING`, `NOTICE`, `INFO`, `LOG` or `DEBUG`, never translated.
    public var severity: String
    public var sqlState: String
    public var message: String
    public var detail: String?
    public var hint: String?

    public init(severity: String, sqlState: String, message: String, detail: String? = nil, hint: String? = nil) {
        self.severity = severity
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.hint = hint
    }
}
