import ShardBase
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A page of memory that all processes with the database open share: `epoch.page` beside the catalog.
///
/// Every statement asks it, by one atomic load, whether its topology is still the current one. The catalog is the truth;
/// the page only says when to look there. A page that is missing, torn or of another cluster is made anew, one that
/// differs from the catalog is repaired by who opens the catalog next.
///
/// Format version 1, little endian, 4,096 bytes; each word that is written has a cache line of its own:
///
/// | offset | |
/// |---|---|
/// | 0 | `ShardKit` |
/// | 8 | UInt64 format version |
/// | 16 | the first 16 bytes of the cluster's uuid as text |
/// | 64 | UInt64 epoch; bit 63 is set while a definition (DDL) is under way |
/// | 128 | UInt64 pending commits: a bit for each of the slots below that is in use |
/// | 192 | UInt64 commit gate: until when, in nanoseconds of the machine's monotonic clock, commits over several shards wait |
/// | 256 | UInt64 commit count: grows when such a commit is announced, and when it has ended |
/// | 1024 | 64 slots of 32 bytes, one for each commit over several shards under way: UInt64 owner (0: free), UInt64 the shards
/// still to be committed (a bit each, by position modulo 64) |
public final class EpochPage: Sendable {
    /// How far the page reaches.
    public enum Reach: Sendable, Hashable {
        /// All processes of this machine.
        case machine
        /// All processes, but this one cannot write it (a read-only folder).
        case readOnly
        /// This process alone: other processes' changes are found by asking the catalog.
        case process
    }

    static let fileName = "epoch.page"
    static let size = 4096
    static let formatVersion: UInt64 = 1
    private static let magic: [UInt8] = Array("ShardKit".utf8)
    private static let changing: UInt64 = 1 << 63
    private enum Offset {
        static let version = 8
        static let cluster = 16
        static let epoch = 64
        static let pendingCommits = 128
        static let commitGate = 192
        static let commitCount = 256
    }

    public let reach: Reach
    private let own = Mutex(Own())
    // The mapping lives as long as the page object, and its words are only touched through atomics after the
    // initialiser: that makes sharing the pointer safe.
    nonisolated(unsafe) private let base: UnsafeMutableRawPointer
    /// Of the page's file, where other processes can see it; it carries the locks of announced commits.
    private let descriptor: Int32

    /// Maps the page of a folder, making it if need be; with no folder, or one that has no page and cannot get one, a page
    /// of this process's own.
    ///
    /// - Throws: `.inputOutput` when the file is there and cannot be mapped.
    public init(directory: String?, cluster: String) throws(ShardError) {
        guard let directory else {
            (base, reach, descriptor) = (try Self.map(descriptor: -1, writable: true), .process, -1)
            return
        }
        let path = directory + "/" + Self.fileName
        let writable = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        if writable >= 0 {
            do throws(ShardError) {
                base = try Self.prepare(writable, cluster: cluster)
            } catch {
                _ = close(writable)
                throw error
            }
            (reach, descriptor) = (.machine, writable)
            return
        }
        let readable = open(path, O_RDONLY | O_CLOEXEC)
        if readable >= 0 {
            defer { _ = close(readable) }
            var status = stat()
            if fstat(readable, &status) == 0, status.st_size >= Self.size {
                let mapped = try Self.map(descriptor: readable, writable: false)
                if Self.isValid(mapped, cluster: cluster) {
                    (base, reach, descriptor) = (mapped, .readOnly, -1)
                    return
                }
                munmap(mapped, Self.size)
            }
        }
        (base, reach, descriptor) = (try Self.map(descriptor: -1, writable: true), .process, -1)
    }

    deinit {
        munmap(base, Self.size)
        if descriptor >= 0 { _ = close(descriptor) }
    }

