#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
public import ShardBase

extension Configuration {
    /// Fresh shards in a new temporary folder (of `TMPDIR`), without waiting for the disk: for tests and experiments.
    ///
    /// The folder is the caller's to remove: ``removeFiles()``.
    public static func temporary(shardCount: Int) throws(ShardError) -> Configuration {
        let base = ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        var template = Array((base + "/shardkit-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ShardError(
                .inputOutput, "no temporary folder can be made in \(base)", hint: "Set TMPDIR to a folder for writing.")
        }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var configuration = Configuration(cluster: "temporary", directory: folder, shardCount: shardCount)
        configuration.synchronous = .off
        return configuration
    }

    /// Removes the whole folder of the database. For temporary ones.
    public func removeFiles() { try? FileManager.default.removeItem(atPath: directory) }
}
