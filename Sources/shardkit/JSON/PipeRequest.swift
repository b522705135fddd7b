import ShardKit

/// One line of a pipe: `{"sql":"…","params":[…]}`, or `"params":{"name":…}`. Other members are ignored.
struct PipeRequest {
    var sql: String
    var values: [Value] = []
    /// Values by parameter names, where they were given so.
    var named: [String: Value]?

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
        case .object(let members):
            var values: [String: Value] = [:]
            for member in members { values[member.name] = try Value(json: member.value) }
            named = values
        case .bool, .integer, .real, .string:
            throw ShardError(.input, "\"params\" has to be a list of values, or an object of them by name")
        }
    }

    /// The statement with its values.
    func statement(for engine: Configuration.Engine) throws(ShardError) -> SQLText {
        guard let named else { return SQLText(sql, values: values) }
        return try SQLText(sql, named: named, for: engine)
    }
}
