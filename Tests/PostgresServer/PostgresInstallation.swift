import Foundation

/// Where PostgreSQL's programs are on this machine.
public struct PostgresInstallation: Sendable {
    public let programs: URL

    /// The newest installation that can make a cluster: of Debian's and its relatives' folders, of the search path, of what
    /// `pg_config` names. Nil where there is none.
    public static let found: PostgresInstallation? = {
        let files = FileManager.default
        var folders: [URL] = []
        let versions = (try? files.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        for version in versions.sorted(by: { (Int($0) ?? 0) > (Int($1) ?? 0) }) {
            folders.append(URL(filePath: "/usr/lib/postgresql/\(version)/bin"))
        }
        for folder in (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":") {
            folders.append(URL(filePath: String(folder)))
        }
        if let named = try? ChildProgram.output(URL(filePath: "/usr/bin/env"), ["pg_config", "--bindir"]) {
            folders.append(URL(filePath: named.trimmingCharacters(in: .whitespacesAndNewlines)))
        }
        let folder = folders.first { folder in
            ["initdb", "postgres"].allSatisfy { files.isExecutableFile(atPath: folder.appending(path: $0).path) }
        }
        return folder.map { PostgresInstallation(programs: $0) }
    }()

    /// Whether tests over PostgreSQL should run: there is an installation, or its absence is to be a failure (`CI=true`).
    /// Else one line says that they are skipped.
    public static let shouldTest: Bool = {
        if found != nil || ProcessInfo.processInfo.environment["CI"] == "true" { return true }
        print("PostgreSQL is not installed (initdb was not found): tests over PostgreSQL are skipped")
        return false
    }()
}

/// A server that could not be made or started.
public struct PostgresServerError: Error, CustomStringConvertible {
    public var description: String
}

/// Programs run to their end.
enum ChildProgram {
    /// Runs a program and gives what it prints.
    @discardableResult
    static func output(_ program: URL, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        let said = Pipe()
        process.standardOutput = said
        process.standardError = said
        process.standardInput = FileHandle.nullDevice
        process.currentDirectoryURL = URL(filePath: "/")
        try process.run()
        let data = said.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw PostgresServerError(description: "\(program.lastPathComponent) failed: \(text)")
        }
        return text
    }
}
