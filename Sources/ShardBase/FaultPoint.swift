/// The places where a test can make things go wrong: each stands at a step whose loss must be survived.
///
/// A new point is a new case here and one ``FaultPoints/hit(_:)`` in the code.
public enum FaultPoint: String, Sendable, Hashable, CaseIterable {
    /// Before a definition runs on a shard (once per shard).
    case ddlBeforeShard = "ddl-before-shard"
    /// After a definition was committed on a shard (once per shard).
    case ddlAfterShard = "ddl-after-shard"
    /// All shards have the definition, the catalog does not know it yet.
    case ddlBeforeCatalog = "ddl-before-catalog"
    /// The catalog has the definition, its journal row is gone.
    case ddlAfterCatalog = "ddl-after-catalog"
    /// The row logs of an atomic commit are made, nothing is written of them.
    case commitBeforePrepare = "commit-before-prepare"
    /// An atomic commit is announced to the other processes, nobody has committed.
    case commitAnnounced = "commit-announced"
    /// Recovery has applied a decision to a shard and not committed it.
    case recoveryApplied = "recovery-applied"
    /// Recovery has applied a decision everywhere and not retired it.
    case recoveryBeforeRetiring = "recovery-before-retiring"
    /// A transaction over several shards is complete, no shard has committed.
    case commitBeforeFirst = "commit-before-first"
    /// Between two shards' commits (once per gap).
    case commitBetweenShards = "commit-between-shards"
    /// All shards have committed, the caller does not know yet.
    case commitAfterLast = "commit-after-last"
    /// A block of key numbers is reserved in the catalog, none was used.
    case sequenceAfterReserve = "sequence-after-reserve"
    /// The catalog's epoch has grown, the epoch page does not show it.
    case catalogAfterEpoch = "catalog-after-epoch"
    /// A named lock is about to be granted, nothing is committed of it.
    case lockBeforeGrant = "lock-before-grant"
    /// A named lock is granted, its owner does not know yet.
    case lockAfterGrant = "lock-after-grant"
    /// The lease of a named lock is about to be renewed.
    case lockBeforeRenewal = "lock-before-renewal"
    /// The work under a named lock is done, the lock is not released.
    case lockBeforeRelease = "lock-before-release"
    /// A message is about to be handed to its handler.
    case outboxBeforeHandling = "outbox-before-handling"
    /// Handlers have had messages, nobody has written that down.
    case outboxAfterHandling = "outbox-after-handling"
    /// Messages are written down as delivered.
    case outboxAfterRemoving = "outbox-after-removing"
    /// A message that failed too often is about to become a dead letter.
    case outboxBeforeBurial = "outbox-before-burial"
    /// A saga is stored, none of its steps was run.
    case sagaAfterStart = "saga-after-start"
    /// It is written down that a step of a saga is about to run; it has not.
    case sagaBeforeStep = "saga-before-step"
    /// A step of a saga has run, nobody has written that down.
    case sagaAfterStep = "saga-after-step"
    /// It is written down that a step is about to be compensated; it is not.
    case sagaBeforeCompensation = "saga-before-compensation"
    /// A step is compensated, nobody has written that down.
    case sagaAfterCompensation = "saga-after-compensation"
}
