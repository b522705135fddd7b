import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Who runs the server: PostgreSQL refuses root, so root lets an unprivileged user do it.
struct ServerUser {
    var name: String
    var id: uid_t
    var group: gid_t

    /// Nil: the process's own user will do.
    static let unprivileged: ServerUser? = {
        guard getuid() == 0 else { return nil }
        for name in ["postgres", "nobody"] {
            if let entry = getpwnam(name) {
                return ServerUser(name: name, id: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
            }
        }
        return nil
    }()

    /// A program with its arguments, as this user.
    static func command(_ program: URL, _ arguments: [String]) throws -> (URL, [String]) {
        guard let user = unprivileged else {
            if getuid() == 0 {
                throw PostgresServerError(
                    description: "there is no unprivileged user (postgres, nobody) to run a server")
            }
            return (program, arguments)
        }
        let helpers: [(String, [String])] = [
            ("setpriv", ["--reuid=\(user.id)", "--regid=\(user.group)", "--clear-groups", program.path]),
            ("runuser", ["-u", user.name, "--", program.path]),
            ("su", ["-s", "/bin/sh", user.name, "-c", "exec \"$0\" \"$@\"", program.path]),
        ]
        for (helper, prefix) in helpers {
            for folder in ["/usr/bin", "/usr/sbin", "/bin", "/sbin"] {
                let path = "\(folder)/\(helper)"
                if FileManager.default.isExecutableFile(atPath: path) {
                    return (URL(filePath: path), prefix + arguments)
                }
            }
        }
        throw PostgresServerError(description: "none of setpriv, runuser and su is there to leave root")
    }

    /// Gives a folder to the user.
    static func own(_ folder: URL) {
        if let user = unprivileged { _ = chown(folder.path, user.id, user.group) }
    }
}
