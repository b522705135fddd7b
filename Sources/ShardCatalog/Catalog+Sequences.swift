import ShardBackend
import ShardBase
import ShardValues

extension Catalog {
    /// Reserves numbers of a key sequence, so that no two processes ever use the same.
    ///
    /// While one owner reserves, the range starts exactly at `atLeast` (also below what it reserved before and did not
    /// use): the next number is the one a plain database would give. As soon as another owner was there, it starts behind
    /// everything that was given away.
    ///
    /// - Parameters:
    ///   - sequence: the name; for rowids the lower-case name of the table.
    ///   - count: how many, at least 1; fewer come back where the numbers end (`Int64.max` itself is never given).
    ///   - owner: who asks; default: ``processID``.
    /// - Throws: `.diskFull`, as SQLite, when the sequence is used up.
    public func reserve(
        sequence: String, atLeast: Int64, count: Int64, owner: String? = nil
    ) async throws -> Range<Int64> {
        precondition(count > 0, "a reservation of \(count) numbers")
        let owner = owner ?? processID
        let range = try await write { connection in
            var start = atLeast
            if let row = try await connection.rows(CatalogStatements.sequence, [.text(sequence)]).first,
                try row.text(1) != owner
            {
                start = max(atLeast, try row.integer(0))
            }
            guard start < .max else {
                throw ShardError(
                    .diskFull, "database or disk is full", hint: "The numbers of \(sequence) are used up.",
                    engineCode: "13")
            }
            let (sum, overflows) = start.addingReportingOverflow(count)
            let end = overflows ? .max : sum
            _ = try await connection.execute(
                CatalogStatements.putSequence, values: [.text(sequence), .integer(end), .text(owner)])
            return start..<end
        }
        try FaultPoints.hit(.sequenceAfterReserve)
        return range
    }

    /// Gives back the end of a reservation that was not used, so that the next process goes on without a gap. Nothing
    /// happens where somebody has reserved since.
    ///
    /// - Parameters:
    ///   - unused: from the first number that was never given to the reservation's end.
    ///   - owner: who reserved; default: ``processID``.
    public func giveBack(sequence: String, unused: Range<Int64>, owner: String? = nil) async throws {
        let owner = owner ?? processID
        try await write { connection in
            _ = try await connection.execute(
                CatalogStatements.lowerSequence,
                values: [
                    .text(sequence), .integer(unused.lowerBound), .integer(unused.upperBound), .text(owner),
                ])
        }
    }
}
