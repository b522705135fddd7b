import ShardBase
import ShardExecutor
import ShardIDs
import ShardValues

extension Configuration.IDGenerator {
    /// The generator as the executor asks it for keys.
    func makeGenerator(name: String, clock: any ShardClock) throws(ShardError) -> any KeyGenerator {
        switch self {
        case .uuidv7:
            let generator = UUIDv7Generator { clock.wallMilliseconds }
            return ClosureKeyGenerator { count in
                try (0..<count).map { _ in .text(try generator.next().description) }
            }
        case .snowflake(let worker, let epoch, let maximumAhead):
            let generator: Snowflake
            do throws(SnowflakeError) {
                let layout = try SnowflakeLayout(
                    timestampBits: 41, workerBits: 10, sequenceBits: 12, epoch: epoch ?? SnowflakeLayout.defaultEpoch)
                generator = try Snowflake(
                    worker: worker, layout: layout, pace: .runAhead(milliseconds: maximumAhead)
                ) { clock.wallMilliseconds }
            } catch {
                throw ShardError(.configuration, "generator \(name): \(error)")
            }
            return ClosureKeyGenerator { count in
                var keys: [Value] = []
                keys.reserveCapacity(count)
                do {
                    for _ in 0..<count { keys.append(.integer(try await generator.next())) }
                } catch let error as SnowflakeError {
                    throw ShardError(.valueRange, "generator \(name): \(error)")
                }
                return keys
            }
        }
    }
}
