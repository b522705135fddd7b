import PostgresServer
import ShardBackend
import ShardBase
import ShardPostgres
import ShardValues
import Testing

/// A type, its name in SQL, and random values of it.
struct TypeCase: Sendable, CustomTestStringConvertible {
    var name: String
    var type: PostgresType
    var make: @Sendable (inout SeededGenerator) -> PostgresValue
    var testDescription: String { name }
}

enum TypeCases {
    static let scalars: [TypeCase] = [
        TypeCase(name: "bool", type: .bool) { .bool(.random(using: &$0)) },
        TypeCase(name: "int2", type: .int2) { .int2(.random(in: .min ... .max, using: &$0)) },
        TypeCase(name: "int4", type: .int4) { .int4(.random(in: .min ... .max, using: &$0)) },
        TypeCase(name: "int8", type: .int8) { .int8(.random(in: .min ... .max, using: &$0)) },
        TypeCase(name: "oid", type: .oid) { .oid(.random(in: .min ... .max, using: &$0)) },
        TypeCase(name: "float4", type: .float4) { .float4(RandomValues.float(&$0)) },
        TypeCase(name: "float8", type: .float8) { .float8(RandomValues.double(&$0)) },
        TypeCase(name: "numeric", type: .numeric) { .numeric(RandomValues.numeric(&$0)) },
        TypeCase(name: "text", type: .text) { .text(RandomValues.text(&$0)) },
        TypeCase(name: "varchar", type: .varchar) { .text(RandomValues.text(&$0)) },
        TypeCase(name: "bytea", type: .bytea) { .bytea(RandomValues.bytes(&$0)) },
        TypeCase(name: "uuid", type: .uuid) { .uuid(PostgresUUID(high: $0.next(), low: $0.next())) },
        TypeCase(name: "date", type: .date) { .date(RandomValues.date(&$0)) },
        TypeCase(name: "time", type: .time) {
            .time(PostgresTime(microseconds: .random(in: 0...86_400_000_000, using: &$0)))
        },
        TypeCase(name: "timetz", type: .timetz) {
            .timetz(
                PostgresTimeTZ(
                    microseconds: .random(in: 0..<86_400_000_000, using: &$0),
                    secondsWest: .random(in: -57_599...57_599, using: &$0)))
        },
        TypeCase(name: "timestamp", type: .timestamp) { .timestamp(RandomValues.timestamp(&$0)) },
        TypeCase(name: "timestamptz", type: .timestamptz) { .timestamptz(RandomValues.timestamp(&$0)) },
        TypeCase(name: "interval", type: .interval) { .interval(RandomValues.interval(&$0)) },
        TypeCase(name: "json", type: .json) { .json(RandomValues.json(&$0, spaced: false)) },
        TypeCase(name: "jsonb", type: .jsonb) { .jsonb(RandomValues.json(&$0, spaced: true)) },
        TypeCase(name: "inet", type: .inet) { .other(.inet, RandomValues.address(&$0)) },
        TypeCase(name: "macaddr", type: .macaddr) { .other(.macaddr, RandomValues.hardware(6, &$0)) },
        TypeCase(name: "macaddr8", type: .macaddr8) { .other(.macaddr8, RandomValues.hardware(8, &$0)) },
        TypeCase(name: "varbit", type: .varbit) { .other(.varbit, RandomValues.bits(&$0)) },
        TypeCase(name: "pg_lsn", type: .pgLSN) {
            .other(
                .pgLSN,
                String(UInt32($0.next() >> 32), radix: 16, uppercase: true) + "/"
                    + String(UInt32($0.next() >> 32), radix: 16, uppercase: true))
        },
        TypeCase(name: "tid", type: .tid) { .other(.tid, "(\(UInt32($0.next() >> 32)),\(UInt16($0.next() >> 48)))") },
        TypeCase(name: "xid8", type: .xid8) { .other(.xid8, $0.next().description) },
        TypeCase(name: "xid", type: .xid) { .other(.xid, UInt32($0.next() >> 32).description) },
    ]
}

