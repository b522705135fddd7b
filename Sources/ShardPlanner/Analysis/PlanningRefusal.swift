import ShardBase

/// Why a statement is not answered: becomes a ``ShardBase/ShardError`` at the planner's door.
struct PlanningRefusal: Error {
    var code: ErrorCode
    var message: String
    var hint: String?
    /// Where the engine itself would say so.
    var engineCode: String?

    init(_ code: ErrorCode, _ message: String, hint: String? = nil, engineCode: String? = nil) {
        self.engineCode = engineCode
        self.code = code
        self.message = message
        self.hint = hint
    }

    var shardError: ShardError { ShardError(code, message, hint: hint ?? code.advice, engineCode: engineCode) }
}
