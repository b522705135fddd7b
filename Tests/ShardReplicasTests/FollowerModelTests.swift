import ShardBase
import ShardReplicas
import Testing

/// The protocol of docs/decisions/0012 on toy files: a primary whose commits carry their row log, followers that replay it, and
/// everything that goes wrong between. It is a model of what is proposed, and no code of it is in use.
struct FollowerModelTests {
    struct Row: Hashable {
        /// No two rows may have the same, at any moment.
        var unique: Int
        var value: Int
    }

    /// What one commit left behind, in the primary's own file.
    struct Entry: Hashable {
        /// Which commit it was: no other has the number.
        var number: Int
        var change: Change
    }

    enum Change: Hashable {
        /// Rows that changed, as they were at the end; nil: gone.
        case rows([Int: Row?])
        /// A definition, by itself: here, one that empties the table.
        case definition
    }

    struct Conflict: Error {}

    struct File {
        var rows: [Int: Row] = [:]
        var lineage = Lineage(timeline: 1)
        var offset: UInt64 = 0
        /// By the offset that they led to. A follower keeps none.
        var feed: [UInt64: Entry] = [:]
        /// The commits that made it, in order: for the oracle only.
        var commits: [Int] = []

        var position: Position { Position(timeline: lineage.timeline, offset: offset) }

        mutating func put(_ key: Int, _ row: Row) throws {
            if rows.contains(where: { $0.key != key && $0.value.unique == row.unique }) { throw Conflict() }
            rows[key] = row
        }

        /// Replays one entry. Rows that change go first and come back as they were to be: one by one they could meet others'
        /// unique values on the way, as two that swap them do.
        mutating func apply(_ entry: Entry) throws {
            switch entry.change {
            case .rows(let changes):
                for key in changes.keys { rows[key] = nil }
                for (key, row) in changes {
                    if let row { try put(key, row) }
                }
            case .definition: rows = [:]
            }
            offset += 1
            commits.append(entry.number)
        }

        /// A new timeline begins here.
        mutating func fork(to timeline: UInt64) {
            lineage = lineage.forking(to: timeline, at: offset)
        }
    }

    struct World {
        var primary = File()
        var followers: [File] = [File(), File()]
        /// What the primary looked like after each commit: the oracle.
        var history: [Position: [Int: Row]] = [Position(timeline: 1, offset: 0): [:]]
        /// As the catalog knows it: no file may be behind this and go on in its timeline.
        var highWater = Position(timeline: 1, offset: 0)
        var backups: [File] = []
        var resyncs = 0
        var commitCount = 0

        mutating func commit(_ generator: inout SeededGenerator) {
            var next = primary
            let change: Change
            if Int.random(in: 0..<12, using: &generator) == 0 {
                change = .definition
                next.rows = [:]
            } else {
                var changes: [Int: Row?] = [:]
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    let keys = next.rows.keys.sorted()
                    switch Int.random(in: 0..<4, using: &generator) {
                    case 0:
                        guard let key = keys.randomElement(using: &generator) else { continue }
                        next.rows[key] = nil
                        changes[key] = .some(nil)
                    case 1:
                        // Two rows swap their unique values, by way of a third.
                        guard let a = keys.first, let b = keys.last, a != b, let rowA = next.rows[a],
                            let rowB = next.rows[b]
                        else { continue }
                        next.rows[a]?.unique = rowB.unique
                        next.rows[b]?.unique = rowA.unique
                        changes[a] = next.rows[a]
                        changes[b] = next.rows[b]
                    default:
                        let key = Int.random(in: 0..<8, using: &generator)
                        let row = Row(
                            unique: Int.random(in: 0..<20, using: &generator), value: Int(generator.next() >> 40))
                        guard (try? next.put(key, row)) != nil else { continue }
                        changes[key] = row
                    }
                }
                change = .rows(changes)
            }
            next.offset += 1
            commitCount += 1
            next.feed[next.offset] = Entry(number: commitCount, change: change)
            next.commits.append(commitCount)
            primary = next
            record()
        }

        mutating func record() {
            history[primary.position] = primary.rows
            highWater = primary.position
        }

