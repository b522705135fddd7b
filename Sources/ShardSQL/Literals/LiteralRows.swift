/// The rows of an INSERT … VALUES that holds nothing but literals, as places in its text: a bulk insert is neither parsed
/// nor compiled row by row.
///
/// The statement's other parts are in ``template``, the same text for every run of the same INSERT with other rows: what
/// that text means (table, columns, keys to make) is planned once, and these rows take the place of its own.
///
/// One pass over the bytes, about 60 ns for a row of two cells. Whatever is unusual (an expression, a parameter, a literal
/// whose value only the engine can tell, rows of different widths) makes the whole be no `LiteralRows`.
public struct LiteralRows: Sendable {
    /// One literal, its sign included.
    public enum Cell: Sendable, Hashable {
        case null
        case integer(Int64)
        case real(Double)
        /// Content between the quotes, as UTF-8 offsets; `isEscaped`: quotes in it are doubled.
        case text(start: Int32, end: Int32, isEscaped: Bool)
        /// Hexadecimal digits between the quotes, an even number of them.
        case blob(start: Int32, end: Int32)
    }

    /// The statement with one row (of one) or two (of several), NULL in each of their cells.
    public let template: String
    /// Cells in each row, at least one.
    public let width: Int
    /// Row by row.
    public let cells: [Cell]
    private let text: String

    public var count: Int { cells.count / width }

    /// Nil where the text is anything else than an INSERT or REPLACE with VALUES of literals.
    public init?(_ text: String, dialect: Dialect) {
        var text = text
        let found = text.withUTF8 { bytes -> (template: String, width: Int, cells: [Cell])? in
            guard var scan = LiteralRowScan(bytes, dialect: dialect), scan.run() else { return nil }
            return (scan.template(bytes), scan.width, scan.cells)
        }
        guard let found else { return nil }
        template = found.template
        width = found.width
        cells = found.cells
        self.text = text
    }

    @inlinable public subscript(row: Int, cell: Int) -> Cell { cells[row &* width &+ cell] }

    /// The text's bytes, which cells are places in.
    public func withText<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        var text = text
        return try text.withUTF8(body)
    }
}

extension LiteralRows.Cell {
    /// Calls `body` with the text or blob itself; empty for other cells.
    ///
    /// - Parameters:
    ///   - bytes: the text that the cell is a place in.
    ///   - spare: storage for content that does not stand in the text as it is.
    @inline(__always)
    public func withContent<Result>(
        _ bytes: UnsafeBufferPointer<UInt8>, spare: inout [UInt8], _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        switch self {
        case .text(let start, let end, false):
            return body(UnsafeBufferPointer(rebasing: bytes[Int(start)..<Int(end)]))
        case .text(let start, let end, true):
            spare.removeAll(keepingCapacity: true)
            var at = Int(start)
            while at < Int(end) {
                spare.append(bytes[at])
                // A quote inside is always doubled.
                at += bytes[at] == UInt8(ascii: "'") ? 2 : 1
            }
            return spare.withUnsafeBufferPointer(body)
        case .blob(let start, let end):
            spare.removeAll(keepingCapacity: true)
            var at = Int(start)
            while at + 1 < Int(end) {
                spare.append(Self.nibble(bytes[at]) << 4 | Self.nibble(bytes[at + 1]))
                at += 2
            }
            return spare.withUnsafeBufferPointer(body)
        case .null, .integer, .real: return body(UnsafeBufferPointer(start: nil, count: 0))
        }
    }

    private static func nibble(_ digit: UInt8) -> UInt8 {
        digit &- 48 < 10 ? digit &- 48 : (digit | 0x20) &- 87
    }
}
