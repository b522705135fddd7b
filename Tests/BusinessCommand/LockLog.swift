/// What holders of one lock wrote down: `held TOKEN HOLDER TIME`, the time of the machine's monotonic clock in nanoseconds, read
/// *before* the holder found that it held the lock. So it held the lock at that time, however long it was stopped afterwards.
///
/// A lock is never held by two at once exactly when, whoever has the greater token, has all its times after those of who has the
/// smaller one.
struct LockLog {
    private(set) var faults: [String] = []
    private(set) var holders = 0

    init(lines: [String]) {
        struct Term {
            var holder: String
            var first: UInt64
            var last: UInt64
        }
        var terms: [Int64: Term] = [:]
        for line in lines {
            let words = line.split(separator: " ")
            guard words.count == 4, words[0] == "held" else { continue }
            guard let token = Int64(words[1]), let time = UInt64(words[3]) else {
                faults.append("a line that says nothing: \(line)")
                continue
            }
            let holder = String(words[2])
            var term = terms[token] ?? Term(holder: holder, first: time, last: time)
            if term.holder != holder { faults.append("\(holder) and \(term.holder) both had token \(token)") }
            term.first = min(term.first, time)
            term.last = max(term.last, time)
            terms[token] = term
        }
        holders = terms.count
        var before: (token: Int64, last: UInt64)?
        for (token, term) in terms.sorted(by: { $0.key < $1.key }) {
            if let before, before.last > term.first {
                faults.append(
                    "token \(token) was held \(before.last - term.first) ns before \(before.token) was given up")
            }
            before = (token, max(term.last, before?.last ?? 0))
        }
    }
}
