import ShardBase
import ShardExecutor
import ShardReplicas
import Yams

extension ConfigurationReader {
    /// `replicas: [{name: r1, url: …, weight: 1, tags: {zone: eu}}]`
    func replicas() throws(ShardError) -> [Configuration.Replica] {
        var replicas: [Configuration.Replica] = []
        for element in try elements() {
            var name: String?
            var url: String?
            var weight = 1
            var tags: Set<EndpointTag> = []
            for (key, value) in try element.pairs(known: ["name", "url", "weight", "tags"]) {
                switch key {
                case "name": name = try value.text()
                case "url": url = try value.text()
                case "weight": weight = try value.weight()
                default: tags = try value.tags()
                }
            }
            guard let name else { throw element.error("a replica needs a name") }
            guard let url else { throw element.error("replica \(name) needs a url") }
            replicas.append(Configuration.Replica(name: name, url: url, weight: weight, tags: tags))
        }
        return replicas
    }

    func weight() throws(ShardError) -> Int {
        Int(try integer(Int64(Endpoint.weights.lowerBound)...Int64(Endpoint.weights.upperBound)))
    }

    /// `{zone: eu, disk: ssd}`; a key may have a list of values.
    func tags() throws(ShardError) -> Set<EndpointTag> {
        var tags: Set<EndpointTag> = []
        for (key, _, value) in try pairs() {
            if value.node.scalar != nil {
                tags.insert(EndpointTag(key, try value.text()))
            } else {
                for element in try value.elements() { tags.insert(EndpointTag(key, try element.text())) }
            }
        }
        return tags
    }

    /// Runs what reads a text, and puts the file and the line before its complaint.
    private func reading<Result>(_ body: (String) throws(ShardError) -> Result) throws(ShardError) -> Result {
        do {
            return try body(try text())
        } catch {
            throw self.error(error.message, hint: error.hint)
        }
    }

    /// The whole section.
    func reads() throws(ShardError) -> Configuration.Reads {
        var reads = Configuration.Reads()
        let known = [
            "consistency", "maxLag", "wait", "prefer", "fallback", "monotonic", "balancing", "probes", "clockSkew",
            "measurementLifetime", "breaker", "failoverWait", "statements", "queue", "onFailure", "labels",
        ]
        for (key, value) in try pairs(known: known) {
            switch key {
            case "consistency":
                reads.options.level = try value.reading { text throws(ShardError) in
                    try ConsistencyLevel(parsing: text)
                }
            case "maxLag": reads.options.maxLag = try value.duration()
            case "wait": reads.options.waitBound = try value.duration()
            case "prefer":
                var tags: [EndpointTag] = []
                for element in try value.elements() {
                    tags.append(try element.reading { text throws(ShardError) in try EndpointTag(parsing: text) })
                }
                reads.options.preference = tags
            case "fallback": reads.options.fallback = try value.choice(["primary": .primary, "fail": .fail])
            case "monotonic": reads.options.isMonotonic = try value.choice(["true": true, "false": false])
            case "balancing":
                let name = try value.text()
                guard let balancing = Configuration.Reads.balancing(named: name) else {
                    throw value.error(
                        "there is no balancing \"\(name)\"",
                        hint: "It is one of \(Configuration.Reads.balancingNames.joined(separator: ", ")).")
                }
                reads.balancing = balancing
            case "probes": reads.probes = try value.probes()
            case "clockSkew": reads.clockSkew = try value.duration()
            case "measurementLifetime": reads.measurementLifetime = try value.duration()
            case "breaker": reads.breaker = try value.breaker()
            case "failoverWait": reads.failoverWait = try value.duration()
            case "statements": reads.statements = Int(try value.integer(1...100_000))
            case "queue": reads.queue = Int(try value.integer(0...1_000_000))
            case "onFailure": reads.policy.failure = try value.failurePolicy()
            default:
                for (name, _, label) in try value.pairs() { reads.labels[name] = try label.labelPolicy() }
            }
        }
        return reads
    }

    private func choice<Choice>(_ choices: [String: Choice]) throws(ShardError) -> Choice {
        let text = try text()
        guard let choice = choices[text.lowercased()] else {
            throw error("\"\(text)\" is not one of \(choices.keys.sorted().joined(separator: ", "))")
        }
        return choice
    }

    private func probes() throws(ShardError) -> ProbeLoop.Options {
        var options = ProbeLoop.Options()
        for (key, value) in try pairs(known: ["interval", "timeout"]) {
            let time = try value.duration()
            guard time > .zero else { throw value.error("a probe's \(key) has to be longer than nothing") }
            if key == "interval" { options.interval = time } else { options.timeout = time }
        }
        return options
    }

    private func breaker() throws(ShardError) -> CircuitBreaker.Options {
        var options = CircuitBreaker.Options()
        for (key, value) in try pairs(known: ["failures", "successes", "backOff", "maxBackOff"]) {
            switch key {
            case "failures": options.failuresToOpen = Int(try value.integer(1...1000))
            case "successes": options.successesToClose = Int(try value.integer(1...1000))
            case "backOff": options.backOff.base = try value.duration()
            default: options.backOff.maximum = try value.duration()
            }
        }
        return options
    }

    private func labelPolicy() throws(ShardError) -> LabelPolicy {
        var policy = LabelPolicy()
        for (key, value) in try pairs(known: ["onFailure", "statements", "queue"]) {
            switch key {
            case "onFailure": policy.failure = try value.failurePolicy()
            case "statements": policy.limit = Int(try value.integer(1...100_000))
            default: policy.queueLimit = Int(try value.integer(0...1_000_000))
            }
        }
        return policy
    }

    /// `failFast`, `failOver`, `failOver(3)`, `hedged(50ms)`.
    private func failurePolicy() throws(ShardError) -> FailurePolicy {
        let text = try text()
        let word = text.lowercased()
        if word == "failfast" { return .failFast }
        if word == "failover" { return .standard }
        if word.hasPrefix("failover("), word.hasSuffix(")"), let attempts = Int(word.dropFirst(9).dropLast()),
            (1...10).contains(attempts)
        {
            return .failOver(attempts: attempts)
        }
        if word.hasPrefix("hedged("), word.hasSuffix(")") {
            let time = String(word.dropFirst(7).dropLast())
            for (suffix, factor) in [("ms", Int64(1)), ("s", 1000)] where time.hasSuffix(suffix) {
                if let count = Int64(time.dropLast(suffix.count)), (1...60_000).contains(count) {
                    return .hedged(after: .milliseconds(count * factor))
                }
            }
        }
        throw error(
            "there is no way \"\(text)\" to fail", hint: "It is failFast, failOver, failOver(3) or hedged(50ms).")
    }
}
