import Foundation
import PlainEngine
import ShardBase
import ShardValues
import Testing

struct HashTests {
    /// Kind, key, hash, slot: vectors that a PostgreSQL server gave.
    static let vectors: [[String]] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "fixtures/hash/postgresql.tsv")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }()

    private func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal)
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }

    private func slot(_ key: [Value]) -> UInt64 {
        var hash = KeyHash()
        for value in key { hash.combine(value, collation: .binary) }
        return hash.value % 1024
    }

    @Test("hashes and slots are PostgreSQL's own")
    func agreesWithPostgreSQL() throws {
        #expect(Self.vectors.count == 264, "fixtures/hash/postgresql.tsv was not read")
        for vector in Self.vectors {
            let (kind, key, hash) = (vector[0], vector[1], UInt64(vector[2], radix: 16))
            let expected = try #require(UInt64(vector[3]))
            switch kind {
            case "integer":
                let integer = try #require(Int64(key))
                #expect(PostgreSQLHash.integer(integer) == hash, "\(vector)")
                #expect(KeyHash.ofInteger(integer) % 1024 == expected, "\(vector)")
                #expect(slot([.integer(integer)]) == expected, "\(vector)")
            case "text":
                #expect(bytes(key).withUnsafeBufferPointer { PostgreSQLHash.bytes($0) } == hash, "\(vector)")
                #expect(slot([.text(bytes: bytes(key))]) == expected, "\(vector)")
            case "blob": #expect(slot([.blob(bytes(key))]) == expected, "\(vector)")
            case "real":
                let real = Double(bitPattern: try #require(UInt64(key, radix: 16)))
                #expect(slot([.real(real)]) == expected, "\(vector)")
            case "integer+text":
                let parts = key.split(separator: ":", omittingEmptySubsequences: false)
                #expect(
                    slot([.integer(try #require(Int64(parts[0]))), .text(bytes: bytes(String(parts[1])))]) == expected)
            case "null+text": #expect(slot([.null, .text(bytes: bytes(key))]) == expected, "\(vector)")
            case "null": #expect(slot([.null]) == expected)
            default: Issue.record("a vector of unknown kind: \(vector)")
            }
        }
    }

    @Test("keys that the column's = calls equal hash alike", arguments: [Collation.binary, .nocase, .rtrim])
    func equalKeysHashAlike(collation: Collation) {
        let seed: UInt64 = 11
        let engine = PlainEngine()
        var random = RandomValues(seed: seed)
        var equalPairs = 0
        for _ in 0..<20_000 {
            let value = random.value()
            if value == .null { continue }
            var other = random.value()
            switch value {
            case .integer(let integer): other = .real(Double(integer))
            case .real(let real):
                if abs(real) < 1e18 { other = .integer(Int64(real)) }
            case .text(let text):
                other =
                    [.text(text.uppercased()), .text(text + "  "), .text(String(text.reversed())), other][
                        Int.random(in: 0..<4, using: &random.generator)]
            case .null, .blob, .malformedText: break
            }
            guard engine.isTrue("SELECT ?1 = ?2 COLLATE \(collation.name)", [value, other]) else { continue }
            equalPairs += 1
            var (a, b) = (KeyHash(), KeyHash())
            a.combine(value, collation: collation)
            b.combine(other, collation: collation)
            #expect(a == b, "seed \(seed): \(value) and \(other) under \(collation.name)")
        }
        #expect(equalPairs > 1000)
    }
}
