/// What the first words of a statement say of it, for the questions that cannot wait for the planner: may it be run again
/// after its connection broke, may it be cancelled because nobody wants its remaining rows.
///
/// Counter-example: `SELECT nextval('s')` begins like a read. Whoever runs functions with effects that way knows it; here
/// a SELECT counts as a read.
struct StatementTraits: Equatable {
    /// SELECT, VALUES, TABLE, SHOW, FETCH: rows and nothing else. A WITH may contain a write.
    var onlyReads = false
    /// SET, BEGIN, ROLLBACK and others whose effects end with the connection.
    var leavesNothing = false
    /// COMMIT, END, PREPARE TRANSACTION and the like.
    var endsTransaction = false
    /// DISCARD or DEALLOCATE: prepared statements are gone afterwards.
    var forgetsStatements = false

    init(_ sql: String) {
        var words = Words(sql)
        switch words.next() {
        case "SELECT", "VALUES", "TABLE", "SHOW", "FETCH": onlyReads = true
        case "COMMIT", "END": endsTransaction = true
        case "ROLLBACK", "ABORT":
            endsTransaction = words.next() == "PREPARED"
            leavesNothing = !endsTransaction
        case "PREPARE": endsTransaction = words.next() == "TRANSACTION"
        case "SET", "RESET", "BEGIN", "START", "SAVEPOINT", "RELEASE", "LISTEN", "UNLISTEN", "DECLARE", "CLOSE":
            leavesNothing = true
        case "DISCARD", "DEALLOCATE":
            forgetsStatements = true
            leavesNothing = true
        default: break
        }
    }

    /// Whether the statement may leave something behind.
    var mayWrite: Bool { !onlyReads && !leavesNothing }

    /// What the statements of a script are together. One with quotes is not looked into: it may do anything.
    init(script: String) {
        let mayHideSeparators = script.utf8.contains {
            $0 == UInt8(ascii: "'") || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "-")
                || $0 == UInt8(ascii: "/")
        }
        if mayHideSeparators {
            endsTransaction = true
            return
        }
        let all = script.split(separator: ";").filter { !$0.allSatisfy(\.isWhitespace) }.map {
            StatementTraits(String($0))
        }
        endsTransaction = all.contains { $0.endsTransaction }
        leavesNothing = !all.contains { $0.mayWrite }
    }

    /// The leading words in upper case; comments, blanks and opening parentheses are passed over.
    private struct Words: IteratorProtocol {
        private var rest: Substring.UTF8View

        init(_ sql: String) { rest = sql[...].utf8 }

        mutating func next() -> String? {
            skip()
            let word = rest.prefix { $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") }
            rest = rest.dropFirst(word.count)
            return word.isEmpty ? nil : Substring(word).uppercased()
        }

        private mutating func skip() {
            while let first = rest.first {
                switch first {
                case UInt8(ascii: " "), 9, 10, 11, 12, 13, UInt8(ascii: "("): rest = rest.dropFirst()
                case UInt8(ascii: "-") where rest.starts(with: "--".utf8): rest = rest.drop { $0 != 10 }
                case UInt8(ascii: "/") where rest.starts(with: "/*".utf8): skipComment()
                default: return
                }
            }
        }

        /// PostgreSQL's comments nest.
        private mutating func skipComment() {
            var depth = 0
            while !rest.isEmpty {
                if rest.starts(with: "/*".utf8) {
                    depth += 1
                    rest = rest.dropFirst(2)
                } else if rest.starts(with: "*/".utf8) {
                    depth -= 1
                    rest = rest.dropFirst(2)
                    if depth == 0 { return }
                } else {
                    rest = rest.dropFirst()
                }
            }
        }
    }
}
