extension TableSchema {
    /// Whether the engine can read the rows in an order in which those with equal values in some columns are neighbours,
    /// by the primary key, a UNIQUE constraint or an index. True where the indexes are not known.
    ///
    /// - Parameters:
    ///   - columns: column ordinals; one behind the last means the rowid.
    ///   - fixed: columns that have one value in all rows read.
    public func bringsTogether(_ columns: Set<Int>, fixed: Set<Int>) -> Bool {
        guard let indexes else { return true }
        if columns.contains(where: { $0 >= self.columns.count || $0 == rowIDColumn }) { return true }
        let unique = uniqueKeys + (primaryKey.isEmpty ? [] : [primaryKey])
        for (keys, isUnique) in [(unique, true), (indexes, false)] {
            for key in keys {
                let lead = key.prefix { columns.contains($0) || fixed.contains($0) }
                // A whole unique key tells all rows apart.
                if isUnique && lead.count == key.count || columns.isSubset(of: lead) { return true }
            }
        }
        return false
    }
}
