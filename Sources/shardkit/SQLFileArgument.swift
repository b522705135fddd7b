import ArgumentParser
import Foundation
import ShardKit

/// A file of statements.
struct SQLFileArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("The file of statements.", valueName: "file.sql"))
    var file: String

    /// The statements of the file.
    ///
    /// - Throws: `.notFound`, `.input` for what is not UTF-8 text or holds no statement.
    func script(for engine: Configuration.Engine = .sqlite) throws(ShardError) -> SQLScript {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw ShardError(.notFound, "there is no file \(file), or it cannot be read")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ShardError(.input, "\(file) is not UTF-8 text")
        }
        let script = SQLScript(text, for: engine)
        guard !script.statements.isEmpty else { throw ShardError(.input, "\(file) holds no statement") }
        return script
    }
}

/// How reports on statements are written.
enum ReportFormat: String, CaseIterable, ExpressibleByArgument { case text, json }
