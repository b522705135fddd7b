public import ShardBase
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One definition (DDL) at a time, among all tasks and processes of the machine: a lock on a file beside the catalog.
///
/// The system frees it when the process dies. Each acquisition opens the file anew, so tasks of one process exclude one
/// another as processes do. Without a folder the lock is the process's own.
public final class DefinitionLock: Sendable {
    static let fileName = "definition.lock"

    private let path: String?
    /// The lock where there is no folder.
    private let isTaken = Atomic(false)

    public init(directory: String?) { path = directory.map { $0 + "/" + Self.fileName } }

    /// A lock that is held; give it back with ``release()``.
    public struct Held: Sendable {
        fileprivate let owner: DefinitionLock
        fileprivate let descriptor: Int32

        public func release() {
            if descriptor >= 0 {
                close(descriptor)
            } else {
                owner.isTaken.store(false, ordering: .releasing)
            }
        }
    }

    /// The lock if it is free now, else nil.
    /// - Throws: `.readOnly` when the folder cannot be written, `.inputOutput` when locking fails.
    public func tryAcquire() throws(ShardError) -> Held? {
        guard let path else {
            let (exchanged, _) = isTaken.compareExchange(
                expected: false, desired: true, ordering: .acquiringAndReleasing)
            return exchanged ? Held(owner: self, descriptor: -1) : nil
        }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            let reason = errno
            let isForbidden = reason == EROFS || reason == EACCES || reason == EPERM
            throw ShardError(
                isForbidden ? .readOnly : .inputOutput,
                "the schema cannot be changed: the lock beside the catalog could not be opened: "
                    + String(cString: strerror(reason)))
        }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return Held(owner: self, descriptor: descriptor) }
        let reason = errno
        close(descriptor)
        guard reason == EWOULDBLOCK || reason == EINTR else {
            throw ShardError(
                .inputOutput, "the lock beside the catalog could not be taken: " + String(cString: strerror(reason)))
        }
        return nil
    }

    /// Waits for the lock, asking again after 1 ms to 20 ms.
    /// - Throws: `.busy` (retryable) when it does not come free in time, `.cancelled`.
    public func acquire(timeout: Duration) async throws -> Held {
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        var pause = Duration.milliseconds(1)
        while true {
            if let held = try tryAcquire() { return held }
            guard clock.now < deadline else {
                throw ShardError(
                    .busy, "another session is changing the schema and did not finish within \(timeout)",
                    isRetryable: true)
            }
            do {
                try await Task.sleep(for: pause)
            } catch {
                throw ShardError.interrupted
            }
            pause = min(pause * 2, .milliseconds(20))
        }
    }
}