    /// The size and header of a page file are settled under its lock: two processes may open it at once.
    private static func prepare(_ descriptor: Int32, cluster: String) throws(ShardError) -> UnsafeMutableRawPointer {
        guard flock(descriptor, LOCK_EX) == 0 else { throw failure("locked") }
        defer { _ = flock(descriptor, LOCK_UN) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("read") }
        if status.st_size != size, ftruncate(descriptor, off_t(size)) != 0 { throw failure("sized") }
        let base = try map(descriptor: descriptor, writable: true)
        guard !isValid(base, cluster: cluster) else { return base }
        let slots = (0..<slotCount).flatMap { [ownerOffset($0), shardsOffset($0)] }
        for word in [Offset.epoch, Offset.pendingCommits, Offset.commitGate, Offset.commitCount] + slots {
            atomic(base, word).pointee.store(0, ordering: .relaxed)
        }
        base.storeBytes(of: formatVersion.littleEndian, toByteOffset: Offset.version, as: UInt64.self)
        for (index, byte) in clusterBytes(cluster).enumerated() {
            base.storeBytes(of: byte, toByteOffset: Offset.cluster + index, as: UInt8.self)
        }
        for (index, byte) in magic.enumerated() { base.storeBytes(of: byte, toByteOffset: index, as: UInt8.self) }
        return base
    }

    private static func map(descriptor: Int32, writable: Bool) throws(ShardError) -> UnsafeMutableRawPointer {
        let flags = descriptor < 0 ? MAP_PRIVATE | Self.anonymous : MAP_SHARED
        let base = mmap(nil, size, writable ? PROT_READ | PROT_WRITE : PROT_READ, flags, descriptor, 0)
        guard let base, base != MAP_FAILED else { throw failure("mapped") }
        return base
    }

    #if canImport(Darwin)
        private static let anonymous = MAP_ANON
    #else
        private static let anonymous = MAP_ANONYMOUS
    #endif

    private static func isValid(_ base: UnsafeMutableRawPointer, cluster: String) -> Bool {
        for (index, byte) in magic.enumerated() where base.load(fromByteOffset: index, as: UInt8.self) != byte {
            return false
        }
        for (index, byte) in clusterBytes(cluster).enumerated()
        where base.load(fromByteOffset: Offset.cluster + index, as: UInt8.self) != byte {
            return false
        }
        return UInt64(littleEndian: base.load(fromByteOffset: Offset.version, as: UInt64.self)) == formatVersion
    }

    private static func clusterBytes(_ cluster: String) -> [UInt8] {
        let bytes = Array(cluster.utf8.prefix(16))
        return bytes + [UInt8](repeating: 0, count: 16 - bytes.count)
    }

    private static func failure(_ verb: String) -> ShardError {
        let reason = String(cString: strerror(errno))
        return ShardError(.inputOutput, "the epoch page beside the catalog could not be \(verb): \(reason)")
    }

    // MARK: Words

    private static func atomic(
        _ base: UnsafeMutableRawPointer, _ offset: Int
    ) -> UnsafeMutablePointer<Atomic<UInt64>> {
        // An Atomic has the layout of its value, and 64-bit words at multiples of 8 are atomic between processes.
        (base + offset).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    private func load(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: Self.atomic(base, offset).pointee.load(ordering: .acquiring))
    }

    /// Applies a change to a word; nothing on a page that is read only.
    private func update(_ offset: Int, _ change: (UInt64) -> UInt64) {
        guard reach != .readOnly else { return }
        let word = Self.atomic(base, offset)
        var old = word.pointee.load(ordering: .relaxed)
        while true {
            let new = change(UInt64(littleEndian: old)).littleEndian
            let (exchanged, current) = word.pointee.compareExchange(
                expected: old, desired: new, ordering: .acquiringAndReleasing)
            if exchanged { return }
            old = current
        }
    }

    /// Whether a topology of this epoch is the current one and no definition is under way. One atomic load.
    public func isCurrent(_ epoch: UInt64) -> Bool { load(Offset.epoch) == epoch }

    /// The current epoch, also while a definition is under way.
    public var epoch: UInt64 { load(Offset.epoch) & ~Self.changing }

