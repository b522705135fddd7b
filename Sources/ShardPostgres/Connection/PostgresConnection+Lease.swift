import CLibPQ
public import ShardBackend
import ShardBase

/// What happens to a connection between two owners.
extension PostgresConnection {
    public func forgetStatements() { statements.forgetAll() }

    /// Nothing is left of its last owner.
    var isClean: Bool {
        stream == nil && !hasLeftovers && !isCopying && pendingBegin == nil
            && PQtransactionStatus(handle) == PQTRANS_IDLE
    }

    /// Whether an idle connection is still there: a server that has gone leaves a readable socket behind.
    var isAlive: Bool {
        guard isOpen else { return false }
        switch watch.news {
        case .none: return true
        case .broken: markBroken()
        case .readable:
            // The first look may find the server's last words, the second the end.
            if PQconsumeInput(handle) == 0 || PQconsumeInput(handle) == 0 { markBroken() }
        }
        return isOpen
    }

    /// Drops unread rows and rolls an open transaction back. A connection that cannot be cleaned is closed.
    func clean() async {
        // An owner that left in the middle of a COPY left data that nobody can complete.
        if isCopying { return close() }
        stream?.close()
        pendingBegin = nil
        do {
            if hasLeftovers { try await dropLeftovers() }
            if isInTransaction { try await executeScript("ROLLBACK") }
        } catch {
            close()
        }
    }

    /// Makes the connection's settings those of a session: `SET` for what differs, `RESET` for what is the default again.
    public func carry(_ wanted: SessionSettings) async throws {
        if settings == wanted { return }
        var texts: [String] = []
        for name in Set(settings.values.keys).union(wanted.values.keys).sorted()
        where settings.values[name] != wanted.values[name] {
            let quoted = "\"" + name.split(separator: ".").joined(separator: "\".\"") + "\""
            texts.append(wanted.values[name].map { "SET \(quoted) = \($0)" } ?? "RESET \(quoted)")
        }
        try await executeScript(texts.joined(separator: "; "))
        settings = wanted
    }
}
