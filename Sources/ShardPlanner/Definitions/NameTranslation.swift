public import ShardBase
public import ShardTopology

/// Turns the physical names in an engine's message back into the logical ones:
/// `UNIQUE constraint failed: orders_3.id` becomes `UNIQUE constraint failed: orders.id`.
///
/// Only whole words are replaced, and none behind a table's name and a point (a column may be named as a partition is).
public struct NameTranslation: Sendable {
    private var names: [String: String] = [:]

    /// - Parameter indexes: the logical indexes, name and table.
    public init(_ topology: Topology, indexes: [(name: String, table: String)] = []) {
        for table in topology.tables.values {
            if table.isSplit {
                for piece in table.physicalPieces(shardCount: topology.shards.count) {
                    names[piece.cold.name] = table.schema.name
                }
            }
            guard case .sharded(let sharding) = table.placement, sharding.hasOwnNames(table.schema.name) else {
                continue
            }
            for partition in sharding.partitions { names[partition.physicalName] = table.schema.name }
            for index in indexes where index.table.lowercased() == table.schema.name.lowercased() {
                for piece in table.physicalPieces(shardCount: topology.shards.count) {
                    names[table.physicalIndexName(index.name, on: piece)] = index.name
                }
            }
        }
    }

    /// Whether physical names differ from logical ones at all.
    public var isEmpty: Bool { names.isEmpty }

    /// O(length).
    public func logical(_ message: String) -> String {
        if names.isEmpty { return message }
        var result = ""
        var word = ""
        var previous = ""
        var behindPoint = false
        func flush() {
            guard !word.isEmpty else { return }
            result += behindPoint && previous != "main" ? word : names[word] ?? word
            previous = word
            word = ""
        }
        for character in message {
            if character.isLetter || character.isNumber || character == "_" || character == "$" {
                word.append(character)
            } else {
                flush()
                result.append(character)
                behindPoint = character == "."
            }
        }
        flush()
        // Names that are no single word.
        for (physical, logical) in names
        where !physical.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "$" }) {
            result = Self.replacing(physical, by: logical, in: result)
        }
        return result
    }

    public func logical(_ error: ShardError) -> ShardError {
        var error = error
        error.message = logical(error.message)
        return error
    }

    private static func replacing(_ old: String, by new: String, in text: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let range = rest.firstRange(of: old) {
            result += rest[..<range.lowerBound] + new
            rest = rest[range.upperBound...]
        }
        return result + rest
    }
}
