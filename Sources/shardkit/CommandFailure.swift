import ArgumentParser
import ShardKit

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The exit statuses besides 0 and ArgumentParser's 64.
enum ExitStatus {
    static let failure = ExitCode(1)
    static let refused = ExitCode(2)
    static let partial = ExitCode(3)
    /// What shells expect of Ctrl-C.
    static let interrupted = ExitCode(130)

    /// The status that tells what kind an error is.
    static func of(_ error: ShardError) -> ExitCode {
        error.isRefusal ? refused : error.code == .cancelled ? interrupted : failure
    }
}

/// A command that does work: errors become text for people and an exit status.
protocol WorkingCommand: AsyncParsableCommand, Sendable {
    func work() async throws
}

extension WorkingCommand {
    mutating func run() async throws {
        // A reader that goes away is an error of the write, not the end of the process: there may be files to remove.
        signal(SIGPIPE, SIG_IGN)
        do {
            try await work()
        } catch let exit as ExitCode {
            throw exit
        } catch is StandardOutput.ReaderGone {
            // Nobody reads the rest: that is not an error of ours.
            throw ExitCode.success
        } catch let error as ValidationError {
            throw error
        } catch {
            throw CommandFailure.report(error)
        }
    }
}

/// How errors are shown: the code and the sentence, the place with a caret, the hint. Nothing else goes to standard error.
enum CommandFailure {
    /// Writes an error to standard error.
    ///
    /// - Parameter statement: which statement of a script it was, from 1.
    /// - Returns: the exit status that says what kind it was.
    static func report(_ error: any Error, statement: Int? = nil) -> ExitCode {
        let error = shardError(error)
        try? StandardOutput.errors.write(text(error, statement: statement))
        return ExitStatus.of(error)
    }

    static func shardError(_ error: any Error) -> ShardError {
        if var error = error as? ShardError {
            // The catalogue's advice stands in where the rule that refused had none of its own.
            if error.isRefusal, error.hint == nil { error.hint = error.code.advice }
            return error
        }
        if error is CancellationError { return .interrupted }
        if let error = error as? IDError { return ShardError(.input, error.message, hint: error.advice) }
        return ShardError(.internalError, "\(error)")
    }

    static func text(_ error: ShardError, statement: Int? = nil, width: Int = 80) -> String {
        var text = error.isRefusal ? "refused" : "error"
        text += " [\(error.code.rawValue)]"
        if let statement { text += " in statement \(statement)" }
        text = wrapped("\(text): \(error.message)", width: width) + "\n"
        if let place = error.place {
            text += "line \(place.line), column \(place.column):\n"
            for line in place.excerpt.split(separator: "\n", omittingEmptySubsequences: false) { text += "  \(line)\n" }
        }
        if let hint = error.hint { text += wrapped("hint: \(hint)", width: width) + "\n" }
        return text
    }

    /// Breaks a text at blanks so that lines fit; all are indented as said, lines after the first by two more. Line breaks
    /// and runs of blanks inside a line stay.
    static func wrapped(_ text: String, width: Int, indent: String = "") -> String {
        var lines: [String] = []
        var line: String?
        for (number, part) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if let full = line { lines.append(full) }
            line = nil
            for word in part.split(separator: " ", omittingEmptySubsequences: false) {
                if let begun = line, DisplayWidth.of(begun) + 1 + DisplayWidth.of(word) <= width {
                    line = begun + " " + word
                } else {
                    if let full = line { lines.append(full) }
                    line = (lines.isEmpty && number == 0 ? indent : indent + "  ") + word
                }
            }
        }
        if let line { lines.append(line) }
        return lines.joined(separator: "\n")
    }
}
