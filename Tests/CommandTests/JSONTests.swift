import ShardKit
import Testing

@testable import shardkit

struct JSONTests {
    @Test(
        "numbers keep what they are: integers stay exact, reals stay reals",
        arguments: [
            ("0", JSONValue.integer(0)), ("-0", .integer(0)), ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .real(9_223_372_036_854_775_808)),
            ("1.0", .real(1)), ("1e0", .real(1)), ("-0.0", .real(-0.0)), ("5e-324", .real(.leastNonzeroMagnitude)),
            ("0.1", .real(0.1)), ("1E+2", .real(100)),
        ])
    func numbers(text: String, value: JSONValue) throws {
        #expect(try JSONReader.read(Array(text.utf8)) == value)
    }

    @Test("strings, escapes, surrogate pairs and nested values are read")
    func strings() throws {
        let text = #" {"a" : ["x\"\\\/\b\f\n\r\té😀", true, false, null, {}], "a": 2} "#
        let value = try JSONReader.read(Array(text.utf8))
        #expect(
            value
                == .object([
                    .init(
                        name: "a",
                        value: .array([
                            .string("x\"\\/\u{8}\u{C}\n\r\té😀"), .bool(true), .bool(false), .null, .object([]),
                        ])),
                    .init(name: "a", value: .integer(2)),
                ]))
        #expect(value["a"] == .integer(2))
        #expect(try JSONReader.read(Array(#""\u00e9\ud83d\ude00""#.utf8)) == .string("é😀"))
    }

    @Test(
        "what is no JSON is an error, never a guess",
        arguments: [
            "", " ", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "01", "1.", ".5", "+1", "1e", "-", "nul", "tru", "\"a",
            "\"\n\"",
            "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "1 2", "{} x", "'a'", "NaN",
            "Infinity",
        ])
    func mistakes(text: String) {
        #expect(throws: JSONReader.Problem.self) { try JSONReader.read(Array(text.utf8)) }
    }

    @Test("deep nesting and bytes that are not UTF-8 are errors and do no harm")
    func hostile() {
        #expect(throws: JSONReader.Problem.self) {
            try JSONReader.read(Array(repeating: UInt8(ascii: "["), count: 1_000_000))
        }
        #expect(throws: JSONReader.Problem.self) { try JSONReader.read([0x22, 0xFF, 0x22]) }
    }

    @Test("random values survive writing and reading")
    func roundTrip() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let real = Double(bitPattern: UInt64.random(in: .min ... .max, using: &random))
            let integer =
                Int64(bitPattern: UInt64.random(in: .min ... .max, using: &random))
                >> Int64.random(in: 0..<63, using: &random)
            let text = String(
                String.UnicodeScalarView(
                    (0..<Int.random(in: 0..<12, using: &random)).compactMap { _ in
                        Unicode.Scalar(UInt32.random(in: 0..<0x11_0000, using: &random))
                    }))
            var writer = JSONWriter()
            writer.raw("[")
            writer.integer(integer)
            writer.raw(",")
            writer.string(text)
            if real.isFinite {
                writer.raw(",")
                writer.real(real)
            }
            writer.raw("]")
            let expected: [JSONValue] = [.integer(integer), .string(text)] + (real.isFinite ? [.real(real)] : [])
            #expect(try JSONReader.read(writer.bytes) == .array(expected), "seed \(seed)")
        }
    }

    @Test("cells are written as the contract says")
    func cells() {
        var batch = RowBatch(columnCount: 8)
        let values: [Value] = [
            .null, 7, .real(1), .real(.infinity), .real(-.infinity), .blob([0, 255]), .malformedText([0x41, 0xFF]),
            "a\"\n\u{1}é",
        ]
        for value in values { batch.append(value) }
        batch.endRow()
        var writer = JSONWriter()
        writer.row(0, of: batch)
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"[null,7,1.0,{"real":"Infinity"},{"real":"-Infinity"},{"blob":"00ff"},{"text":"41ff"},"a\"\n\u0001é"]"#
        )
    }

    @Test("parameters are values of every kind; anything else is an error")
    func parameters() throws {
        let line =
            #"{"sql":"x","params":[null,true,5,5.0,"t",{"blob":"00FF"},{"text":"ff"},{"text":"41"},{"real":"-Infinity"}]}"#
        let request = try PipeRequest(Array(line.utf8))
        #expect(
            request.values == [
                .null, 1, 5, .real(5), "t", .blob([0, 255]), .malformedText([255]), "A", .real(-.infinity),
            ])
        for bad in ["[[1]]", "[{}]", "[{\"blob\":\"0\"}]", "[{\"blob\":1}]", "[{\"real\":\"NaN\"}]", "{\"a\":[]}", "5"]
        {
            let error = try #require(throws: ShardError.self) {
                try PipeRequest(Array("{\"sql\":\"x\",\"params\":\(bad)}".utf8))
            }
            #expect(error.code == .input, "\(bad)")
        }
    }
}