    /// Whether a definition is under way (or was, when its process was killed).
    public var isChanging: Bool { load(Offset.epoch) & Self.changing != 0 }

    /// Shows that a definition is under way: from now on no statement starts on the old topology. To be called by who
    /// holds the ``DefinitionLock``, as the other changes of the epoch.
    public func beginChange() { update(Offset.epoch) { $0 | Self.changing } }
    public func endChange() { update(Offset.epoch) { $0 & ~Self.changing } }

    /// Shows an epoch; whether a definition is under way stays.
    public func publish(_ epoch: UInt64) { update(Offset.epoch) { $0 & Self.changing | epoch } }

    // MARK: Commits over several shards

    /// A commit over several shards that is announced on the page.
    public struct Announcement: Sendable, Hashable {
        fileprivate var slot: Int
        /// Unique to the commit.
        public var owner: UInt64
    }

    private static let slotCount = 64
    private static func ownerOffset(_ slot: Int) -> Int { 1024 + 32 * slot }
    private static func shardsOffset(_ slot: Int) -> Int { 1032 + 32 * slot }

    /// Whether a commit over several shards is under way, or was left behind by a process that was killed. One atomic load.
    public var hasPendingCommits: Bool { load(Offset.pendingCommits) != 0 }

    /// The announced commits that may still have to reach a shard. (Shards 64 positions apart cannot be told apart.)
    public func pendingCommits(to shard: Int) -> [Announcement] {
        let used = load(Offset.pendingCommits)
        if used == 0 { return [] }
        let bit = UInt64(1) << UInt64(shard % 64)
        return (0..<Self.slotCount).compactMap { slot in
            guard used & 1 << UInt64(slot) != 0 else { return nil }
            let owner = load(Self.ownerOffset(slot))
            guard load(Self.shardsOffset(slot)) & bit != 0, owner != 0, load(Self.ownerOffset(slot)) == owner else {
                return nil
            }
            return Announcement(slot: slot, owner: owner)
        }
    }

    /// All announced commits, those that have reached every shard and are about to be retracted included.
    public var announcements: [Announcement] {
        let used = load(Offset.pendingCommits)
        return (0..<Self.slotCount).compactMap { slot in
            guard used & 1 << UInt64(slot) != 0 else { return nil }
            let owner = load(Self.ownerOffset(slot))
            return owner == 0 || owner == Self.leaving ? nil : Announcement(slot: slot, owner: owner)
        }
    }

    /// Announces a commit before it is decided: from now on nobody commits on one of the shards without having looked whether
    /// it was decided. Nil: all slots are in use, or the page reaches no other process.
    public func announce(_ owner: UInt64, shards: [Int]) -> Announcement? {
        guard reach == .machine, owner != 0 else { return nil }
        for slot in 0..<Self.slotCount {
            let word = Self.atomic(base, Self.ownerOffset(slot))
            let (isMine, _) = word.pointee.compareExchange(
                expected: 0, desired: owner.littleEndian, ordering: .acquiringAndReleasing)
            guard isMine else { continue }
            guard setLock(slot, F_WRLCK) else {
                word.pointee.store(0, ordering: .releasing)
                continue
            }
            let bits = shards.reduce(UInt64(0)) { $0 | 1 << UInt64($1 % 64) }
            update(Self.shardsOffset(slot)) { _ in bits }
            own.withLock { own in
                update(Offset.pendingCommits) { $0 | 1 << UInt64(slot) }
                update(Offset.commitCount) { $0 &+ 1 }
                own.slots |= 1 << UInt64(slot)
                own.count &+= 1
            }
            return Announcement(slot: slot, owner: owner)
        }
        return nil
    }

    /// The commit has reached a shard.
    public func reached(_ shard: Int, _ announcement: Announcement) {
        guard load(Self.ownerOffset(announcement.slot)) == announcement.owner else { return }
        update(Self.shardsOffset(announcement.slot)) { $0 & ~(1 << UInt64(shard % 64)) }
    }

