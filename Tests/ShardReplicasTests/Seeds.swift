import ShardBase
import Testing

/// Runs a property many times, each with a seed of its own that is printed when it fails; `only` runs it with that one.
func forAll(_ runs: Int, only: UInt64? = nil, _ property: (inout SeededGenerator) throws -> Void) rethrows {
    var seeds = SeededGenerator()
    for _ in 0..<(only == nil ? runs : 1) {
        var generator = only.map { SeededGenerator(seed: $0) } ?? seeds.fork()
        let seed = generator.seed
        do { try property(&generator) } catch {
            print("seed \(seed)")
            throw error
        }
    }
}

struct Failed: Error, CustomStringConvertible {
    var description: String
}

/// Fails the property, and with it the run that prints its seed.
func require(_ condition: Bool, _ message: @autoclosure () -> String = "", line: Int = #line) throws {
    if !condition { throw Failed(description: "line \(line): \(message())") }
}

/// Like #require, for what changes when it is asked.
func must<Wanted>(_ value: Wanted?, line: Int = #line) throws -> Wanted {
    guard let value else { throw Failed(description: "line \(line): nothing there") }
    return value
}
