import Foundation
import Testing

/// The import table of `Sources/README.md`, enforced: a room imports what the table allows and nothing else.
struct ImportTableTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Modules of the system and of packages that any room may import where its manifest entry names them.
    static let outside: Set<String> = [
        "Foundation", "FoundationEssentials", "Glibc", "Musl", "Darwin", "Synchronization", "Dispatch", "Logging",
        "DequeModule", "Collections", "Metrics", "Tracing", "Yams", "ArgumentParser", "CSQLite", "CLibPQ",
    ]

    static func table() throws -> [String: Set<String>] {
        let text = try String(contentsOf: root.appending(path: "Sources/README.md"), encoding: .utf8)
        var result: [String: Set<String>] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 3 else { continue }
            let room = cells[0].trimmingCharacters(in: CharacterSet(charactersIn: "`"))
            switch cells[2] {
            case "nothing": result[room] = []
            case "all of the above": result[room] = Set(result.keys)
            default:
                result[room] = Set(cells[2].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
            }
        }
        return result
    }

    static func imports(of room: String) throws -> [String: Set<String>] {
        var result: [String: Set<String>] = [:]
        let folder = root.appending(path: "Sources/\(room)")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                var words = line.split(separator: " ")
                while let first = words.first,
                    first == "public" || first == "internal" || first == "private" || first.hasPrefix("@")
                {
                    words.removeFirst()
                }
                guard words.count >= 2, words[0] == "import" else { continue }
                var module = words[1]
                if words.count >= 3, ["struct", "enum", "class", "func", "protocol", "typealias"].contains(module) {
                    module = words[2]
                }
                result[String(module.prefix { $0 != "." }), default: []].insert(file.lastPathComponent)
            }
        }
        return result
    }

    @Test("every room imports only what the table in Sources/README.md allows")
    func importsFollowTheTable() throws {
        let table = try Self.table()
        #expect(table.count >= 12, "the table in Sources/README.md was not understood")
        let rooms = try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: "Sources").path)
            .filter { !$0.contains(".") && !$0.hasPrefix("C") }
        for room in rooms {
            let allowed = try #require(table[room], "Sources/\(room) is not in the table of Sources/README.md")
            for (module, files) in try Self.imports(of: room)
            where !allowed.contains(module) && !Self.outside.contains(module) {
                Issue.record("\(room) imports \(module), which the table does not allow: \(files.sorted())")
            }
        }
    }

    @Test("only the room of the C library imports it, and the planner and the rooms below do no I/O")
    func doorsAreWhereTheyBelong() throws {
        for room in [
            "ShardSQL", "ShardValues", "ShardTopology", "ShardPlanner", "ShardIDs", "ShardReplicas", "ShardCatalog",
            "ShardExecutor", "ShardKit",
        ] {
            #expect(try Self.imports(of: room)["CSQLite"] == nil, "\(room) must not import CSQLite")
            #expect(try Self.imports(of: room)["CLibPQ"] == nil, "\(room) must not import CLibPQ")
        }
        for room in ["ShardSQL", "ShardPlanner", "ShardTopology"] {
            let imports = try Self.imports(of: room)
            for module in ["Foundation", "Glibc", "Dispatch"] {
                #expect(imports[module] == nil, "\(room) is pure and must not import \(module)")
            }
        }
    }

    @Test("no source file names a tool or a path of the machine it was written on")
    func sourcesNameNoMachine() throws {
        let files = FileManager.default.enumerator(
            at: Self.root.appending(path: "Sources"), includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            for path in ["/ro" + "ot/", "/ho" + "me/", "/wo" + "rk/"] {
                #expect(!text.contains(path), "\(file.lastPathComponent) names \(path)")
            }
        }
    }
}
