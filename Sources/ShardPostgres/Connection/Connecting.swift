import CLibPQ
import ShardBackend
import ShardBase
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Makes connections, on threads of their own: looking up names blocks in the C library, and so may a handshake.
enum Connecting {
    /// For making connections; hosts that do not answer hold its threads for as long as the time limit.
    private static let threads = WorkExecutor(threads: 4)

    /// A pointer on its way to its one owner.
    /// `@unchecked Sendable`: nobody else has it.
    private struct Made: @unchecked Sendable {
        var handle: OpaquePointer?
        var problem: String?
    }

    private enum Phase {
        case waiting(UnsafeContinuation<Made?, Never>)
        /// Nobody waits any more.
        case abandoned
        case begun
    }

    static func connect(_ configuration: PostgresConfiguration) async throws -> OpaquePointer {
        let phase = Shared(Mutex(Phase.begun))
        let made = await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Made?, Never>) in
                let mayStart = phase.value.withLock { phase -> Bool in
                    if case .abandoned = phase { return false }
                    phase = .waiting(continuation)
                    return true
                }
                guard mayStart else { return continuation.resume(returning: nil) }
                Task.detached(executorPreference: threads) {
                    let made = connectBlocking(configuration)
                    let waiter = phase.value.withLock { phase -> UnsafeContinuation<Made?, Never>? in
                        guard case .waiting(let continuation) = phase else { return nil }
                        phase = .abandoned
                        return continuation
                    }
                    if let waiter { waiter.resume(returning: made) } else { PQfinish(made.handle) }
                }
            }
        } onCancel: {
            let waiter = phase.value.withLock { current -> UnsafeContinuation<Made?, Never>? in
                defer { current = .abandoned }
                if case .waiting(let continuation) = current { return continuation }
                return nil
            }
            waiter?.resume(returning: nil)
        }
        guard let made else { throw PostgresFailure.cancelled }
        guard let handle = made.handle else { throw error(made.problem ?? "", configuration) }
        guard PQstatus(handle) == CONNECTION_OK else {
            defer { PQfinish(handle) }
            throw error(PQerrorMessage(handle).map { String(cString: $0) } ?? "", configuration)
        }
        return handle
    }

    private static func connectBlocking(_ configuration: PostgresConfiguration) -> Made {
        // Later words win; what stands in the connection string wins over what stands before it.
        let seconds = max(2, Int(configuration.connectTimeout.components.seconds))
        var words = [("connect_timeout", "\(seconds)"), ("fallback_application_name", "shardkit")]
        if !configuration.connectionString.isEmpty { words.append(("dbname", configuration.connectionString)) }
        words += configuration.parameters.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        words.append(("client_encoding", "UTF8"))
        var keys = words.map { $0.0.withCString { strdup($0) } }.map { UnsafePointer($0) }
        var values = words.map { $0.1.withCString { strdup($0) } }.map { UnsafePointer($0) }
        defer {
            for pointer in keys + values { free(UnsafeMutablePointer(mutating: pointer)) }
        }
        keys.append(nil)
        values.append(nil)
        guard let handle = PQconnectdbParams(keys, values, 1) else {
            return Made(handle: nil, problem: "out of memory")
        }
        return Made(handle: handle, problem: nil)
    }

    /// Why there is no connection. libpq quotes a string that it does not understand, and it may hold a password.
    private static func error(_ said: String, _ configuration: PostgresConfiguration) -> ShardError {
        var message = PostgresFailure.trimmed(said)
        for secret in [configuration.connectionString] + configuration.parameters.values.filter({ $0.count > 3 })
        where !secret.isEmpty {
            message = replacing(secret, in: message)
        }
        let isWrong =
            said.contains("invalid") || said.contains("missing \"=\"") || said.contains("definition of service")
        return ShardError(
            isWrong ? .configuration : .connectionLost, message, engineCode: "08001", isRetryable: !isWrong,
            details: EngineDetails(retry: isWrong ? .notRetryable : .connectionLost, severity: "FATAL"))
    }

    private static func replacing(_ secret: String, in text: String) -> String {
        var result = ""
        var rest = text[...]
        while let range = rest.firstRange(of: secret) {
            result += rest[..<range.lowerBound] + "…"
            rest = rest[range.upperBound...]
        }
        return result + rest
    }
}

/// One value that several tasks see.
final class Shared<Value: ~Copyable & Sendable>: Sendable {
    let value: Value
    init(_ value: consuming Value) { self.value = value }
}