        /// A follower reads some entries and replays them in one transaction; a crash before its end leaves it as it was.
        mutating func follow(_ number: Int, atMost count: Int, crashes: Bool) throws {
            var follower = followers[number]
            // From another history, or from before all that is kept: start again from a copy.
            guard case .reached = primary.lineage.reach(follower.position, from: primary.offset),
                follower.offset == primary.offset || primary.feed[follower.offset + 1] != nil
            else {
                resyncs += 1
                follower = primary
                follower.feed = [:]
                if !crashes { followers[number] = follower }
                return
            }
            // What it has is a beginning of the primary's history, so it has that history's name.
            follower.lineage = primary.lineage
            for _ in 0..<count {
                guard let entry = primary.feed[follower.offset + 1] else { break }
                try follower.apply(entry)
            }
            if !crashes { followers[number] = follower }
        }

        /// The primary is lost; a follower takes its place with what it has.
        mutating func promote(_ number: Int) {
            let old = primary
            primary = followers[number]
            primary.fork(to: highWater.timeline + 1)
            // The old primary comes back as a follower, with whatever it had.
            followers[number] = old
            followers[number].feed = [:]
            record()
        }

        /// Somebody puts an old copy in the primary's place. Opening it compares it with the high-water mark.
        mutating func restore(_ backup: File) {
            primary = backup
            if primary.position != highWater { primary.fork(to: highWater.timeline + 1) }
            record()
        }
    }

    @Test("followers show a moment of the primary's history, and who reaches a token's position has its write")
    func followersAreMoments() throws {
        var resyncs = 0
        var reached = 0
        var lost = 0
        try forAll(300) { generator in
            var world = World()
            var tokens: [(position: Position, commit: Int)] = []
            for _ in 0..<120 {
                switch Int.random(in: 0..<20, using: &generator) {
                case 0..<8:
                    world.commit(&generator)
                    tokens.append((world.primary.position, world.commitCount))
                case 8..<15:
                    try world.follow(
                        Int.random(in: 0..<2, using: &generator), atMost: Int.random(in: 1...5, using: &generator),
                        crashes: Int.random(in: 0..<4, using: &generator) == 0)
                case 15: world.backups.append(world.primary)
                case 16:
                    let kept = UInt64.random(in: 0...10, using: &generator)
                    let offset = world.primary.offset
                    world.primary.feed = world.primary.feed.filter { $0.key + kept > offset }
                case 17:
                    if Int.random(in: 0..<3, using: &generator) == 0 {
                        world.promote(Int.random(in: 0..<2, using: &generator))
                    }
                case 18:
                    if let backup = world.backups.randomElement(using: &generator),
                        Int.random(in: 0..<3, using: &generator) == 0
                    {
                        world.restore(backup)
                    }
                default: break
                }
                for follower in world.followers {
                    // Its rows are those of a moment: of its own name for it, or of an ancestor's.
                    let names =
                        [follower.lineage.timeline]
                        + follower.lineage.forks.filter {
                            follower.offset <= $0.offset
                        }.map(\.timeline)
                    let moment = names.lazy.compactMap {
                        world.history[Position(timeline: $0, offset: follower.offset)]
                    }.first
                    try require(moment == follower.rows, "\(follower.position) is no moment of the history")
                    for token in tokens {
                        let hasIt = follower.commits.contains(token.commit)
                        switch follower.lineage.reach(token.position, from: follower.offset) {
                        case .reached:
                            reached += 1
                            try require(hasIt, "\(token) is not there")
                        case .lost:
                            lost += 1
                            try require(!hasIt, "\(token) is not lost")
                        case .behind: try require(!hasIt, "\(token) is there already")
                        // A timeline that this one does not stem from.
                        case .unknown: try require(!hasIt, "\(token) is known")
                        }
                    }
                }
            }
            // In the end, with nobody writing, all catch up.
            for number in 0..<2 {
                for _ in 0..<200 { try world.follow(number, atMost: 5, crashes: false) }
                try require(world.followers[number].rows == world.primary.rows)
                try require(world.followers[number].position == world.primary.position)
            }
            resyncs += world.resyncs
        }
        #expect(resyncs > 100 && reached > 1000 && lost > 100, "\(resyncs), \(reached), \(lost)")
    }

    @Test("applied row by row, a swap of unique values would fail: the reason for taking changed rows out first")
    func swapping() throws {
        var file = File()
        try file.apply(Entry(number: 1, change: .rows([1: Row(unique: 1, value: 0), 2: Row(unique: 2, value: 0)])))
        var naive = file
        #expect(throws: Conflict.self) { try naive.put(1, Row(unique: 2, value: 0)) }
        try file.apply(Entry(number: 2, change: .rows([1: Row(unique: 2, value: 0), 2: Row(unique: 1, value: 0)])))
        #expect(file.rows[1]?.unique == 2 && file.rows[2]?.unique == 1)
    }
}
