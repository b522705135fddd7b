import CLibPQ
import ShardBackend
import ShardValues

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One statement prepared on the server for one connection.
final class PreparedStatement {
    /// By what it is looked up: the text and the types that the caller gave.
    struct Key: Hashable {
        var sql: String
        var types: [PostgresType]
    }

    let key: Key
    /// The ``ShardBackend/ShardStatement/id`` it was last asked for with, for a look-up without hashing.
    var id: UInt64
    /// The server's name for it, as C takes it: making a C string of a String at each run would allocate.
    let name: UnsafeMutablePointer<CChar>
    /// As the server understood them.
    let parameterTypes: [PostgresType]
    let columns: [ResultColumn]
    let readers: [CellReader]
    /// Its rows come in binary form: every column has a decoder (libpq asks for one form for all columns).
    let isBinary: Bool
    let traits: StatementTraits
    var lastUse: UInt64 = 0

    /// - Parameter description: the server's answer to Describe.
    init(
        key: Key, id: UInt64, name: String, traits: StatementTraits, prefersTexts: Bool, description: OpaquePointer
    ) {
        self.key = key
        self.id = id
        self.name = name.withCString { strdup($0) }
        self.traits = traits
        parameterTypes = (0..<PQnparams(description)).map { PostgresType(PQparamtype(description, $0)) }
        let count = PQnfields(description)
        let types = (0..<count).map { PostgresType(PQftype(description, $0)) }
        let isBinary = types.allSatisfy { prefersTexts ? $0.isPlainInBinary : $0.hasBinaryDecoder }
        self.isBinary = isBinary
        columns = Self.columns(of: description, isBinary: isBinary)
        readers = types.map { CellReader($0, isBinary: isBinary) }
    }

    deinit { free(name) }

    /// The header of a result.
    /// - Parameter isBinary: nil: as the result says.
    static func columns(of result: OpaquePointer, isBinary: Bool? = nil) -> [ResultColumn] {
        (0..<PQnfields(result)).map { index in
            ResultColumn(
                name: PQfname(result, index).map { String(cString: $0) } ?? "",
                wire: WireColumn(
                    typeID: PQftype(result, index), typeModifier: PQfmod(result, index),
                    isBinary: isBinary ?? (PQfformat(result, index) == 1), tableID: PQftable(result, index),
                    tableColumn: PQftablecol(result, index)))
        }
    }

    /// Copies a result's rows into the batch.
    @inline(__always)
    static func copy(_ result: OpaquePointer, _ readers: [CellReader], into batch: inout RowBatch) {
        let rows = PQntuples(result)
        var row: Int32 = 0
        while row < rows {
            for column in readers.indices {
                let length = Int(PQgetlength(result, row, Int32(column)))
                if length == 0 && PQgetisnull(result, row, Int32(column)) != 0 {
                    batch.appendNull()
                    continue
                }
                let start = UnsafeRawPointer(PQgetvalue(result, row, Int32(column)))
                readers[column].read(
                    UnsafeBufferPointer(start: start?.assumingMemoryBound(to: UInt8.self), count: length), into: &batch)
            }
            batch.endRow()
            row += 1
        }
    }
}
