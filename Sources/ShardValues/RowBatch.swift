/// A flat batch of rows: the only form in which results cross a thread or a room.
///
/// Cells stand row by row; the bytes of texts and blobs stand in one buffer that the batch owns. Filling a batch
/// again after ``removeAll()`` allocates nothing once the buffers have grown.
public struct RowBatch: Sendable {
    public private(set) var columnCount: Int
    public private(set) var rowCount = 0
    @usableFromInline var cells: [Cell] = []
    @usableFromInline var bytes: [UInt8] = []

    /// The number of rows a producer puts into one batch unless told otherwise.
    public static let defaultRowLimit = 256
    /// A producer ends a batch early once its byte buffer has grown to this many bytes.
    public static let defaultByteLimit = 1 << 20

    public init(columnCount: Int) {
        self.columnCount = columnCount
    }

    @inlinable public var isEmpty: Bool { rowCount == 0 }
    /// The bytes held, for budgets.
    @inlinable public var byteCount: Int { bytes.count + cells.count * MemoryLayout<Cell>.stride }
    /// The bytes of texts and blobs held.
    @inlinable public var payloadByteCount: Int { bytes.count }

    /// Forgets the rows and keeps the storage.
    public mutating func removeAll() {
        rowCount = 0
        if !cells.isEmpty { cells.removeAll(keepingCapacity: true) }
        if !bytes.isEmpty { bytes.removeAll(keepingCapacity: true) }
    }

    /// Forgets the rows for rows of a width; the storage is kept.
    public mutating func prepare(columnCount: Int) {
        self.columnCount = columnCount
        removeAll()
    }

    @inlinable public subscript(row: Int, column: Int) -> Cell {
        cells[row * columnCount + column]
    }

    /// Appends one cell of the row being built; call ``endRow()`` after `columnCount` cells.
    @inlinable public mutating func append(_ cell: Cell) { cells.append(cell) }
    @inlinable public mutating func appendNull() { cells.append(.null) }
    @inlinable public mutating func append(integer: Int64) { cells.append(.integer(integer)) }
    @inlinable public mutating func append(real: Double) { cells.append(.real(real)) }
    @inlinable public mutating func append(text: UnsafeBufferPointer<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: text)
        cells.append(.text(start..<bytes.count))
    }
    @inlinable public mutating func append(blob: UnsafeBufferPointer<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: blob)
        cells.append(.blob(start..<bytes.count))
    }
    public mutating func append(_ value: Value) {
        switch value {
        case .null: appendNull()
        case .integer(let integer): append(integer: integer)
        case .real(let real): append(real: real)
        case .text(var text): text.withUTF8 { append(text: $0) }
        case .malformedText(let raw): raw.withUnsafeBufferPointer { append(text: $0) }
        case .blob(let blob): blob.withUnsafeBufferPointer { append(blob: $0) }
        }
    }
    public mutating func endRow() {
        rowCount += 1
        assert(cells.count == rowCount * columnCount, "a row of \(columnCount) columns was built with other cells")
    }
    /// Takes back the cells of a row that was begun and not ended.
    public mutating func abandonRow() {
        cells.removeLast(cells.count - rowCount * columnCount)
    }

    /// Copies one cell of another batch into the row being built.
    @inlinable public mutating func append(_ cell: Cell, from other: borrowing RowBatch) {
        switch cell.kind {
        case .null, .integer, .real: cells.append(cell)
        case .text:
            let start = bytes.count
            bytes.append(contentsOf: other.bytes[cell.byteRange])
            cells.append(.text(start..<bytes.count))
        case .blob:
            let start = bytes.count
            bytes.append(contentsOf: other.bytes[cell.byteRange])
            cells.append(.blob(start..<bytes.count))
        }
    }
    /// Copies a row's first `columnCount` cells (the rest of the other's are hidden columns) and ends the row.
    @inlinable public mutating func append(row: Int, of other: borrowing RowBatch) {
        for column in 0..<columnCount { append(other[row, column], from: other) }
        endRow()
    }

    /// Puts another batch's cell in a cell's place. A text or blob no longer than the one before takes its place; a longer
    /// one goes to the end, and the bytes before are lost until ``removeAll()``.
    public mutating func replace(row: Int, column: Int, with cell: Cell, from other: borrowing RowBatch) {
        let position = row * columnCount + column
        switch cell.kind {
        case .null, .integer, .real: cells[position] = cell
        case .text, .blob:
            let old = cells[position]
            let start: Int
            switch old.kind {
            case .text where old.byteRange.count >= cell.byteRange.count,
                .blob where old.byteRange.count >= cell.byteRange.count:
                start = old.byteRange.lowerBound
                bytes.replaceSubrange(start..<(start + cell.byteRange.count), with: other.bytes[cell.byteRange])
            case .null, .integer, .real, .text, .blob:
                start = bytes.count
                bytes.append(contentsOf: other.bytes[cell.byteRange])
            }
            let range = start..<(start + cell.byteRange.count)
            cells[position] = cell.kind == .text ? .text(range) : .blob(range)
        }
    }

    /// The bytes of a text or blob cell of this batch.
    @inlinable public func withBytes<Result>(
        of cell: Cell, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) rethrows -> Result {
        try bytes.withUnsafeBufferPointer { try body(UnsafeBufferPointer(rebasing: $0[cell.byteRange])) }
    }

    /// All cells, row by row, and the bytes that their ranges mean.
    @inlinable public borrowing func withStorage<Result>(
        _ body: (UnsafeBufferPointer<Cell>, UnsafeBufferPointer<UInt8>) throws -> Result
    ) rethrows -> Result {
        try cells.withUnsafeBufferPointer { cells in
            try bytes.withUnsafeBufferPointer { try body(cells, $0) }
        }
    }

    /// A cell as a value of its own.
    public func value(row: Int, column: Int) -> Value { value(of: self[row, column]) }

    public func value(of cell: Cell) -> Value {
        switch cell.kind {
        case .null: return .null
        case .integer: return .integer(cell.integerValue)
        case .real: return .real(cell.realValue)
        case .blob: return .blob(Array(bytes[cell.byteRange]))
        case .text:
            let slice = bytes[cell.byteRange]
            if let text = String(validating: slice, as: UTF8.self) { return .text(text) }
            return .malformedText(Array(slice))
        }
    }

    /// One row as values.
    public func row(_ row: Int) -> [Value] { (0..<columnCount).map { value(row: row, column: $0) } }
}
