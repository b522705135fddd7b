/// Keeps a long chain of one associative operator (AND, OR, `||`) from becoming a deep tree.
///
/// Terms are joined left-deep, as written, up to ``blockLength`` of them. Then the finished block is put aside and the
/// next term begins a new one; at the end the blocks are joined in a balanced tree. `a AND b AND c` stays as everybody
/// expects it; ten thousand terms have a height of little more than a hundred.
struct OperatorChain {
    static let blockLength = 100

    enum Kind { case and, or, concatenate }

    let kind: Kind
    private var blocks: [(Expression, SourceRange)] = []
    private var length = 0
    private var highest = 0

    init(_ kind: Kind) { self.kind = kind }

    /// Counts one application of the operator, whose result is `left`.
    ///
    /// - Returns: Whether `left` was put aside as a finished block: a new term begins.
    mutating func add(_ left: Expression, _ range: SourceRange, _ height: inout Int) -> Bool {
        length += 1
        guard length == Self.blockLength else { return false }
        blocks.append((left, range))
        length = 0
        highest = max(highest, height)
        height = 0
        return true
    }

    /// The block put aside last, where no further term follows it.
    mutating func takeLastBlock() -> Expression { blocks.removeLast().0 }

    /// The whole chain, whose last block is `last`.
    consuming func finish(_ last: Expression, _ range: SourceRange, _ height: inout Int) -> Expression {
        if blocks.isEmpty {
            height = max(height, highest)
            return last
        }
        blocks.append((last, range))
        height = max(height, highest) + (Int.bitWidth - blocks.count.leadingZeroBitCount)
        return balanced(blocks[...]).0
    }

    private func balanced(_ terms: ArraySlice<(Expression, SourceRange)>) -> (Expression, SourceRange) {
        if terms.count == 1 { return terms[terms.startIndex] }
        let middle = terms.startIndex + terms.count / 2
        let (left, leftRange) = balanced(terms[..<middle])
        let (right, rightRange) = balanced(terms[middle...])
        let range = leftRange.through(rightRange)
        let expression =
            switch kind {
            case .and: BinaryExpression(left, .and, spelling: "AND", right, range: range)
            case .or: BinaryExpression(left, .or, spelling: "OR", right, range: range)
            case .concatenate: BinaryExpression(left, .concatenate, spelling: "||", right, range: range)
            }
        return (.binary(expression), range)
    }
}
