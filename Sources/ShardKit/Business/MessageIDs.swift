import ShardIDs

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Names of messages and sagas: they grow with time, so that indexes over them grow at their end.
enum MessageIDs {
    private static let generator = UUIDv7Generator()

    static func next() -> String {
        // A clock before 1970 or after 10889 needs no order.
        (try? generator.next().description) ?? UUID().uuidString.lowercased()
    }
}
