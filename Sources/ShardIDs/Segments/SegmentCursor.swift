/// One caller's own supply out of a generator: blocks are taken together, identifiers out of them without atomics.
///
/// For loops that draw very many; about 1 ns each. What is left when it goes away is lost. It cannot be copied, so no
/// two callers can draw the same.
public struct SegmentCursor: ~Copyable {
    public let generator: SegmentGenerator
    private let blockSize: Int
    private var upcoming: Int64 = 0
    private var end: Int64 = 0
    private let stride: Int64

    /// - Parameters:
    ///   - generator: where the blocks come from.
    ///   - blockSize: how many to take together; default 1,024.
    public init(_ generator: SegmentGenerator, blockSize: Int = 1_024) {
        self.generator = generator
        self.blockSize = max(1, blockSize)
        stride = Int64(generator.stores.count)
    }

    /// The next identifier, or nil when the generator's buffers are dry.
    public mutating func tryNext() throws(IDError) -> Int64? {
        if upcoming < end { return advance() }
        let block = try generator.tryNext(upTo: blockSize)
        if block.isEmpty { return nil }
        refill(block)
        return advance()
    }

    /// The next identifier; waits as ``SegmentGenerator/next()`` does.
    public mutating func next() async throws -> Int64 {
        if let identifier = try tryNext() { return identifier }
        refill(try await generator.waitForBlock(blockSize))
        return advance()
    }

    private mutating func refill(_ block: IDBlock) {
        upcoming = Int64(bitPattern: block.first)
        end = upcoming + Int64(block.count) * stride
    }

    @inline(__always)
    private mutating func advance() -> Int64 {
        let identifier = upcoming
        upcoming &+= stride
        return identifier
    }
}
