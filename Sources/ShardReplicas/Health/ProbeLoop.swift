import ShardBase
import Synchronization

/// Asks each endpoint of a board how it is, again and again.
public struct ProbeLoop: Sendable {
    public struct Options: Sendable, Hashable {
        /// Between the end of a probe and the next. Default: 1 s.
        public var interval: Duration = .seconds(1)
        /// The same while a statement waits for what a probe will say. Default: 10 ms.
        public var awaitedInterval: Duration = .milliseconds(10)
        /// A probe that takes longer has failed. Default: 1 s.
        public var timeout: Duration = .seconds(1)

        public init() {}
    }

    private let board: EndpointBoard
    private let probe: any EndpointProbe
    private let options: Options
    private let sleep: Sleep

    public init(
        _ board: EndpointBoard, probe: any EndpointProbe, options: Options = Options(),
        sleep: @escaping Sleep = { try await Task.sleep(for: $0) }
    ) {
        self.board = board
        self.probe = probe
        self.options = options
        self.sleep = sleep
    }

    /// Runs until its task is cancelled. Endpoints that come or go are seen within an interval.
    public func run() async {
        while !Task.isCancelled {
            let endpoints = board.standing.endpoints
            await withDiscardingTaskGroup { group in
                for endpoint in endpoints.endpoints {
                    group.addTask { await ask(endpoint, among: endpoints) }
                }
            }
        }
    }

    /// One endpoint's probes, until the set is another one.
    private func ask(_ endpoint: Endpoint, among endpoints: EndpointSet) async {
        while !Task.isCancelled, board.standing.endpoints == endpoints {
            let wishes = board.wishes.generation
            await askOnce(endpoint)
            try? await sleep(options.awaitedInterval)
            await board.wishes.change(after: wishes, within: options.interval - options.awaitedInterval)
        }
    }

    /// One probe and its report.
    public func askOnce(_ endpoint: Endpoint) async {
        let askedAt = board.clock.monotonic
        let answer = await withTaskGroup(of: ProbeAnswer?.self) { group in
            group.addTask { try? await probe.probe(endpoint) }
            group.addTask { [sleep, options] in
                try? await sleep(options.timeout)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        if Task.isCancelled { return }
        if let answer {
            board.report(answer, of: endpoint.name, askedAt: askedAt)
        } else {
            board.reportFailedProbe(of: endpoint.name, askedAt: askedAt)
        }
    }
}
