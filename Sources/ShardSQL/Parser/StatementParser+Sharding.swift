/// ShardKit's own syntax: how a table is sharded.
extension StatementParser {
    /// `SHARD BY …`, `BROADCAST` or `SINGLE [ON shard]`, then or alone `COLD (…)`; nil where none begins.
    mutating func shardingClauseIfPresent() throws(SQLSyntaxError) -> ShardingClause? {
        let start = token.start
        let kind: ShardingClause.Kind
        if take(word: "broadcast") {
            kind = .broadcast
        } else if take(word: "single") {
            kind = .single(on: take(.on) ? try name("a shard's name") : nil)
        } else if at(word: "shard"), peek().keyword == .by {
            advance()
            advance()
            kind = .sharded(try sharded())
        } else if at(word: "cold") {
            kind = .byDefault
        } else {
            return nil
        }
        let cold = try coldColumns()
        return ShardingClause(kind, cold: cold, range: range(from: start))
    }

    /// A clause alone, `SHARD BY` before the method may be left out.
    mutating func shardingClauseAlone() throws(SQLSyntaxError) -> ShardingClause {
        let start = token.start
        if let clause = try shardingClauseIfPresent() { return clause }
        let sharded = try sharded()
        let cold = try coldColumns()
        return ShardingClause(.sharded(sharded), cold: cold, range: range(from: start))
    }

    /// `COLD (bio, photo)`
    private mutating func coldColumns() throws(SQLSyntaxError) -> [Identifier] {
        guard take(word: "cold") else { return [] }
        try expect(.leftParenthesis, "\"(\" and the cold columns")
        var columns: [Identifier] = []
        repeat { columns.append(try name("a column's name")) } while take(.comma)
        try expect(.rightParenthesis, "\",\" or \")\"")
        return columns
    }

    private mutating func sharded() throws(SQLSyntaxError) -> ShardingClause.Sharded {
        guard at(.word), let method = ShardingClause.Method(rawValue: text(of: token).uppercased()) else {
            throw unexpected("HASH, MOD, RANGE, LIST, INTERVAL, DIRECTORY or HINT")
        }
        advance()
        var sharded = ShardingClause.Sharded(method: method, columns: [])
        if method != .hint {
            try expect(.leftParenthesis, "\"(\" and the key's columns")
            if at(.primary, .key) {
                let range = SourceRange(token.start, peek().end)
                advance()
                advance()
                sharded.columns = [Identifier("primary key", range: range)]
            } else {
                repeat {
                    if method == .interval, !sharded.columns.isEmpty, startsLastStep() {
                        sharded.step = try step()
                        break
                    }
                    sharded.columns.append(try name("a column's name"))
                } while take(.comma)
            }
            try expect(.rightParenthesis, "\",\" or \")\"")
        }
        try shardedOptions(&sharded)
        return sharded
    }

    private mutating func shardedOptions(_ sharded: inout ShardingClause.Sharded) throws(SQLSyntaxError) {
        while true {
            if sharded.step == nil, sharded.method == .interval, take(word: "every") || take(word: "step") {
                sharded.step = try step()
            } else if sharded.step == nil, sharded.method == .interval, isStepUnit(token) || at(Token.Kind.integer) {
                sharded.step = try step()
            } else if sharded.partitions.isEmpty, at(.leftParenthesis) {
                advance()
                repeat { sharded.partitions.append(try partition(sharded.method)) } while take(.comma)
                try expect(.rightParenthesis, "\",\" or \")\"")
            } else if sharded.partitionCount == nil, take(.into) {
                sharded.partitionCount = try positiveInteger("the number of partitions")
                try expect(word: "partitions")
            } else if sharded.colocateWith == nil, take(word: "colocate") {
                try expect(.with)
                sharded.colocateWith = try objectName("a table's name")
            } else if sharded.shards.isEmpty, take(.on) {
                repeat { sharded.shards.append(try name("a shard's name")) } while take(.comma)
            } else {
                return
            }
        }
    }

    /// A step as the last thing in the key's parentheses: `(created, 3 MONTH)`, `(created, MONTH)`.
    private func startsLastStep() -> Bool {
        at(Token.Kind.integer) || isStepUnit(token) && peek().kind == .rightParenthesis
    }

    private func isStepUnit(_ token: Token) -> Bool {
        guard token.kind == .word else { return false }
        return Self.stepUnits.contains(text(of: token).uppercased())
    }

    private static let stepUnits: Set<String> = ["HOUR", "DAY", "WEEK", "MONTH", "YEAR"]

    /// `MONTH`, `3 MONTH`
    private mutating func step() throws(SQLSyntaxError) -> (count: Int, unit: String) {
        let count = at(Token.Kind.integer) ? try positiveInteger("a number") : 1
        guard at(.word) else { throw unexpected("HOUR, DAY, WEEK, MONTH or YEAR") }
        var unit = text(of: token).uppercased()
        if unit.hasSuffix("S") { unit.removeLast() }
        guard Self.stepUnits.contains(unit) else { throw unexpected("HOUR, DAY, WEEK, MONTH or YEAR") }
        advance()
        return (count, unit)
    }

    private mutating func positiveInteger(_ what: StaticString) throws(SQLSyntaxError) -> Int {
        guard at(Token.Kind.integer), let number = Int(text(of: token)), number > 0, number <= 1_000_000 else {
            throw unexpected(what)
        }
        advance()
        return number
    }

    private mutating func partition(
        _ method: ShardingClause.Method
    ) throws(SQLSyntaxError) -> ShardingClause.PartitionDefinition {
        guard take(.partition) else {
            throw unexpected(expecting: method.partitionsExample.map { "PARTITION, as in \($0)," } ?? "PARTITION")
        }
        let name = try name("a partition's name")
        let bound: ShardingClause.PartitionDefinition.Bound
        if take(.default) {
            bound = .default
        } else if take(word: "starting") {
            bound = .starting(try expression())
        } else {
            try expect(.values)
            if take(.default) {
                bound = .default
            } else if take(.in) {
                bound = .list(try expressionListInParentheses())
            } else {
                try expect(word: "less")
                try expect(word: "than")
                bound = .lessThan(try upperBounds())
            }
        }
        let shard: Identifier? = take(.on) ? try self.name("a shard's name") : nil
        return ShardingClause.PartitionDefinition(name: name, bound: bound, shard: shard)
    }

    /// `(10)`, `(10, MAXVALUE)`, `MAXVALUE`; nil elements are MAXVALUE.
    private mutating func upperBounds() throws(SQLSyntaxError) -> [Expression?] {
        if take(word: "maxvalue") { return [nil] }
        try expect(.leftParenthesis, "\"(\" or MAXVALUE")
        var bounds: [Expression?] = []
        repeat {
            if take(word: "maxvalue") { bounds.append(nil) } else { bounds.append(try expression()) }
        } while take(.comma)
        try expect(.rightParenthesis, "\",\" or \")\"")
        return bounds
    }
}