/// Values go to a real server and come back the same, in both forms, and are written as the server writes them.
@Suite(.enabled(if: PostgresInstallation.shouldTest), .timeLimit(.minutes(10)))
struct TypeTests {
    /// What the server understood (its own text of the parameter), and the value in both forms of a result.
    private func check(_ value: PostgresValue, _ type: TypeCase, _ connection: PostgresConnection, _ seed: UInt64)
        async throws
    {
        let row = try await connection.rows(
            "SELECT $1::\(type.name) AS value, CASE WHEN $1 IS NOT NULL THEN format('%s', $1::\(type.name)) END AS shown",
            [value], types: [type.type])[0]
        #expect(row[0] == value, "binary result, seed \(seed)")
        #expect(row[1] == value.text.map { .text($0) } ?? .null, "the server's text, seed \(seed)")
        // A column without a binary decoder makes the whole answer text.
        let texts = try await connection.rows(
            "SELECT $1::\(type.name) AS value, '(1,2)'::point AS other", [value], types: [type.type])[0]
        #expect(texts[0] == value, "text result, seed \(seed)")
        // The parameter as a text, as a literal is.
        if let text = value.text {
            let read = try await connection.value("SELECT $1::text::\(type.name)", [.text(text)])
            #expect(read == value, "from text, seed \(seed)")
        }
    }

    @Test("scalars make the round trip in binary and in text", arguments: TypeCases.scalars)
    func scalars(type: TypeCase) async throws {
        let connection = try await connect { $0.parameters["options"] = "-c timezone=UTC" }
        var generator = SeededGenerator(seed: 20_261_123)
        for _ in 0..<120 {
            let seed = generator.next()
            var own = SeededGenerator(seed: seed)
            try await check(type.make(&own), type, connection, seed)
        }
        try await check(.null, type, connection, 0)
    }

    @Test(
        "arrays of every scalar make the round trip: dimensions, lower bounds, NULLs",
        arguments: TypeCases.scalars.filter { $0.type.array != nil })
    func arrays(type: TypeCase) async throws {
        let connection = try await connect { $0.parameters["options"] = "-c timezone=UTC" }
        let array = TypeCase(name: type.name + "[]", type: try #require(type.type.array)) { _ in .null }
        // varchar and text elements are told apart by the array's type alone.
        for seed in UInt64(1)...25 {
            var generator = SeededGenerator(seed: seed)
            let dimensions = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                PostgresArray.Dimension(
                    count: .random(in: 1...3, using: &generator), lowerBound: .random(in: -1...2, using: &generator))
            }
            let count = dimensions.reduce(1) { $0 * $1.count }
            let elements = (0..<count).map { _ in
                Int.random(in: 0..<5, using: &generator) == 0 ? PostgresValue.null : type.make(&generator)
            }
            let value = PostgresArray(of: type.type, dimensions: dimensions, elements: elements)
            try await check(.array(value), array, connection, seed)
        }
        try await check(.array(PostgresArray(of: type.type, [])), array, connection, 0)
    }

