import ShardBase
public import ShardExecutor
import ShardSQL

extension Configuration {
    /// What is watched of statements.
    ///
    /// ```yaml
    /// observe: {statements: true, slow: 500ms, traces: true, metrics: true}
    /// ```
    public typealias Observe = StatementObserver.Options

    /// What is watched where the configuration says nothing: everything but slow statements over servers, and nothing over files,
    /// whose reads take less than watching them does.
    static func observesByDefault(_ engine: Engine) -> Observe? { engine == .postgresql ? Observe() : nil }

    /// Who watches the statements of an opened database.
    var observer: StatementObserver? {
        (observe ?? Self.observesByDefault(engine)).flatMap { options in
            guard options.countsStatements || options.slowerThan != nil || options.traces || options.measures else {
                return nil
            }
            return StatementObserver(options, dialect: engine == .postgresql ? .postgresql : .sqlite)
        }
    }
}

extension ConfigurationReader {
    func observe() throws(ShardError) -> Configuration.Observe {
        var options = Configuration.Observe()
        for (key, value) in try pairs(known: ["statements", "slow", "traces", "metrics"]) {
            switch key {
            case "slow": options.slowerThan = try value.duration()
            case "statements": options.countsStatements = try value.flag()
            case "traces": options.traces = try value.flag()
            default: options.measures = try value.flag()
            }
        }
        return options
    }

    private func flag() throws(ShardError) -> Bool {
        switch try text().lowercased() {
        case "true", "on", "yes": return true
        case "false", "off", "no": return false
        default: throw error("it has to be true or false, not \"\(try text())\"")
        }
    }
}
