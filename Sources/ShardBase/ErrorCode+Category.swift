extension ErrorCode {
    /// What kind of trouble the code tells of.
    public var category: Category {
        switch self {
        case .joinOffKey, .outerJoinBroadcast, .subqueryAcrossShards, .aggregateAcrossShards, .bareColumnAcrossShards,
            .windowAcrossShards, .compoundAcrossShards, .recursiveAcrossShards, .orderAcrossShards,
            .limitAcrossShards, .distinctAcrossShards, .collationAcrossShards, .writeFromAcrossShards,
            .limitedWriteAcrossShards, .conflictClauseAcrossShards, .volatileInSplitWrite, .shardKeyUpdate,
            .shardKeyMissing, .shardKeyExpression, .uniqueWithoutShardKey, .foreignKeyAcrossShards,
            .triggerAcrossShards, .implicitRowID, .offsetTooDeep, .orderNotTotal, .statementNotModelled,
            .pragmaNotModelled,
            .functionNotModelled, .alterNotModelled, .attachRefused, .ddlInTransaction, .declarationRefused,
            .viewAcrossShards, .splitTable, .reservedName, .deniedByRule:
            .refusal
        case .syntax, .nestingTooDeep, .statementTooLong, .parameters, .notFound, .alreadyExists, .engine,
            .constraint, .typeMismatch, .valueRange, .consistencyToken:
            .statement
        case .transactionState, .busy, .cancelled, .timeout, .overBudget, .readOnly, .diskFull, .corrupt,
            .inputOutput, .outOfMemory, .closed, .connectionLost, .unknownOutcome, .overloaded,
            .rateLimited, .noPrimary, .noReplica, .positionLost, .commitPending, .lockLost, .sagaCompensated,
            .sagaNeedsAttention:
            .state
        case .configuration, .foreignShard, .schemaDrift, .catalogVersion, .catalogStale, .decode, .input:
            .setup
        case .internalError:
            .defect
        }
    }
}

extension ErrorCode.Category {
    /// The heading under which the catalogue lists the category.
    public var title: String {
        switch self {
        case .refusal: "Refusals"
        case .statement: "Errors in the statement"
        case .state: "The state of things"
        case .setup: "Set-up"
        case .defect: "Defects"
        }
    }

    /// One sentence on what the codes of the category have in common.
    public var explanation: String {
        switch self {
        case .refusal:
            "The statement is valid, but answering it exactly over the shards is not provided. Nothing was done."
        case .statement: "The statement, its parameters or the data it brings are wrong, as on one plain database."
        case .state: "The statement is fine, but the database could not run it now."
        case .setup: "The configuration, the catalog, a shard file or an input is not as it should be."
        case .defect: "An invariant of ShardKit's own does not hold."
        }
    }
}