    /// Whether the commit has still to reach a shard.
    public func hasShardsLeft(_ announcement: Announcement) -> Bool {
        load(Self.shardsOffset(announcement.slot)) != 0
            && load(Self.ownerOffset(announcement.slot)) == announcement.owner
    }

    /// The commit has reached every shard, or was not decided. By its owner; by others only when its owner is dead
    /// (``isAbandoned(_:)``), so that nobody takes away a slot that its owner is still writing.
    public func retract(_ announcement: Announcement) {
        guard reach == .machine else { return }
        let word = Self.atomic(base, Self.ownerOffset(announcement.slot))
        // One of several who retract an abandoned one, and before the slot can be taken anew.
        let (isMine, _) = word.pointee.compareExchange(
            expected: announcement.owner.littleEndian, desired: Self.leaving.littleEndian,
            ordering: .acquiringAndReleasing)
        guard isMine else { return }
        let bit = UInt64(1) << UInt64(announcement.slot)
        own.withLock { own in
            update(Offset.commitCount) { $0 &+ 1 }
            update(Offset.pendingCommits) { $0 & ~bit }
            if own.slots & bit != 0 {
                own.slots &= ~bit
                own.count &+= 1
                _ = setLock(announcement.slot, F_UNLCK)
            }
        }
        word.pointee.store(0, ordering: .releasing)
    }

    private static let leaving = UInt64.max

    /// An owner that no other commit has.
    public static func newOwner() -> UInt64 { UInt64.random(in: 1..<leaving) }

    /// Whether the process that announced the commit is gone.
    ///
    /// Its owner holds a lock on the slot's byte behind the page (of the open file, not of the process): the system takes it
    /// back when the process dies, whatever its number was and whatever container it ran in.
    public func isAbandoned(_ announcement: Announcement) -> Bool {
        guard reach == .machine else { return false }
        if own.withLock({ $0.slots & 1 << UInt64(announcement.slot) != 0 }) { return false }
        var lock = Self.lock(announcement.slot, F_WRLCK)
        guard fcntl(descriptor, Self.getLock, &lock) == 0, Int32(lock.l_type) == F_UNLCK else { return false }
        return load(Self.ownerOffset(announcement.slot)) == announcement.owner
    }

    private static func lock(_ slot: Int, _ type: Int32) -> flock {
        var lock = flock()
        lock.l_type = Int16(type)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = off_t(size + slot)
        lock.l_len = 1
        return lock
    }

    private func setLock(_ slot: Int, _ type: Int32) -> Bool {
        var lock = Self.lock(slot, type)
        return fcntl(descriptor, Self.setLock, &lock) == 0
    }

    #if canImport(Darwin)
        private static let setLock = Int32(90)
        private static let getLock = Int32(92)
    #else
        // F_OFD_SETLK and F_OFD_GETLK.
        private static let setLock = Int32(37)
        private static let getLock = Int32(36)
    #endif

    /// Nil while a commit over several shards of another process is under way; else a count that is the same as long as none
    /// has begun.
    public var quietCount: UInt64? {
        own.withLock { own in
            load(Offset.pendingCommits) & ~own.slots == 0 ? load(Offset.commitCount) &- own.count : nil
        }
    }

    /// What this process has announced: its own commits are told apart from others'.
    private struct Own {
        var slots: UInt64 = 0
        var count: UInt64 = 0
    }

    /// Makes commits over several shards wait before they are announced, for a while: for who needs a moment in which none
    /// is under way and has not found one. Whoever asks last decides; a process that dies holds nobody up for longer.
    public func holdCommits(for duration: Duration) {
        let end = Self.now &+ UInt64(max(0, duration / .nanoseconds(1)))
        update(Offset.commitGate) { max($0, end) }
    }

    /// Whether commits over several shards are to wait.
    public var commitsAreHeld: Bool {
        let end = load(Offset.commitGate)
        return end != 0 && Self.now < end
    }

    private static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
