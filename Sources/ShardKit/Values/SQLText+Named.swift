public import ShardBase
import ShardSQL
public import ShardValues

extension SQLText {
    /// A statement with values by the names of its parameters: `:a`, `@a`, `$a` or just `a`, and numbers for `?1`.
    ///
    /// - Parameter engine: whose SQL it is. Default: SQLite's.
    /// - Throws: `.parameters` when a parameter has no value, or a value no parameter; `.syntax`.
    public init(_ text: String, named: [String: Value], for engine: Configuration.Engine = .sqlite) throws(ShardError) {
        let names: [String?]
        do throws(SQLSyntaxError) {
            names = try Parser.parse(text, dialect: engine.dialect).parameterNames
        } catch {
            throw error.shardError(in: text)
        }
        var used: Set<String> = []
        var values: [Value] = []
        for (index, name) in names.enumerated() {
            let spellings = name.map { [$0, String($0.dropFirst())] } ?? []
            guard let key = (spellings + ["\(index + 1)", "?\(index + 1)"]).first(where: { named[$0] != nil }),
                let value = named[key]
            else { throw ShardError(.parameters, "no value was given for parameter \(name ?? "?\(index + 1)")") }
            used.insert(key)
            values.append(value)
        }
        if let unknown = named.keys.filter({ !used.contains($0) }).min() {
            throw ShardError(.parameters, "the statement has no parameter \(unknown)")
        }
        self.init(text, values: values)
    }
}
