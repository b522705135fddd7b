import Synchronization

/// One reader of a shard, kept out of the pool for short reads: taking it and putting it back is one exchange each, where
/// the pool's lock and the counting of references take several.
///
/// The slot is vacant, holds a free reader, or its reader is out with a short read. Readers are alike, so that whose reader
/// is put back does not matter: the slot counts how many are out, at most one.
struct ReaderSlot: ~Copyable, Sendable {
    /// A free reader's address, owned; or one of the marks.
    private let content = Atomic<UInt>(0)
    private static let vacant: UInt = 0
    private static let out: UInt = 1

    /// The free reader, if there is one. It stays owned by the slot until ``leave(_:)`` or a failed ``putBack(_:)``.
    @inline(__always)
    func take() -> Unmanaged<SQLiteConnection>? {
        let address = content.load(ordering: .relaxed)
        guard address > Self.out,
            content.compareExchange(
                expected: address, desired: Self.out, successOrdering: .acquiring, failureOrdering: .relaxed
            ).exchanged, let pointer = UnsafeRawPointer(bitPattern: address)
        else { return nil }
        return Unmanaged.fromOpaque(pointer)
    }

    /// False where the reader was called away meanwhile: then it is the caller's and counts as leased.
    @inline(__always)
    func putBack(_ reader: Unmanaged<SQLiteConnection>) -> Bool {
        content.compareExchange(
            expected: Self.out, desired: UInt(bitPattern: reader.toOpaque()), successOrdering: .releasing,
            failureOrdering: .relaxed
        ).exchanged
    }

    /// The reader that is out does not come back here. False where it was called away before, and counted as leased.
    func leave() -> Bool {
        content.compareExchange(expected: Self.out, desired: Self.vacant, ordering: .acquiringAndReleasing).exchanged
    }

    /// Takes the reader away from the slot if it is free.
    func remove() -> SQLiteConnection? {
        guard let reader = take() else { return nil }
        // Nobody calls it away meanwhile: whoever does, holds the pool's lock, as the caller.
        _ = leave()
        return reader.takeRetainedValue()
    }

    enum Vacated {
        case nothing
        case free(SQLiteConnection)
        /// Called away: it comes to the pool.
        case out
    }

    /// Takes the reader away from the slot, wherever it is.
    func vacate() -> Vacated {
        let address = content.exchange(Self.vacant, ordering: .acquiringAndReleasing)
        if address == Self.out { return .out }
        guard let pointer = UnsafeRawPointer(bitPattern: address) else { return .nothing }
        return .free(Unmanaged<SQLiteConnection>.fromOpaque(pointer).takeRetainedValue())
    }

    /// Makes a free reader the slot's; false where it has one.
    func fill(_ reader: SQLiteConnection) -> Bool {
        let retained = Unmanaged.passRetained(reader)
        if content.compareExchange(
            expected: Self.vacant, desired: UInt(bitPattern: retained.toOpaque()), ordering: .acquiringAndReleasing
        ).exchanged {
            return true
        }
        retained.release()
        return false
    }

    deinit { _ = vacate() }
}
