import ShardBase
import ShardPlanner
import ShardSQL
import ShardValues

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A plan found for a text, with the values of the literals that were folded out of it.
struct CachedPlan: Sendable {
    let compiled: CompiledPlan
    /// Bound after the user's values.
    let literals: [Value]

    /// The user's values followed by the literals'.
    ///
    /// - Throws: `.parameters` when the user gave another number of values than the text has parameters.
    func values(_ given: [Value]) throws(ShardError) -> [Value] {
        let expected = compiled.parameterCount - literals.count
        if given.count != expected { throw ExtraValues.wrongCount(expected, given.count) }
        if literals.isEmpty { return given }
        return given.isEmpty ? literals : given + literals
    }
}

/// One entry: a text, and where the folded literals stand in it.
final class PlanCacheEntry: Sendable {
    /// A folded literal's place in the entry's text.
    struct Hole: Sendable {
        var start: Int
        var end: Int
        var kind: FoldedLiteral.Kind
        /// Its position among all literals of the text.
        var literal: Int
        /// Its position among the values that follow the user's.
        var value: Int
    }

    let key: PlanCacheKey
    let text: [UInt8]
    /// In the order of the text.
    let holes: [Hole]
    /// All literals of the text, folded or not.
    let literalCount: Int
    let compiled: CompiledPlan
    let byteCount: Int

    init(key: PlanCacheKey, text: [UInt8], holes: [Hole], literalCount: Int, compiled: CompiledPlan) {
        self.key = key
        self.text = text
        self.holes = holes
        self.literalCount = literalCount
        self.compiled = compiled
        byteCount = text.count + holes.count * MemoryLayout<Hole>.stride + 256 + compiled.estimatedByteCount
    }

    /// Whether a text is the entry's, byte for byte.
    func isSame(_ other: UnsafeBufferPointer<UInt8>) -> Bool {
        text.withUnsafeBufferPointer { Self.areEqual($0, 0, other, 0, count: $0.count) && $0.count == other.count }
    }

    /// The values of the folded literals in another text; nil unless that text is the entry's with other literals of the
    /// same kinds in the holes, byte for byte.
    func literals(
        in other: UnsafeBufferPointer<UInt8>, _ found: [FoldedLiteral], dialect: Dialect
    ) -> [Value]? {
        guard found.count == literalCount else { return nil }
        return text.withUnsafeBufferPointer { own in
            var ownStart = 0
            var otherStart = 0
            for hole in holes {
                let literal = found[hole.literal]
                guard literal.kind == hole.kind, Int(literal.start) - otherStart == hole.start - ownStart,
                    Self.areEqual(own, ownStart, other, otherStart, count: hole.start - ownStart)
                else { return nil }
                ownStart = hole.end
                otherStart = Int(literal.end)
            }
            guard other.count - otherStart == own.count - ownStart,
                Self.areEqual(own, ownStart, other, otherStart, count: own.count - ownStart)
            else { return nil }
            return values(other, found, dialect)
        }
    }

    private func values(
        _ bytes: UnsafeBufferPointer<UInt8>, _ found: [FoldedLiteral], _ dialect: Dialect
    ) -> [Value]? {
        if holes.count == 1, let integer = found[holes[0].literal].integerValue(in: bytes) {
            return [.integer(integer)]
        }
        var values = [Value](repeating: .null, count: holes.count)
        for hole in holes {
            guard let literal = found[hole.literal].value(in: bytes, dialect: dialect) else { return nil }
            switch literal {
            case .integer(let integer): values[hole.value] = .integer(integer)
            case .real(let real): values[hole.value] = .real(real)
            case .text(let text): values[hole.value] = .text(text)
            case .blob(let blob): values[hole.value] = .blob(blob)
            case .null, .boolean: return nil
            }
        }
        return values
    }

    private static func areEqual(
        _ a: UnsafeBufferPointer<UInt8>, _ startA: Int, _ b: UnsafeBufferPointer<UInt8>, _ startB: Int, count: Int
    ) -> Bool {
        if count == 0 { return true }
        guard count > 0, startA + count <= a.count, startB + count <= b.count, let left = a.baseAddress,
            let right = b.baseAddress
        else { return false }
        return memcmp(left + startA, right + startB, count) == 0
    }
}
