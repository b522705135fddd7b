/// Identifiers taken together: one atomic operation for all of them, a shift and an addition for each.
///
/// A value of five words that holds no identifiers, only how to compute them; indexing is O(1) and allocates nothing.
/// Identifiers that are not used are lost, never given to somebody else.
public struct IDBlock: Sendable, Hashable, RandomAccessCollection {
    /// The word of the first; the others follow `stride` apart.
    let first: UInt64
    let stride: UInt64
    public let count: Int
    /// Where the worker stands between the upper and the lower bits of a word: `worker` already shifted, the width of
    /// its field, and the mask of the bits below it. All 0 where identifiers are the words themselves.
    let worker: UInt64
    let workerBits: UInt64
    let lowMask: UInt64

    init(first: UInt64, count: Int, stride: UInt64 = 1, worker: UInt64 = 0, workerBits: UInt64 = 0, lowMask: UInt64 = 0)
    {
        self.first = first
        self.stride = stride
        self.count = count
        self.worker = worker
        self.workerBits = workerBits
        self.lowMask = lowMask
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { count }

    public subscript(position: Int) -> Int64 {
        precondition(position >= 0 && position < count, "index \(position) is not within a block of \(count)")
        return identifier(first &+ UInt64(position) &* stride)
    }

    private func identifier(_ word: UInt64) -> Int64 {
        Int64(bitPattern: (word & ~lowMask) << workerBits | worker | (word & lowMask))
    }

    /// Appends all to an array; the fast way to have them in one.
    public func append(to identifiers: inout [Int64]) {
        var word = first
        for _ in 0..<count {
            identifiers.append(identifier(word))
            word &+= stride
        }
    }
}