    @Test("the ends of ranges and special values")
    func ends() async throws {
        let connection = try await connect { $0.parameters["options"] = "-c timezone=UTC" }
        let values: [(String, PostgresType, PostgresValue)] = [
            ("float8", .float8, .float8(.nan)), ("float8", .float8, .float8(-.infinity)),
            ("float8", .float8, .float8(-0.0)),
            ("float8", .float8, .float8(.leastNonzeroMagnitude)), ("float8", .float8, .float8(1e15)),
            ("float8", .float8, .float8(1e14)), ("float8", .float8, .float8(0.0001)),
            ("float8", .float8, .float8(0.00001)),
            ("float4", .float4, .float4(123_456)), ("float4", .float4, .float4(1_234_567)),
            ("numeric", .numeric, .numeric(.notANumber)), ("numeric", .numeric, .numeric(.infinity)),
            ("numeric", .numeric, .numeric(try #require(PostgresNumeric("-0.000")))),
            ("numeric", .numeric, .numeric(try #require(PostgresNumeric("1e-100")))),
            ("numeric", .numeric, .numeric(PostgresNumeric(.min))),
            ("date", .date, .date(.infinity)), ("date", .date, .date(.negativeInfinity)),
            ("date", .date, .date(PostgresDate(year: -4712, month: 1, day: 1))),
            ("date", .date, .date(PostgresDate(year: 12_024, month: 2, day: 29))),
            ("timestamp", .timestamp, .timestamp(.infinity)),
            ("timestamptz", .timestamptz, .timestamptz(.negativeInfinity)),
            ("time", .time, .time(PostgresTime(microseconds: 86_400_000_000))),
            ("interval", .interval, .interval(PostgresInterval())),
            ("interval", .interval, .interval(PostgresInterval(months: .max, days: .min, microseconds: -1))),
            ("text", .text, .text("")), ("bytea", .bytea, .bytea([])),
        ]
        for (name, type, value) in values {
            try await check(value, TypeCase(name: name, type: type) { _ in value }, connection, 0)
        }
    }

    @Test("enums and domains are read as text and as what they stand on; unknown types are passed through untouched")
    func others() async throws {
        let connection = try await connect()
        try await connection.executeScript(
            """
            CREATE TYPE pg_temp.mood AS ENUM ('sad', 'ok', 'happy');
            CREATE DOMAIN pg_temp.positive AS int4 CHECK (VALUE > 0);
            CREATE TEMP TABLE moods (m pg_temp.mood, p pg_temp.positive, r int4range, g point);
            """)
        let sent = ShardStatement("INSERT INTO moods VALUES ($1, $2, $3, $4)")
        _ = try await connection.execute(
            sent, parameters: [.text("happy"), .int4(7), .text("[1,5)"), .text("(1.5,2)")])
        let row = try await connection.rows("SELECT * FROM moods")[0]
        guard case .other(let type, "happy") = row[0] else { return #expect(Bool(false), "\(row[0])") }
        #expect(type.rawValue >= 16_384)
        #expect(row[1] == .int4(7))
        #expect(row[2] == .other(PostgresType(3904), "[1,5)"))
        #expect(row[3] == .other(.point, "(1.5,2)"))
        // And back again as they came.
        _ = try await connection.execute(sent, parameters: row)
        #expect(
            try await connection.value(
                "SELECT count(*) FROM (SELECT m::text, p, r, g::text FROM moods GROUP BY 1, 2, 3, 4) AS x") == .int8(1))
        let failed = await failure { _ = try await connection.execute(sent, parameters: [.text("angry")]) }
        #expect(failed?.engineCode == "22P02")
    }

    @Test("the values of other rooms are bound as the server understands the parameter")
    func values() async throws {
        let connection = try await connect()
        func one(_ sql: String, _ value: Value) async throws -> PostgresValue {
            let start = try await connection.query(ShardStatement(sql), values: [value], rowLimit: 1)
            start.cursor?.close()
            return start.batch.postgresRow(0, start.columns)[0]
        }
        #expect(try await one("SELECT $1::int2", 7) == .int2(7))
        #expect(try await one("SELECT $1::numeric", 7) == .numeric(PostgresNumeric(7)))
        #expect(try await one("SELECT $1::float8", 7) == .float8(7))
        #expect(try await one("SELECT $1::numeric", 1.25) == .numeric(try #require(PostgresNumeric("1.25"))))
        #expect(try await one("SELECT $1::date", "2024-02-29") == .date(PostgresDate(year: 2024, month: 2, day: 29)))
        #expect(try await one("SELECT $1::bytea", .blob([0, 255])) == .bytea([0, 255]))
        #expect(try await one("SELECT $1::text", .null) == .null)
        #expect(await failure { _ = try await one("SELECT $1::int4", 5_000_000_000) }?.engineCode == "22003")
        #expect(await failure { _ = try await one("SELECT $1::text", .text("a\0b")) }?.engineCode == "22021")
        #expect(await failure { _ = try await one("SELECT $1::int4", .text("1\0")) }?.engineCode == "22021")
        #expect(await failure { _ = try await one("SELECT $1::text", .malformedText([0xFF])) }?.engineCode == "22021")
    }
}
