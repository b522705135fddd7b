import Conformance
import Foundation

/// The work of one child process.
enum JobProcess {
    /// Runs a job and writes its report; while it runs, the line it is at stands beside in `<output>.line`.
    static func work(_ job: ConformanceJob, corpus: URL, options: LogicRun.Options, output: String) async throws {
        var options = options
        options.shards = job.shards
        options.declaration = job.declaration
        options.every = job.every
        let file = try LogicFile(corpus: corpus, name: job.file)
        let mark = open(output + ".line", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        defer { close(mark) }
        let report = try await LogicRun.run(file, options) { line in
            var number = Int64(line)
            _ = pwrite(mark, &number, 8, 0)
        }
        try JSONEncoder().encode(report).write(to: URL(filePath: output), options: .atomic)
    }
}
