/// A line for the shell itself: it begins with a backslash, or with a point as other shells have it.
enum ShellCommandLine: Equatable {
    case quit, help, tables, shards, timing
    /// A table, or all of them.
    case describe(String?)
    case explain(String)
    case unknown(String)

    init(_ line: String) {
        let parts = line.split(separator: " ", maxSplits: 1)
        let word = String(parts.first ?? "")
        var rest = parts.count > 1 ? String(parts[1]) : ""
        while let last = rest.last, last.isWhitespace || last == ";" { rest.removeLast() }
        rest = String(rest.drop { $0.isWhitespace })
        switch word {
        case "\\q", "\\quit", "\\exit", ".quit", ".exit", ".q": self = .quit
        case "\\?", "\\h", "\\help", ".help": self = .help
        case "\\dt", ".tables": self = .tables
        case "\\d", ".schema": self = .describe(rest.isEmpty ? nil : rest)
        case "\\shards", ".shards": self = .shards
        case "\\timing", ".timing", ".timer": self = .timing
        case "\\explain", ".explain": self = rest.isEmpty ? .help : .explain(rest)
        default: self = .unknown(word)
        }
    }

    static let words = ["\\?", "\\d", "\\dt", "\\explain", "\\q", "\\shards", "\\timing"]

    static let helpText = """
        \\dt            the tables, how they are sharded, and by what
        \\d TABLE       a table's columns, partitions and indexes
        \\shards        the shards
        \\explain SQL   how a statement would be answered, without running it
        \\timing        show the time, the rung and the shards of each statement, or not
        \\q             leave (also Ctrl-D)

        A statement ends with a semicolon and may take several lines. Ctrl-C throws away
        what is typed, or cancels what runs. Tab completes keywords and names; Up, Down
        and Ctrl-R go through what was typed before.

        """
}
