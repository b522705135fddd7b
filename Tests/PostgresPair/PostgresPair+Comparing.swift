public import ShardKit

extension PostgresPair {
    /// How a statement went on both.
    public enum Verdict: Sendable, Equatable {
        /// The same rows, or the same error.
        case right
        /// ShardKit said no, with a code; the plain database may have changed its rows.
        case refused(String)
        /// Anything else: what differs.
        case wrong(String)
    }

    /// Runs a statement on both and compares. What the sharded database refuses is not run on the plain one.
    ///
    /// - Parameter isOrdered: rows have to come in the same order.
    public func compare(
        _ sql: String, _ values: [Value] = [], isOrdered: Bool, in session: DatabaseSession
    ) async -> Verdict {
        var sharded: Result<(PlainPostgres.Answer), any Error>
        do {
            let result = try await session.run(SQLText(sql, values: values))
            var rows: [[Value]] = []
            if let given = result.rows { for try await row in given { rows.append(row.values) } }
            sharded = .success(.init(columns: result.header.names, rows: rows, changes: result.changes))
        } catch {
            if let error = error as? ShardError, error.isRefusal {
                return .refused("\(error.code.rawValue): \(error.message)")
            }
            sharded = .failure(error)
        }
        let plain: Result<PlainPostgres.Answer, any Error>
        do {
            plain = .success(try await self.plain.run(sql, values))
        } catch {
            plain = .failure(error)
        }
        switch (sharded, plain) {
        case (.success(let own), .success(let right)):
            guard own.columns == right.columns else { return .wrong("columns \(own.columns), not \(right.columns)") }
            let same = Self.texts(own.rows, isOrdered) == Self.texts(right.rows, isOrdered)
            guard same else { return .wrong("rows \(Self.shown(own.rows)), not \(Self.shown(right.rows))") }
            let reads = !right.columns.isEmpty && right.changes == Int64(right.rows.count)
            guard reads || own.changes == right.changes else {
                return .wrong("\(own.changes) changes, not \(right.changes)")
            }
            return .right
        case (.failure(let own), .failure(let right)):
            let codes = [own, right].map { ($0 as? ShardError)?.engineCode ?? "none" }
            return codes[0] == codes[1] ? .right : .wrong("error \(own), not \(right)")
        case (.failure(let own), .success): return .wrong("error \(own), and the plain database answers")
        case (.success(let own), .failure(let right)):
            return .wrong("\(Self.shown(own.rows)), and the plain database says: \(right)")
        }
    }

    /// As texts: a value that is not a number equals itself there.
    private static func texts(_ rows: [[Value]], _ isOrdered: Bool) -> [String] {
        let texts = rows.map { "\($0)" }
        return isOrdered ? texts : texts.sorted()
    }

    private static func shown(_ rows: [[Value]]) -> String {
        let shown = rows.prefix(12).map { "\($0)" }.joined(separator: "; ")
        return rows.count > 12 ? "\(shown); … (\(rows.count) rows)" : shown
    }
}
