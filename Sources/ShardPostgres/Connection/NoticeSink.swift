import CLibPQ
import Logging

/// Hands a connection's notices to whoever wants them.
final class NoticeSink: Sendable {
    private let handler: (@Sendable (PostgresNotice) -> Void)?
    private let logger: Logger

    init(_ configuration: PostgresConfiguration) {
        handler = configuration.onNotice
        logger = configuration.logger
    }

    /// The sink must outlive the connection.
    func attach(to connection: OpaquePointer) {
        _ = PQsetNoticeReceiver(
            connection,
            { context, result in
                guard let context, let result else { return }
                Unmanaged<NoticeSink>.fromOpaque(context).takeUnretainedValue().take(result)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func take(_ result: OpaquePointer) {
        let notice = PostgresNotice(
            severity: PostgresFailure.field(result, .severity) ?? "NOTICE",
            sqlState: PostgresFailure.field(result, .sqlState) ?? "00000",
            message: PostgresFailure.field(result, .message) ?? "", detail: PostgresFailure.field(result, .detail),
            hint: PostgresFailure.field(result, .hint))
        if let handler { return handler(notice) }
        let level: Logger.Level =
            switch notice.severity {
            case "WARNING": .warning
            case "NOTICE", "INFO": .info
            default: .debug
            }
        logger.log(level: level, "\(notice.message)", metadata: ["sqlstate": "\(notice.sqlState)"])
    }
}
