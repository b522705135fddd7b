import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A PostgreSQL server of the test's own: a cluster in a temporary folder, reached by a Unix socket in it, and by loopback
/// where asked for. It ends with ``stop()``, and in any case with the process that started it, however that ends.
public final class PostgresServer: Sendable {
    /// Its folder, with the cluster and the socket.
    public let folder: URL
    public let port: Int
    public let listensOnLoopback: Bool
    private let pid: Mutex<pid_t?>
    /// As long as it is open, the guardian keeps still.
    private let lifeline: FileHandle

    /// One server for all tests that neither stop nor configure it.
    public static let shared = Result { try start(listensOnLoopback: true) }

    /// Makes a cluster and starts it. Durability is off: nothing of it survives anyway.
    ///
    /// - Parameters:
    ///   - usesSSL: encrypted connections by TCP are offered, with a certificate that nobody signed.
    ///   - settings: of the server, beside the usual.
    public static func start(
        listensOnLoopback: Bool = false, usesSSL: Bool = false, settings: [String: String] = [:]
    ) throws -> PostgresServer {
        let folder = try makeFolder()
        let installation = try installation()
        let (program, arguments) = try ServerUser.command(
            installation.programs.appending(path: "initdb"),
            [
                "-D", folder.appending(path: "data").path, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale",
                "--no-sync",
            ])
        try ChildProgram.output(program, arguments)
        if usesSSL { try makeCertificate(folder) }
        return try PostgresServer(
            folder: folder, listensOnLoopback: listensOnLoopback,
            settings: settings.merging(usesSSL ? ["ssl": "on"] : [:]) { given, _ in given })
    }

    /// Whether ``start(listensOnLoopback:usesSSL:settings:)`` can make a certificate.
    public static let canUseSSL = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

    private static func makeCertificate(_ folder: URL) throws {
        let (program, arguments) = try ServerUser.command(
            URL(filePath: "/usr/bin/openssl"),
            [
                "req", "-new", "-x509", "-days", "2", "-nodes", "-subj", "/CN=localhost", "-out",
                folder.appending(path: "data/server.crt").path, "-keyout",
                folder.appending(path: "data/server.key").path,
            ])
        try ChildProgram.output(program, arguments)
    }

    /// Copies the running cluster and starts the copy as a streaming replica of it.
    public func makeReplica(listensOnLoopback: Bool = false) throws -> PostgresServer {
        let folder = try Self.makeFolder()
        let (program, arguments) = try ServerUser.command(
            Self.installation().programs.appending(path: "pg_basebackup"),
            [
                "-D", folder.appending(path: "data").path, "-R", "-X", "stream", "-c", "fast", "--no-sync", "-d",
                connectionString,
            ])
        try ChildProgram.output(program, arguments)
        return try PostgresServer(folder: folder, listensOnLoopback: listensOnLoopback, settings: [:])
    }

    /// Keywords that reach the database `postgres` as superuser by the Unix socket.
    public var connectionString: String { "host=\(folder.path) port=\(port) user=postgres dbname=postgres" }
    /// The same by TCP on the loopback.
    public var loopbackString: String { "host=127.0.0.1 port=\(port) user=postgres dbname=postgres" }
    public var loopbackURL: String { "postgresql://postgres@127.0.0.1:\(port)/postgres" }

    private static func installation() throws -> PostgresInstallation {
        guard let found = PostgresInstallation.found else {
            throw PostgresServerError(description: "PostgreSQL is not installed: initdb was not found")
        }
        return found
    }

    /// A short path: that of a socket has a limit of about a hundred bytes.
    private static func makeFolder() throws -> URL {
        let folder = URL(filePath: "/tmp/shardkit-pg-\(String(UInt32.random(in: .min ... .max), radix: 16))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        ServerUser.own(folder)
        return folder
    }

    private init(folder: URL, listensOnLoopback: Bool, settings: [String: String]) throws {
        self.folder = folder
        self.listensOnLoopback = listensOnLoopback
        port = try Self.freePort()
        pid = Mutex(nil)
        lifeline = try Self.startGuardian(folder)
        try launch(settings)
    }

    deinit { stop() }

    private func launch(_ settings: [String: String]) throws {
        var arguments = ["-D", folder.appending(path: "data").path, "-k", folder.path, "-p", "\(port)"]
        var all = [
            "listen_addresses": listensOnLoopback ? "127.0.0.1" : "", "fsync": "off", "full_page_writes": "off",
            "max_connections": "400", "max_prepared_transactions": "20", "shared_buffers": "64MB",
            "wal_level": "replica",
            "log_min_messages": "fatal",
        ]
        all.merge(settings) { _, new in new }
        for (name, value) in all.sorted(by: { $0.key < $1.key }) { arguments += ["-c", "\(name)=\(value)"] }
        let (program, words) = try ServerUser.command(
            try Self.installation().programs.appending(path: "postgres"), arguments)
        let log = folder.appending(path: "log")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        let process = Process()
        process.executableURL = program
        process.arguments = words
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: log)
        process.currentDirectoryURL = URL(filePath: "/")
        try process.run()
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            if let found = readyProcess() {
                pid.withLock { $0 = found }
                return
            }
            if !process.isRunning || ContinuousClock.now > deadline {
                let said = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
                throw PostgresServerError(description: "the server did not start: \(said)")
            }
            usleep(20_000)
        }
    }

    /// The server's process, once its file says that it takes connections.
    private func readyProcess() -> pid_t? {
        let file = folder.appending(path: "data/postmaster.pid")
        guard
            let lines = try? String(contentsOf: file, encoding: .utf8).split(
                separator: "\n", omittingEmptySubsequences: false),
            lines.count >= 8, let found = pid_t(lines[0])
        else { return nil }
        let status = lines[7].trimmingCharacters(in: .whitespaces)
        return status == "ready" || status == "standby" ? found : nil
    }

    /// Stops it in order (clients are cut off) and removes its folder. Idempotent.
    public func stop() {
        end(SIGINT)
        try? FileManager.default.removeItem(at: folder)
        try? lifeline.close()
    }

    /// Ends it as a power failure would, and leaves the folder.
    public func crash() {
        // The postmaster alone would leave its children to go on for a while.
        end(SIGQUIT)
    }

    /// Starts it again after ``crash()``.
    public func restart(settings: [String: String] = [:]) throws {
        try? FileManager.default.removeItem(at: folder.appending(path: "data/postmaster.pid"))
        try launch(settings)
    }

    private func end(_ signal: Int32) {
        guard
            let process = pid.withLock({ pid in
                defer { pid = nil }
                return pid
            })
        else { return }
        kill(process, signal)
        let file = folder.appending(path: "data/postmaster.pid")
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            // A child of ours stays as a zombie until Foundation has waited for it; then its file is gone all the same.
            if kill(process, 0) != 0 || !FileManager.default.fileExists(atPath: file.path) { return }
            usleep(5000)
        }
        kill(process, SIGKILL)
    }

    /// A shell that waits for our end: then it stops the server and removes the folder.
    private static func startGuardian(_ folder: URL) throws -> FileHandle {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [
            "-c",
            """
            trap '' INT TERM HUP
            cat >/dev/null
            pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null && sleep 1
            rm -rf "$1"
            """,
            "guardian", folder.path,
        ]
        let pipe = Pipe()
        _ = fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        process.standardInput = pipe
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.currentDirectoryURL = URL(filePath: "/")
        try process.run()
        return pipe.fileHandleForWriting
    }

    private static func freePort() throws -> Int {
        #if canImport(Glibc) || canImport(Musl)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw PostgresServerError(description: "there is no free port on the loopback") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
