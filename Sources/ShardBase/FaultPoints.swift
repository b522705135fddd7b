import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The process's armed fault points.
///
/// Armed by the environment (`SHARDKIT_FAULT="commit-between-shards=kill"`, `…=error`, `…=error:3` for the third hit;
/// several separated by commas) or by tests. With nothing armed, ``hit(_:)`` costs one
/// relaxed atomic load.
public enum FaultPoints {
    /// What an armed point does when it is hit.
    public enum Action: Sendable, Hashable {
        /// The process is killed at once by SIGKILL, as by a power failure of its own.
        case kill
        /// An error of code ``ErrorCode/inputOutput`` is thrown.
        case error
    }

    private struct Armed {
        var action: Action
        /// It acts at this hit, counted from 1 since it was armed, and at no other.
        var hit: Int
        var seen = 0
        /// Only hits inside this scope count; nil: all.
        var scope: UInt64?
    }

    private struct State {
        var armed: [FaultPoint: [Armed]] = [:]
        var lastScope: UInt64 = 0
    }

    private static let unread: UInt8 = 0
    private static let idle: UInt8 = 1
    private static let active: UInt8 = 2
    private static let mode = Atomic<UInt8>(unread)
    private static let state = Mutex(State())
    @TaskLocal private static var scope: UInt64?

    /// The place itself: does nothing, throws, or never returns, as armed.
    @inline(__always)
    public static func hit(_ point: FaultPoint) throws(ShardError) {
        if mode.load(ordering: .relaxed) != idle { try slowHit(point) }
    }

    /// Arms a point for the whole process: the `hit`-th hit from now on acts, once.
    public static func arm(_ point: FaultPoint, _ action: Action, onHit hit: Int = 1) {
        readEnvironment()
        state.withLock {
            $0.armed[point, default: []].append(Armed(action: action, hit: hit))
            updateMode($0)
        }
    }

    /// Arms a point for the hits that `operation` and its child tasks make, and disarms it afterwards: suites that
    /// run beside each other do not disturb one another.
    public static func withArmed<Result>(
        _ point: FaultPoint, _ action: Action, onHit hit: Int = 1, _ operation: () async throws -> Result
    ) async rethrows -> Result {
        readEnvironment()
        let own = state.withLock {
            $0.lastScope += 1
            $0.armed[point, default: []].append(Armed(action: action, hit: hit, scope: $0.lastScope))
            updateMode($0)
            return $0.lastScope
        }
        defer {
            state.withLock {
                $0.armed[point]?.removeAll { $0.scope == own }
                updateMode($0)
            }
        }
        return try await $scope.withValue(own) { try await operation() }
    }

    /// Disarms every point.
    public static func reset() {
        readEnvironment()
        state.withLock {
            $0.armed = [:]
            updateMode($0)
        }
    }

    @inline(never)
    private static func slowHit(_ point: FaultPoint) throws(ShardError) {
        readEnvironment()
        guard mode.load(ordering: .relaxed) == active else { return }
        let current = scope
        let action: Action? = state.withLock {
            var action: Action?
            for index in ($0.armed[point] ?? []).indices {
                guard var armed = $0.armed[point]?[index], armed.scope == nil || armed.scope == current else {
                    continue
                }
                armed.seen += 1
                if armed.seen == armed.hit { action = armed.action }
                $0.armed[point]?[index] = armed
            }
            return action
        }
        switch action {
        case nil: return
        case .kill?:
            kill(getpid(), SIGKILL)
            // The signal may be delivered to the process a moment later; nothing more may happen here.
            while true { pause() }
        case .error?:
            throw ShardError(.inputOutput, "the fault point \(point.rawValue) was armed to fail here")
        }
    }

    private static func updateMode(_ state: State) {
        let isActive = state.armed.values.contains { !$0.isEmpty }
        mode.store(isActive ? active : idle, ordering: .relaxed)
    }

    private static func readEnvironment() {
        guard mode.load(ordering: .relaxed) == unread else { return }
        let text = getenv("SHARDKIT_FAULT").map { String(cString: $0) } ?? ""
        state.withLock { state in
            // Another thread may have been here meanwhile.
            guard mode.load(ordering: .relaxed) == unread else { return }
            for fault in parse(text) {
                state.armed[fault.point, default: []].append(Armed(action: fault.action, hit: fault.hit))
            }
            updateMode(state)
        }
    }

    /// What the environment's text arms. A part that is not understood stops the process: a fault that was asked for
    /// and never comes would make a test prove nothing.
    static func parse(_ text: String) -> [(point: FaultPoint, action: Action, hit: Int)] {
        var faults: [(point: FaultPoint, action: Action, hit: Int)] = []
        for part in text.split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1)
            let words = sides.last.map { $0.split(separator: ":", maxSplits: 1) } ?? []
            guard sides.count == 2, let point = FaultPoint(rawValue: String(sides[0])), let word = words.first,
                let action: Action = word == "kill" ? .kill : word == "error" ? .error : nil,
                let hit = words.count == 2 ? Int(words[1]) : 1, hit > 0
            else {
                preconditionFailure("SHARDKIT_FAULT is not understood at \"\(part)\"")
            }
            faults.append((point, action, hit))
        }
        return faults
    }
}
