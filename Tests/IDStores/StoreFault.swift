import Foundation
import Synchronization

/// What goes wrong with one request to a store.
public enum StoreFault: Sendable, Hashable {
    /// It fails, and nothing was done.
    case failsBefore
    /// It fails, and yet it was done: the answer was lost.
    case failsAfter
    /// It takes so long.
    case takes(Duration)
    /// It takes so long and holds its thread, as an embedded database does.
    case blocks(Duration)
    /// It never answers, and nothing was done.
    case hangs
}

/// What a store throws when it was told to.
public struct OrderedFailure: Error, Sendable, Hashable {
    public init() {}
}

/// Which fault befalls the nth request, counted from 0; set by tests, asked by stores.
public final class FaultPlan: Sendable {
    private let state: Mutex<(count: Int, fault: @Sendable (Int) -> StoreFault?)>

    public init(_ fault: @escaping @Sendable (Int) -> StoreFault? = { _ in nil }) { state = Mutex((0, fault)) }

    public func set(_ fault: @escaping @Sendable (Int) -> StoreFault?) { state.withLock { $0.fault = fault } }

    /// Requests so far.
    public var count: Int { state.withLock { $0.count } }

    /// Runs one request with its fault.
    public func around<Value: Sendable>(_ request: () throws -> Value) async throws -> Value {
        let (number, fault) = state.withLock { state in
            state.count += 1
            return (state.count - 1, state.fault)
        }
        switch fault(number) {
        case nil: return try request()
        case .failsBefore: throw OrderedFailure()
        case .failsAfter:
            _ = try request()
            throw OrderedFailure()
        case .takes(let time):
            try await Task.sleep(for: time)
            return try request()
        case .blocks(let time):
            usleep(UInt32(time.components.seconds * 1_000_000 + time.components.attoseconds / 1_000_000_000_000))
            return try request()
        case .hangs:
            try await Task.sleep(for: .seconds(3600))
            throw OrderedFailure()
        }
    }
}
