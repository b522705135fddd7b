import Foundation

/// One child process. `Foundation.Process` watches its children from a thread of its own and does not bear thousands of
/// them; this one only asks now and then.
struct ChildProcess {
    enum Ending: Equatable, CustomStringConvertible {
        case exit(Int32), signal(Int32)
        /// It was killed because its time was over.
        case timeout(Duration)

        var description: String {
            switch self {
            case .exit(let status): "exit \(status)"
            case .signal(let signal): "signal \(signal)"
            case .timeout(let limit): "killed after \(limit)"
            }
        }
    }

    private let identifier: pid_t

    /// Starts it. Its standard error goes to the file `errors`; `environment` comes on top of this process' own.
    init(executable: String, arguments: [String], environment: [String: String], errors: String) throws {
        let merged = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var words = ([executable] + arguments).map { strdup($0) } + [nil]
        var settings = merged.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer {
            for pointer in words + settings { free(pointer) }
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        var identifier: pid_t = 0
        let code = posix_spawn(&identifier, executable, &actions, nil, &words, &settings)
        guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EINVAL) }
        self.identifier = identifier
    }

    /// Waits for its end; kills it when its time is over.
    func ending(within limit: Duration) async throws -> Ending {
        let started = ContinuousClock.now
        var isKilled = false
        var status: Int32 = 0
        while waitpid(identifier, &status, WNOHANG) == 0 {
            if !isKilled, ContinuousClock.now - started >= limit {
                kill(identifier, SIGKILL)
                isKilled = true
            }
            try await Task.sleep(for: .milliseconds(4))
        }
        if isKilled { return .timeout(limit) }
        let signal = status & 0x7f
        return signal == 0 ? .exit(status >> 8 & 0xff) : .signal(signal)
    }
}
