/// Runs work that Ctrl-C cancels, so that it ends as any failing work does: rolled back and told. A second Ctrl-C ends the
/// process at once.
func interruptible<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) async throws -> Result {
    let task = Task { try await work() }
    let signals = SignalWatch([.interrupt]) { signal in
        if task.isCancelled { signal.end() }
        task.cancel()
    }
    defer { signals.stop() }
    return try await task.value
}
