import Foundation
import ShardBase
import ShardValues

/// An answer as sqllogictest shows it: texts, row by row, in the order that the record asks for.
struct ShownAnswer: Equatable {
    var columnCount: Int
    var values: [String]

    /// - Parameter types: one letter a column; further columns are shown as text.
    init(_ answer: EngineAnswer, types: [UInt8], sort: LogicRecord.Sort) {
        columnCount = answer.columns.count
        var rows = answer.rows.map { row in
            row.enumerated().map { Self.shown($1, $0 < types.count ? types[$0] : UInt8(ascii: "T")) }
        }
        switch sort {
        case .nosort: values = rows.flatMap(\.self)
        case .rowsort:
            rows.sort { $0.lexicographicallyPrecedes($1) }
            values = rows.flatMap(\.self)
        case .valuesort: values = rows.flatMap(\.self).sorted()
        }
    }

    /// Whether it is the answer that a file expects.
    func isExpected(_ expected: [String]) -> Bool {
        if let (count, hash) = Self.hashed(expected) { return count == values.count && hash == digest }
        return expected == values
    }

    /// Whether it has the same values, rows in any order.
    func hasSameRows(as other: ShownAnswer) -> Bool {
        guard columnCount == other.columnCount, values.count == other.values.count else { return false }
        return rows.sorted { $0.lexicographicallyPrecedes($1) }
            == other.rows.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// The values of one column, in order.
    func column(_ position: Int) -> [String] { rows.map { position >= 0 && position < $0.count ? $0[position] : "" } }

    private var rows: [[String]] {
        guard columnCount > 0 else { return [] }
        return stride(from: 0, to: values.count, by: columnCount).map { Array(values[$0..<($0 + columnCount)]) }
    }

    private var digest: String {
        var md5 = MD5()
        for value in values {
            md5.append(value.utf8)
            md5.append(CollectionOfOne(10))
        }
        return md5.finish()
    }

    /// `N values hashing to H`
    private static func hashed(_ expected: [String]) -> (count: Int, hash: String)? {
        guard expected.count == 1 else { return nil }
        let words = expected[0].split(separator: " ")
        guard words.count == 5, words[1] == "values", words[2] == "hashing", let count = Int(words[0]) else {
            return nil
        }
        return (count, String(words[4]))
    }

    private static func shown(_ value: Value, _ type: UInt8) -> String {
        if case .null = value { return "NULL" }
        switch type {
        case UInt8(ascii: "I"): return String(integer(value))
        case UInt8(ascii: "R"): return fixed(real(value))
        default: return text(value)
        }
    }

    private static func integer(_ value: Value) -> Int64 {
        switch value {
        case .null: return 0
        case .integer(let integer): return integer
        case .real(let real):
            if real.isNaN { return 0 }
            return real >= 0x1p63 ? .max : real < -0x1p63 ? .min : Int64(real)
        case .text, .malformedText, .blob:
            return bytes(value).withUnsafeBufferPointer { leadingInteger($0) }
        }
    }

    /// The leading digits of a text, as SQLite's `sqlite3_column_int64` reads them; 0 where there are none.
    private static func leadingInteger(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64 {
        var digits = bytes.drop { $0 == 0x20 || (9...13).contains($0) }
        var isNegative = false
        if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            digits = digits.dropFirst()
        }
        var number: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { break }
            let (product, isOver) = number.multipliedReportingOverflow(by: 10)
            let (sum, isAlsoOver) = product.subtractingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
            if isOver || isAlsoOver { return isNegative ? .min : .max }
            number = sum
        }
        return isNegative ? number : number == .min ? .max : -number
    }

    private static func real(_ value: Value) -> Double {
        switch value {
        case .null: 0
        case .integer(let integer): Double(integer)
        case .real(let real): real
        case .text, .malformedText, .blob:
            bytes(value).withUnsafeBufferPointer { SQLiteNumber.scan($0)?.real ?? 0 }
        }
    }

    /// `%.3f`, of a large number no more than 16 significant digits, as SQLite's printf has it.
    private static func fixed(_ real: Double) -> String {
        guard abs(real) >= 1e13, abs(real) < 1e300 else { return String(format: "%.3f", real) }
        let parts = String(format: "%.15e", abs(real)).split(separator: "e")
        let digits = parts[0].filter { $0 != "." }
        let places = (Int(parts[1]) ?? 0) + 1
        let whole =
            places >= digits.count
            ? digits + String(repeating: "0", count: places - digits.count) : String(digits.prefix(places))
        let fraction = (digits.dropFirst(places) + "000").prefix(3)
        return (real < 0 ? "-" : "") + whole + "." + fraction
    }

    private static func text(_ value: Value) -> String {
        let bytes = bytes(value)
        if bytes.isEmpty { return "(empty)" }
        // One @ a character: the bytes that continue one are left out.
        return String(
            decoding: bytes.filter { $0 & 0xc0 != 0x80 }.map { (0x20...0x7e).contains($0) ? $0 : UInt8(ascii: "@") },
            as: UTF8.self)
    }

    private static func bytes(_ value: Value) -> [UInt8] {
        switch value {
        case .null: []
        case .integer(let integer): Array(String(integer).utf8)
        case .real(let real): Array(SQLiteNumber.text(real).utf8)
        case .text(let text): Array(text.utf8)
        case .malformedText(let bytes), .blob(let bytes): bytes
        }
    }
}

extension ShownAnswer: CustomStringConvertible {
    var description: String {
        let head = rows.prefix(12).map { $0.joined(separator: "|") }.joined(separator: "\n")
        let count = rows.count
        return count > 12 ? head + "\n… \(count) rows" : count == 0 ? "no rows" : head
    }
}
