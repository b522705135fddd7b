// What a user of the library meets in its signatures comes with `import ShardKit` alone.
@_exported public import ShardBase
@_exported public import ShardIDs
@_exported public import ShardValues
@_exported public import enum ShardPlanner.Rung
@_exported public import struct ShardPlanner.PlanDescription
@_exported public import struct ShardPlanner.PlanPlace
@_exported public import struct ShardPlanner.PlanSetting
@_exported public import struct ShardPlanner.PlanStatement
@_exported public import struct ShardPlanner.PlanStep
@_exported public import struct ShardExecutor.SchemaReport
@_exported public import enum ShardExecutor.CommitMode
@_exported public import struct ShardExecutor.CommitInDoubt
@_exported public import enum ShardReplicas.BalancingPolicy
@_exported public import struct ShardReplicas.BalancingChoice
@_exported public import struct ShardReplicas.CircuitBreaker
@_exported public import enum ShardReplicas.ConsistencyLevel
@_exported public import struct ShardReplicas.EndpointTag
@_exported public import enum ShardReplicas.FailurePolicy
@_exported public import struct ShardReplicas.LabelPolicy
@_exported public import struct ShardReplicas.ProbeLoop
@_exported public import struct ShardReplicas.ReadOptions
@_exported public import struct ShardReplicas.ReadRequest
@_exported public import struct ShardReplicas.ReplicaSnapshot
@_exported public import class ShardBusiness.HeldLock
@_exported public import class ShardBusiness.NamedLocks
@_exported public import struct ShardBusiness.KeyDelivery
@_exported public import struct ShardBusiness.RetryPolicy
@_exported public import class ShardBusiness.Sagas
@_exported public import struct ShardBusiness.Saga
@_exported public import struct ShardBusiness.SagaContext
@_exported public import struct ShardBusiness.SagaFailure
@_exported public import struct ShardBusiness.SagaReport
@_exported public import struct ShardBusiness.SagaState
@_exported public import struct ShardReplicas.SlowStatement
@_exported public import struct ShardReplicas.StatementSummary
@_exported public import struct ShardReplicas.TimeHistogram
@_exported public import class ShardExecutor.StatementObserver
