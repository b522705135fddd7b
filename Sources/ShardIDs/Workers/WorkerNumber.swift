#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension Snowflake {
    /// The worker that an environment variable names, for ``init(worker:datacenter:after:options:)`` and
    /// ``fixed(worker:datacenter:store:label:options:)``.
    ///
    /// - Parameters:
    ///   - name: the variable's name. There is no default, and no default worker either.
    ///   - environment: where it is looked up; default: the process' own environment.
    /// - Throws: ``IDError/Code/workerMissing`` when it is not set or empty, ``IDError/Code/workerOutOfRange`` when it
    ///   is not a plain decimal number.
    public static func worker(
        fromEnvironment name: String, in environment: [String: String]? = nil
    ) throws(IDError) -> UInt64 {
        let text = environment.map { $0[name] } ?? getenv(name).map { String(cString: $0) }
        guard let text, !text.isEmpty else {
            throw IDError(
                .workerMissing, "the environment variable \(name) is not set",
                advice: "Set it to this process' own worker number; no two processes may have the same.")
        }
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), let worker = UInt64(text) else {
            throw IDError(
                .workerOutOfRange, "the environment variable \(name) is \"\(text)\"",
                advice: "Set it to a decimal number without sign or spaces.")
        }
        return worker
    }

    /// Checks that both fit the layout; a datacenter must be named if and only if the layout has bits for it.
    static func checkNode(
        datacenter: UInt64?, worker: UInt64, layout: SnowflakeLayout
    ) throws(IDError) -> UInt64 {
        guard worker <= layout.maximumWorker else {
            throw IDError(
                .workerOutOfRange, "worker \(worker) is not within 0 and \(layout.maximumWorker)",
                advice: "Choose one that is, or a layout with more worker bits.")
        }
        return try checkDatacenter(datacenter, layout: layout)
    }

    static func checkDatacenter(_ datacenter: UInt64?, layout: SnowflakeLayout) throws(IDError) -> UInt64 {
        guard layout.datacenterBits > 0 else {
            guard (datacenter ?? 0) == 0 else {
                throw IDError(
                    .workerOutOfRange, "the layout has no bits for a datacenter",
                    advice: "Leave the datacenter out, or give it bits.")
            }
            return 0
        }
        guard let datacenter else {
            throw IDError(
                .workerMissing, "no datacenter was given, and the layout has \(layout.datacenterBits) bits for it",
                advice: "Name the datacenter; there is no default.")
        }
        guard datacenter <= layout.maximumDatacenter else {
            throw IDError(
                .workerOutOfRange, "datacenter \(datacenter) is not within 0 and \(layout.maximumDatacenter)",
                advice: "Choose one that is, or a layout with more datacenter bits.")
        }
        return datacenter
    }
}
