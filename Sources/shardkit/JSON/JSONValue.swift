/// A JSON text as a tree, with numbers kept apart as SQL keeps them: `1` is an integer, `1.0` and `1e0` are reals.
enum JSONValue: Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case real(Double)
    case string(String)
    case array([JSONValue])
    /// Members in order; a name that comes twice stays twice.
    case object([Member])

    struct Member: Equatable {
        var name: String
        var value: JSONValue
    }

    /// The last member of a name, as most readers have it.
    subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }
}
