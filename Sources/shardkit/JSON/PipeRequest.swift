import ShardKit

/// One line of a pipe: `{"sql":"…","params":[…]}`. Other members are ignored.
struct PipeRequest {
    var sql: String
    var values: [Value] = []

    /// - Throws: ``ShardError`` with code `.input` that says what is wrong with the line.
    init(_ line: [UInt8]) throws(ShardError) {
        let json: JSONValue
        do throws(JSONReader.Problem) {
            json = try JSONReader.read(line)
        } catch {
            throw ShardError(
                .input, "the line is not JSON: \(error.message) (byte \(error.offset + 1))",
                hint: "Each line is one object: {\"sql\":\"SELECT 1\",\"params\":[]}")
        }
        guard case .string(let sql) = json["sql"] else {
            throw ShardError(
                .input, "the line has no member \"sql\" that is a text",
                hint: "Each line is one object: {\"sql\":\"SELECT 1\",\"params\":[]}")
        }
        self.sql = sql
        switch json["params"] {
        case nil, .null: break
        case .array(let elements):
            values.reserveCapacity(elements.count)
            for element in elements { values.append(try Value(json: element)) }
        case .bool, .integer, .real, .string, .object: throw ShardError(.input, "\"params\" has to be a list of values")
        }
    }
}
