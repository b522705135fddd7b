import ShardBase

/// Where a read goes, as the board says it.
public enum EndpointChoice: ~Copyable, Sendable {
    /// To this endpoint, on which it counts as begun.
    case begun(EndpointLease)
    /// To this replica when it has come far enough: see ``EndpointBoard/reached(_:on:within:)``. Then choose again.
    case wait(String)
    /// To the primary when one is known: see ``EndpointBoard/primary(within:)``. Then choose again.
    case awaitPrimary
}

/// What a statement's end tells of its endpoint.
public enum EndpointOutcome: Sendable, Hashable {
    /// It answered, if only with an error of the statement's own.
    case answered
    /// It did not: the connection broke, or the machine is ill.
    case failed
    /// The statement ended for a reason that has nothing to do with the endpoint.
    case abandoned

    public init(of error: any Error) {
        guard let error = error as? ShardError else {
            self = .abandoned
            return
        }
        if error.retry == .connectionLost || error.retry == .unknownOutcome || Self.illness.contains(error.code) {
            self = .failed
        } else if error.code == .cancelled || error.code == .timeout {
            self = .abandoned
        } else {
            self = .answered
        }
    }

    private static let illness: Set<ErrorCode> = [
        .connectionLost, .unknownOutcome, .inputOutput, .corrupt, .diskFull, .outOfMemory,
    ]
}

/// A statement that is under way on an endpoint. One that is dropped without a word counts as abandoned.
public struct EndpointLease: ~Copyable, Sendable {
    private let board: EndpointBoard
    private let standing: ShardStanding
    private let place: Int
    let pass: CircuitBreaker.Pass
    let begunAt: Duration
    private var isEnded = false

    init(
        board: EndpointBoard, standing: ShardStanding, place: Int, pass: CircuitBreaker.Pass,
        begunAt: Duration
    ) {
        self.board = board
        self.standing = standing
        self.place = place
        self.pass = pass
        self.begunAt = begunAt
    }

    var load: EndpointLoad { standing.loads[place] }
    public var endpoint: Endpoint { standing.endpoints.endpoints[place] }
    /// Whether it was the primary when it was chosen.
    public var isPrimary: Bool { standing.primary == place }
    /// What was known of it when it was chosen.
    public var known: EndpointStanding { standing.standings[place] }
    /// The timeline that it was in when it was chosen, for ``SessionReads``.
    public var timeline: UInt64? { standing.standings[place].position?.timeline }

    /// Says how it ended, once.
    ///
    /// - Parameter time: how long the endpoint took to answer. Default: until now.
    public consuming func end(_ outcome: EndpointOutcome, took time: Duration? = nil) {
        isEnded = true
        board.end(self, outcome, took: time)
    }

    deinit {
        if !isEnded { board.end(self, .abandoned) }
    }
}
