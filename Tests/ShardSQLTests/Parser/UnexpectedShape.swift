/// A tree that is not what a test looks for.
struct UnexpectedShape: Error {
    var found: String
    init(_ found: String) { self.found = found }
}
