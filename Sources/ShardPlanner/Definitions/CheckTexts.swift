public import ShardBase
import ShardSQL
public import ShardTopology

/// Gives the errors of unnamed CHECK constraints the user's words back: SQLite names such a constraint by its text, which
/// is printed anew in the shards' tables.
public struct CheckTexts: Sendable {
    /// What the user wrote, by what the shards say.
    private var texts: [String: String] = [:]
    private static let head = "CHECK constraint failed: "

    /// O(texts of tables with a CHECK).
    public init(_ topology: Topology, dialect: Dialect) {
        for table in topology.tables.values where table.createSQL.asciiLowercased().contains("check") {
            guard let parsed = try? Parser.parse(table.createSQL, dialect: dialect),
                case .createTable(let create) = parsed.statement,
                case .columns(let columns, let constraints) = create.content
            else { continue }
            let source = Array(table.createSQL.utf8)
            var conditions: [Expression] = []
            for constraint in columns.flatMap(\.constraints) {
                if case .check(let condition) = constraint.kind { conditions.append(condition) }
            }
            for constraint in constraints {
                if case .check(let condition) = constraint.kind { conditions.append(condition) }
            }
            for condition in conditions {
                let range = condition.range
                guard range.start >= 0, range.end <= source.count, range.start <= range.end else { continue }
                let text = String(decoding: source[Int(range.start)..<Int(range.end)], as: UTF8.self)
                texts[SQLPrinter.print(condition, options: .init(dialect: dialect))] = text
            }
        }
    }

    public static func isAbout(_ message: String) -> Bool { message.hasPrefix(head) }

    public func logical(_ error: ShardError) -> ShardError {
        guard Self.isAbout(error.message), let text = texts[String(error.message.dropFirst(Self.head.count))] else {
            return error
        }
        var error = error
        error.message = Self.head + text
        return error
    }
}
