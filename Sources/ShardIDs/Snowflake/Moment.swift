/// A point in a generator's time: how often the clock was set back too far, and milliseconds since 1970.
struct Moment: Sendable, Hashable, Comparable {
    var rollback: UInt64
    var milliseconds: Int64

    static func < (left: Self, right: Self) -> Bool {
        (left.rollback, left.milliseconds) < (right.rollback, right.milliseconds)
    }
}

extension SnowflakeLayout {
    /// The first word of a moment; outside the layout's time that of its nearest end.
    func word(_ moment: Moment) -> UInt64 {
        if moment.rollback > maximumRollback { return word(rollback: maximumRollback + 1, timestamp: 0) }
        let start = word(rollback: moment.rollback, timestamp: 0)
        guard moment.milliseconds > epoch else { return start }
        let timestamp = min(UInt64(bitPattern: moment.milliseconds &- epoch), maximumTimestamp + 1)
        return start + timestamp << UInt64(sequenceBits)
    }

    func moment(_ word: UInt64) -> Moment {
        let time = word >> UInt64(sequenceBits)
        return Moment(rollback: time >> UInt64(timestampBits), milliseconds: epoch + Int64(time & maximumTimestamp))
    }
}

extension SnowflakeOptions {
    /// The first word of a rollback value that is not issued because the timestamp bits end there.
    func endWord(rollback: UInt64) -> UInt64 {
        layout.word(Moment(rollback: rollback, milliseconds: refuseUnixMilliseconds))
    }
}
