import Foundation
import Testing

/// The house's scripts, run against a machine that is made of stubs: only what lies in a folder is on the PATH.
struct ScriptTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    struct Run {
        var status: Int32
        var output: String
        var errors: String
    }

    /// - Parameter stubs: commands by name, as shell text.
    private func run(_ script: String, _ arguments: [String] = [], stubs: [String: String]) throws -> Run {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shardkit-stubs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for tool in ["bash", "env", "uname", "mktemp", "rm", "tail", "head", "sed", "sort", "cat"] {
            let places = ["/usr/bin/", "/bin/"].map { $0 + tool }
            let place = try #require(places.first { FileManager.default.isExecutableFile(atPath: $0) })
            try FileManager.default.createSymbolicLink(atPath: folder.path + "/" + tool, withDestinationPath: place)
        }
        for (name, text) in stubs {
            let file = folder.path + "/" + name
            try "#!/bin/bash\n\(text)\n".write(toFile: file, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
        }
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = [Self.root.appending(path: "Scripts/\(script)").path] + arguments
        process.environment = ["PATH": folder.path, "STUBS": folder.path]
        let (stdout, stderr) = (Pipe(), Pipe())
        process.standardOutput = stdout
        process.standardError = stderr
        try process.run()
        process.waitUntilExit()
        return Run(
            status: process.terminationStatus,
            output: String(decoding: stdout.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self),
            errors: String(decoding: stderr.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self))
    }

    // MARK: Libraries

    /// A Debian machine whose `dpkg` knows nothing.
    private func debian(user: Int, sudo: String? = nil, apt: String) -> [String: String] {
        var stubs = ["id": "echo \(user)", "dpkg": "exit 1", "apt-get": apt]
        stubs["sudo"] = sudo
        return stubs
    }

    @Test("without the rights to install it prints the command to run, and runs nothing")
    func noRights() throws {
        for sudo in [nil, "exit 1"] {
            let run = try run(
                "ensure-libraries.sh", ["thing-dev", "other-dev"],
                stubs: debian(user: 1000, sudo: sudo, apt: "echo 'apt was run' >&2; exit 1"))
            #expect(run.status == 1)
            #expect(
                run.errors
                    == "Missing: thing-dev other-dev. Please run: sudo apt-get install -y thing-dev other-dev\n")
        }
    }

    @Test("as root it installs what is missing, without asking")
    func asRoot() throws {
        let apt = "[ \"$DEBIAN_FRONTEND\" = noninteractive ] && [ \"$1\" = install ]"
        let run = try run("ensure-libraries.sh", ["thing-dev"], stubs: debian(user: 0, apt: apt))
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output == "Installing thing-dev …\n" && run.errors.isEmpty)
    }

    @Test("with sudo it goes through sudo, without a password")
    func withSudo() throws {
        let sudo = "[ \"$1\" = -n ] || exit 9; shift; [ \"$1\" = true ] && exit 0; VIA_SUDO=1 exec \"$@\""
        let run = try run(
            "ensure-libraries.sh", ["thing-dev"], stubs: debian(user: 1000, sudo: sudo, apt: "[ \"$VIA_SUDO\" = 1 ]"))
        #expect(run.status == 0, "\(run.errors)")
    }

    @Test("a machine without package lists fetches them once; what fails then is shown")
    func update() throws {
        let apt = "if [ \"$1\" = update ]; then : > \"$STUBS/updated\"; else [ -e \"$STUBS/updated\" ]; fi"
        let run = try run("ensure-libraries.sh", ["thing-dev"], stubs: debian(user: 0, apt: apt))
        #expect(run.status == 0, "\(run.errors)")
        let failing = try self.run(
            "ensure-libraries.sh", ["thing-dev"], stubs: debian(user: 0, apt: "echo \"E: no $1\"; [ $1 = update ]"))
        #expect(failing.status == 1 && failing.errors.contains("E: no install"))
    }

    @Test("nothing is run where nothing is missing, and other systems are told Debian's names")
    func nothingMissing() throws {
        let there = try run(
            "ensure-libraries.sh", ["thing-dev"], stubs: ["dpkg": "exit 0", "apt-get": "exit 7", "id": "echo 0"])
        #expect(there.status == 0 && there.output.isEmpty && there.errors.isEmpty)
        let other = try run("ensure-libraries.sh", ["thing-dev"], stubs: ["dpkg": "exit 1"])
        #expect(other.status == 1 && other.errors.hasPrefix("Missing: thing-dev (Debian's names)."))
    }

    // MARK: Swift

    @Test(
        "a Swift that is too old, or none, gets one sentence",
        arguments: [
            ("Swift version 6.3.1 (swift-6.3.1-RELEASE)", true), ("Apple Swift version 6.10 (swiftlang-6.10)", true),
            ("Swift version 7.0-dev (LLVM 1, Swift 2)", true), ("Swift version 6.2.4 (swift-6.2.4-RELEASE)", false),
            ("Swift version 5.10.1", false), ("something else", false),
        ])
    func swiftVersion(says: String, isEnough: Bool) throws {
        let run = try run("ensure-swift.sh", stubs: ["swift": "echo '\(says)'"])
        #expect(run.status == (isEnough ? 0 : 1))
        #expect(run.output.isEmpty)
        if isEnough {
            #expect(run.errors.isEmpty)
        } else {
            #expect(run.errors.hasPrefix("ShardKit needs Swift 6.3 or later; this is Swift "))
            #expect(run.errors.hasSuffix(".\n") && run.errors.count { $0 == "\n" } == 1)
        }
    }

    @Test("without Swift the sentence says where to get it")
    func noSwift() throws {
        let run = try run("ensure-swift.sh", stubs: [:])
        #expect(run.status == 1)
        #expect(run.errors.contains("no swift command was found") && run.errors.count { $0 == "\n" } == 1)
    }

    // MARK: Makefile

    @Test("make install puts the command under PREFIX, and the demo is told the release build")
    func makefile() throws {
        func dry(_ arguments: [String]) throws -> String {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["make", "--dry-run", "-C", Self.root.path] + arguments
            let stdout = Pipe()
            process.standardOutput = stdout
            try process.run()
            let text = stdout.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            return String(decoding: text, as: UTF8.self)
        }
        let install = try dry(["install", "PREFIX=/opt/here", "DESTDIR=/stage"])
        #expect(install.contains("swift build -c release --product shardkit"))
        #expect(install.contains("install -m 755 .build/release/shardkit \"/stage/opt/here/bin/shardkit\""))
        #expect(try dry(["demo"]).contains(".build/release/shardkit demo --dir .demo"))
    }
}
