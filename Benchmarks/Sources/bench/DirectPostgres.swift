import CLibPQDirect
import Foundation

/// The baseline: what a C program does with libpq on a connection of its own, blocking, with binary parameters and results.
final class DirectPostgres: @unchecked Sendable {
    let handle: OpaquePointer

    init(_ connectionString: String) {
        guard let handle = PQconnectdb(connectionString), PQstatus(handle) == CONNECTION_OK else {
            fatalError("cannot connect")
        }
        self.handle = handle
    }

    deinit { PQfinish(handle) }

    func execute(_ sql: String) {
        let result = PQexec(handle, sql)
        let status = PQresultStatus(result)
        guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK else { fatalError(String(cString: PQerrorMessage(handle))) }
        PQclear(result)
    }

    func prepare(_ name: String, _ sql: String) { PQclear(PQprepare(handle, name, sql, 0, nil)) }

    /// A read by key: two columns.
    @inline(never) func pointRead(_ name: String, key: Int64) -> Int {
        withUnsafeBytes(of: key.bigEndian) { raw in
            var value = raw.bindMemory(to: CChar.self).baseAddress
            var length: Int32 = 8
            var format: Int32 = 1
            let result = PQexecPrepared(handle, name, 1, &value, &length, &format, 1)
            defer { PQclear(result) }
            guard PQntuples(result) == 1, let id = PQgetvalue(result, 0, 0) else { fatalError("no row") }
            return Int(Int64(bigEndian: UnsafeRawPointer(id).loadUnaligned(as: Int64.self)))
                &+ Int(PQgetlength(result, 0, 1))
        }
    }

    /// Rows one by one, each column looked at.
    @inline(never) func stream(_ sql: String) -> Int {
        guard PQsendQueryParams(handle, sql, 0, nil, nil, nil, nil, 1) != 0, PQsetSingleRowMode(handle) != 0 else {
            fatalError("send")
        }
        var sum = 0
        while let result = PQgetResult(handle) {
            if PQntuples(result) == 1 {
                for column in 0..<PQnfields(result) where PQgetvalue(result, 0, column) != nil {
                    sum &+= Int(PQgetlength(result, 0, column))
                }
            }
            PQclear(result)
        }
        return sum
    }

    /// The bytes of a COPY.
    @inline(never) func copyOut(_ sql: String) -> Int {
        PQclear(PQexec(handle, sql))
        var sum = 0
        var buffer: UnsafeMutablePointer<CChar>?
        while true {
            let length = PQgetCopyData(handle, &buffer, 0)
            if length <= 0 { break }
            sum += Int(length)
            PQfreemem(buffer)
        }
        while let result = PQgetResult(handle) { PQclear(result) }
        return sum
    }

    @inline(never) func copyIn(_ sql: String, _ pieces: [[UInt8]]) {
        PQclear(PQexec(handle, sql))
        for piece in pieces {
            piece.withUnsafeBytes {
                _ = PQputCopyData(handle, $0.bindMemory(to: CChar.self).baseAddress, Int32($0.count))
            }
        }
        _ = PQputCopyEnd(handle, nil)
        while let result = PQgetResult(handle) { PQclear(result) }
    }
}

/// Threads of a C program, each with a connection of its own, reading one key after the other.
enum ThreadedPostgres {
    /// One query on all connections at the same time, a thread each; rows are looked at and dropped.
    static func streams(_ connections: [DirectPostgres], _ sql: String) {
        let group = DispatchGroup()
        for connection in connections {
            group.enter()
            Thread.detachNewThread {
                if connection.stream(sql) < 0 { print("nothing was read") }
                group.leave()
            }
        }
        group.wait()
    }

    static func pointReads(_ connections: [DirectPostgres], _ name: String, count: Int, keys: Int) {
        let group = DispatchGroup()
        for (index, connection) in connections.enumerated() {
            group.enter()
            Thread.detachNewThread {
                var sum = 0
                for key in 0..<(count / connections.count) {
                    sum &+= connection.pointRead(name, key: Int64((index * 7919 + key) % keys))
                }
                if sum == 0 { print("nothing was read") }
                group.leave()
            }
        }
        group.wait()
    }
}
