/// Where one statement is told to go: `/*+ primary */` and the like, or in Swift.
public enum EndpointHint: Sendable, Hashable {
    case primary
    /// This replica and no other. Its lag and the statement's level still count: a hint chooses, it excuses nothing.
    case replica(String)
    /// A replica with the tag and no other.
    case tag(EndpointTag)
}
