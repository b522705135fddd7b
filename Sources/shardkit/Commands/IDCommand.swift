import ArgumentParser
import ShardKit

/// Makes identifiers, reads them, and shows what stands behind them.
struct IDCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "id", abstract: "Make unique identifiers, decode them, list workers and segments.",
        subcommands: [Next.self, Inspect.self, Workers.self, Segments.self])

    struct Next: WorkingCommand {
        static let configuration = CommandConfiguration(
            commandName: "next", abstract: "Print new identifiers, one a line.",
            discussion: """
                Snowflakes, unless --tag names segments or --uuid is given. The worker is that of the configuration \
                (ids: snowflake: worker); a leased one is given back at the end.
                """)

        @OptionGroup var configuration: ConfigurationOption
        @Option(name: .long, help: "How many.")
        var count = 1
        @Option(name: .long, help: "A tag of segments.")
        var tag: String?
        @Flag(name: .long, help: "UUIDs of version 7; needs no database.")
        var uuid = false
        @Flag(name: .long, help: "In the form for others, under the configuration's publicKey.")
        var `public` = false

        func validate() throws {
            guard count >= 1 else { throw ValidationError("--count takes 1 or more") }
            guard !uuid || tag == nil && !`public` else { throw ValidationError("--uuid stands alone") }
        }

        func work() async throws {
            let output = StandardOutput.output
            guard !uuid else {
                let generator = UUIDv7Generator()
                for _ in 0..<count { try output.line(try generator.next().description) }
                return
            }
            try await configuration.withDatabase { database in
                let encoding = `public` ? try database.ids.publicEncoding(context: tag ?? "") : nil
                var left = count
                while left > 0 {
                    let piece = min(left, 10_000)
                    let made =
                        if let tag { try await database.ids.next(tag: tag, count: piece) } else {
                            try await database.ids.next(count: piece)
                        }
                    let shown = try made.map { try encoding?.encode($0) ?? $0 }
                    try output.write(shown.map { "\($0)\n" }.joined())
                    left -= piece
                }
            }
        }
    }

    struct Inspect: WorkingCommand {
        static let configuration = CommandConfiguration(
            commandName: "inspect", abstract: "Say what an identifier tells: time, worker, sequence; or of a UUID.",
            discussion: "The layout is --layout, else the configuration's, else the standard one.")

        @OptionGroup var configuration: ConfigurationOption
        @Option(
            name: .long,
            help: ArgumentHelp(
                "standard, javascript, or bits of timestamp/datacenter/worker/sequence.", valueName: "41/0/10/12"))
        var layout: String?
        @Option(name: .long, help: "The layout's epoch in milliseconds since 1970.")
        var epoch: Int64?
        @Flag(name: .long, help: "The identifier is in the form for others.")
        var `public` = false
        @Option(name: .long, help: "With --public: the tag it is of.")
        var tag: String?
        @Argument(help: "The identifier: a number or a UUID.")
        var id: String

        func work() async throws {
            let output = StandardOutput.output
            for (name, value) in try lines() { try output.line(DisplayWidth.pad(name, to: 12) + value) }
        }

        private func lines() throws -> [(String, String)] {
            if let uuid = UUIDValue(id) { return Self.lines(uuid) }
            guard var number = Int64(id), number >= 0 else {
                throw ShardError(.input, "\"\(id)\" is neither a number from 0 to 2^63 - 1 nor a UUID")
            }
            let settings = try? configuration.load().ids
            let layout = try chosen() ?? settings?.snowflake?.layout ?? .standard
            if `public` {
                guard let key = settings?.publicKey else {
                    throw ShardError(.configuration, "the configuration has no publicKey")
                }
                let bits = layout.isJavaScriptSafe ? 53 : 63
                number = try KeyedPermutation(key: key, context: tag ?? "", bits: bits).decode(number)
            }
            guard let parts = layout.inspect(number) else {
                throw ShardError(
                    .input, "\(number) has more bits than the layout's \(layout.bits)",
                    hint: "Name the layout it was made with: --layout.")
            }
            var lines: [(String, String)] = []
            if `public` { lines.append(("id", "\(number)")) }
            lines.append(("time", parts.time))
            lines.append(("unix ms", "\(parts.unixMilliseconds)"))
            if layout.datacenterBits > 0 { lines.append(("datacenter", "\(parts.datacenter)")) }
            lines.append(("worker", "\(parts.worker)"))
            lines.append(("sequence", "\(parts.sequence)"))
            if layout.rollbackBits > 0 { lines.append(("rollback", "\(parts.rollback)")) }
            return lines
        }

        private func chosen() throws -> SnowflakeLayout? {
            let bits: [Int]
            switch layout {
            case nil:
                guard epoch != nil else { return nil }
                bits = [41, 0, 10, 12]
            case "standard"?: bits = [41, 0, 10, 12]
            case "javascript"?: bits = [41, 0, 5, 7]
            case let text?:
                bits = text.split(separator: "/").compactMap { Int($0) }
                guard bits.count == 4 else {
                    throw ShardError(.input, "a layout is standard, javascript or four numbers such as 41/0/10/12")
                }
            }
            return try SnowflakeLayout(
                timestampBits: bits[0], workerBits: bits[2], sequenceBits: bits[3], datacenterBits: bits[1],
                epoch: epoch ?? SnowflakeLayout.defaultEpoch)
        }

        private static func lines(_ uuid: UUIDValue) -> [(String, String)] {
            var lines = [("uuid", uuid.description), ("version", uuid.version.map { "\($0)" } ?? "none")]
            if let milliseconds = uuid.unixMilliseconds {
                let time = SnowflakeParts(unixMilliseconds: milliseconds, worker: 0, sequence: 0).time
                lines += [("time", time), ("unix ms", "\(milliseconds)")]
            }
            if let sequence = uuid.clockSequence { lines.append(("clock seq", "\(sequence)")) }
            return lines
        }
    }

    struct Workers: WorkingCommand {
        static let configuration = CommandConfiguration(
            commandName: "workers", abstract: "List the workers of snowflakes: who has them, until when.")

        @OptionGroup var configuration: ConfigurationOption

        func work() async throws {
            let (snapshot, layout) = try await configuration.withDatabase {
                (try await $0.ids.workers(), $0.ids.layout)
            }
            let output = StandardOutput.output
            guard !snapshot.rows.isEmpty else {
                try output.line("No worker was ever leased.")
                return
            }
            try output.line(Self.line("worker", "state", "until", "issued before", "holder"))
            for row in snapshot.rows.sorted(by: { $0.node < $1.node }) {
                let state: String
                if row.expires == nil {
                    state = "fixed"
                } else if row.holder.isEmpty {
                    state = "free"
                } else {
                    state = (row.expires ?? 0) <= snapshot.now ? "expired" : "held"
                }
                let until = state == "held" ? row.expires.map(Self.time) ?? "-" : "-"
                let holder = row.holder.prefix { $0 != "#" }
                try output.line(
                    Self.line("\(row.node)", state, until, Self.time(row.mark.milliseconds), String(holder)))
            }
            if let layout {
                for limit in layout.limits(usedWorkers: UInt64(snapshot.rows.count)) {
                    try output.line(CommandFailure.wrapped(limit.sentence, width: 80))
                }
            }
        }

        private static func time(_ milliseconds: Int64) -> String {
            guard milliseconds > 0 else { return "-" }
            return String(
                SnowflakeParts(unixMilliseconds: milliseconds, worker: 0, sequence: 0).time.prefix(19))
        }

        private static func line(_ columns: String...) -> String {
            let widths = [6, 7, 19, 19]
            let padded = zip(columns, widths).map { DisplayWidth.pad($0, to: $1) }
            return (padded + columns.dropFirst(widths.count)).joined(separator: "  ")
        }
    }

    struct Segments: WorkingCommand {
        static let configuration = CommandConfiguration(
            commandName: "segments", abstract: "List the tags of segments, add one (--add) or drop one (--drop).",
            discussion: "Processes that are running see both without a restart.")

        @OptionGroup var configuration: ConfigurationOption
        @Option(name: .long, help: ArgumentHelp("Make a tag.", valueName: "tag"))
        var add: String?
        @Option(name: .long, help: ArgumentHelp("Take a tag away.", valueName: "tag"))
        var drop: String?
        @Option(name: .long, help: "With --add: its identifiers are larger than this.")
        var start: Int64 = 0
        @Option(name: .long, help: "With --add: how many a process reserves at first.")
        var step: Int64?
        @Option(name: .long, help: "With --add: what it is for.")
        var description = ""

        func validate() throws {
            guard add == nil || drop == nil else { throw ValidationError("--add or --drop, not both") }
        }

        func work() async throws {
            let rows = try await configuration.withDatabase { database in
                if let add {
                    try await database.ids.addTag(add, start: start, step: step, description: description)
                }
                if let drop { try await database.ids.dropTag(drop) }
                return try await database.ids.tags()
            }
            let output = StandardOutput.output
            guard !rows.isEmpty else {
                try output.line("There are no tags. Add one: shardkit id segments --add orders")
                return
            }
            try output.line(Self.line("tag", "reserved up to", "step", "description"))
            for row in rows {
                try output.line(
                    Self.line(row.tag, NumberText.grouped(row.maximum), NumberText.grouped(row.step), row.description))
            }
        }

        private static func line(_ tag: String, _ maximum: String, _ step: String, _ description: String) -> String {
            DisplayWidth.pad(DisplayWidth.cut(tag, to: 24), to: 24) + "  "
                + DisplayWidth.pad(maximum, to: 25, right: true) + "  " + DisplayWidth.pad(step, to: 12, right: true)
                + "  " + DisplayWidth.cut(description, to: 12)
        }
    }
}
