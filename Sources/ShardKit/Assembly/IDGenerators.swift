import ShardBase
import ShardExecutor
import ShardIDs
import ShardValues

extension Configuration.IDGenerator {
    /// The generator as the executor asks it for keys.
    func makeGenerator(name: String, clock: any ShardClock) throws(ShardError) -> any KeyGenerator {
        switch self {
        case .uuidv7:
            let generator = UUIDv7Generator(clock: IDClock(wall: { clock.wallMilliseconds }))
            return ClosureKeyGenerator { count in
                try (0..<count).map { _ in .text(try generator.next().description) }
            }
        case .snowflake(let worker, let epoch, let maximumAhead):
            let generator: Snowflake
            do throws(IDError) {
                var options = SnowflakeOptions()
                options.layout = try SnowflakeLayout(
                    timestampBits: 41, workerBits: 10, sequenceBits: 12, epoch: epoch ?? SnowflakeLayout.defaultEpoch)
                options.pace = .runAhead(limit: .milliseconds(Int64(maximumAhead)))
                options.clock = IDClock(wall: { clock.wallMilliseconds })
                generator = try Snowflake(worker: worker, options: options)
            } catch {
                throw ShardError(.configuration, "generator \(name): \(error.message)", hint: error.advice)
            }
            return ClosureKeyGenerator { count in
                do {
                    return try await generator.next(count: count).map { .integer($0) }
                } catch let error as IDError {
                    throw ShardError(.valueRange, "generator \(name): \(error.message)", hint: error.advice)
                }
            }
        }
    }
}
