import Foundation
import ShardIDs

/// Hands out identifiers from many processes that are killed while their clocks are set to and fro, and checks that
/// none came twice.
///
/// `shardkit-ids torture [--mode leased|fixed|segment] [--count 100000000] [--processes 4] [--tasks 16] [--seed N]`
/// starts itself again as `shardkit-ids issue …`; the fake clock of a process is an offset in its environment.
@main
struct IDCommand {
    static let offsetVariable = "SHARDKIT_IDS_CLOCK_OFFSET"

    static func main() async {
        do {
            let words = Array(CommandLine.arguments.dropFirst())
            let arguments = try Arguments(Array(words.dropFirst()))
            switch words.first {
            case "torture": try await Torture(arguments).run()
            case "issue": exit(try await Issuer(arguments).run())
            default: throw Arguments.Problem(description: "say torture or issue")
            }
        } catch {
            FileHandle.standardError.write(Data("shardkit-ids: \(error)\n".utf8))
            exit(1)
        }
    }
}

/// `--name value` pairs.
struct Arguments {
    struct Problem: Error, CustomStringConvertible { let description: String }
    private var values: [String: String] = [:]

    init(_ words: [String]) throws {
        var index = 0
        while index < words.count {
            guard words[index].hasPrefix("--"), index + 1 < words.count else {
                throw Problem(description: "\(words[index]) is not an option with a value")
            }
            values[String(words[index].dropFirst(2))] = words[index + 1]
            index += 2
        }
    }

    func text(_ name: String, _ standard: String) -> String { values[name] ?? standard }

    func number(_ name: String, _ standard: Int) throws -> Int {
        guard let text = values[name] else { return standard }
        guard let number = Int(text) else { throw Problem(description: "--\(name) \(text) is not a number") }
        return number
    }
}
