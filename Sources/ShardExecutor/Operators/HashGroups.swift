import ShardBase
import ShardPlanner
import ShardValues

/// Rows grouped by hashing: what ``ShardPlanner/HashGrouping`` asks for, over the rows of one fragment.
///
/// An open-addressing table of group numbers; the groups' keys stand in one flat batch (those of each group's first row),
/// the partials in one column each. A batch of rows is taken in column by column: first the group of every row is found,
/// then each partial runs over its own column. Equality is that of GROUP BY: NULL equals NULL, 1 equals 1.0, texts
/// compare under the key's collation; whatever is equal hashes alike.
struct HashGroups {
    private let grouping: HashGrouping
    private let comparator: RowComparator
    private var keys: RowBatch
    /// By group.
    private var hashes: [UInt64] = []
    /// Group numbers plus one, 0: free. A power of two of places, at most half of them taken.
    private var places: [Int32]
    private let partials: [HashPartialColumn]
    /// The group of each row of the batch.
    private var groupsOfRows: [Int32] = []

    /// - Throws: `.collationAcrossShards` for a collation that Swift cannot compare with.
    init(_ grouping: HashGrouping) throws(ShardError) {
        self.grouping = grouping
        comparator = try RowComparator(keys: grouping.keys)
        keys = RowBatch(columnCount: grouping.keys.count)
        places = Array(repeating: 0, count: 256)
        var partials: [HashPartialColumn] = []
        for partial in grouping.partials { partials.append(try HashPartialColumn.column(of: partial)) }
        self.partials = partials
    }

    var count: Int { keys.rowCount }
    var columnCount: Int { grouping.keys.count + partials.count }

    /// The memory taken, roughly.
    var byteCount: Int {
        keys.byteCount + hashes.count * MemoryLayout<UInt64>.stride + places.count * MemoryLayout<Int32>.stride
            + partials.reduce(0) { $0 + $1.byteCount }
    }

    // MARK: Taking rows in

    mutating func add(_ rows: borrowing RowBatch) {
        groupsOfRows.removeAll(keepingCapacity: true)
        groupsOfRows.reserveCapacity(rows.rowCount)
        let single = grouping.keys.count == 1
        for row in 0..<rows.rowCount {
            let cell = rows[row, 0]
            let group: Int
            if single, cell.kind == .integer {
                group = self.group(ofInteger: cell.integerValue, rows, row)
            } else {
                group = self.group(hash(rows, row), rows, row)
            }
            groupsOfRows.append(Int32(truncatingIfNeeded: group))
        }
        for partial in partials { partial.add(rows, groupsOfRows, groupCount: count) }
    }

    /// The common case, one key that is an integer: compared without the general comparator.
    @inline(__always)
    private mutating func group(ofInteger key: Int64, _ rows: borrowing RowBatch, _ row: Int) -> Int {
        let hash = RowHash.integer(key)
        let mask = places.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while true {
            let entry = Int(places[place])
            if entry == 0 { return insert(hash, at: place, rows, row) }
            if hashes[entry - 1] == hash {
                let known = keys[entry - 1, 0]
                if known.kind == .integer ? known.integerValue == key : comparator.equal(rows, row, keys, entry - 1) {
                    return entry - 1
                }
            }
            place = (place + 1) & mask
        }
    }

    private mutating func group(_ hash: UInt64, _ rows: borrowing RowBatch, _ row: Int) -> Int {
        let mask = places.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while true {
            let entry = Int(places[place])
            if entry == 0 { return insert(hash, at: place, rows, row) }
            if hashes[entry - 1] == hash, comparator.equal(rows, row, keys, entry - 1) { return entry - 1 }
            place = (place + 1) & mask
        }
    }

    private mutating func insert(_ hash: UInt64, at place: Int, _ rows: borrowing RowBatch, _ row: Int) -> Int {
        keys.append(row: row, of: rows)
        hashes.append(hash)
        places[place] = Int32(truncatingIfNeeded: keys.rowCount)
        if keys.rowCount * 2 > places.count { grow() }
        return keys.rowCount - 1
    }

    private mutating func grow() {
        places = Array(repeating: 0, count: places.count * 2)
        let mask = places.count - 1
        for (group, hash) in hashes.enumerated() {
            var place = Int(truncatingIfNeeded: hash) & mask
            while places[place] != 0 { place = (place + 1) & mask }
            places[place] = Int32(truncatingIfNeeded: group + 1)
        }
    }

    private func hash(_ rows: borrowing RowBatch, _ row: Int) -> UInt64 {
        var hash: UInt64 = 0
        for key in grouping.keys { hash = RowHash.of(rows[row, key.column], in: rows, key.collation, after: hash) }
        return hash
    }

    // MARK: Giving groups out

    /// The groups in the order of their keys.
    func sorted() -> [Int32] {
        var entries = (0..<count).map {
            (prefix: comparator.sortPrefix(keys, $0), group: Int32(truncatingIfNeeded: $0))
        }
        entries.sort { a, b in
            a.prefix != b.prefix
                ? a.prefix < b.prefix : comparator.compare(keys, Int(a.group), keys, Int(b.group)) < 0
        }
        return entries.map(\.group)
    }

    /// Appends a group: its keys, then its partials.
    /// - Throws: "integer overflow", as SQLite's sum.
    func append(_ group: Int32, to output: inout RowBatch) throws(ShardError) {
        for column in 0..<keys.columnCount { output.append(keys[Int(group), column], from: keys) }
        for partial in partials {
            do throws(ShardError) {
                try partial.append(Int(group), to: &output)
            } catch {
                output.abandonRow()
                throw error
            }
        }
        output.endRow()
    }
}
