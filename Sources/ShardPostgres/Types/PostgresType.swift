/// A type by its number in `pg_type`. The numbers of built-in types are fixed; types made by users have others in every
/// database and are left as the server sends them.
public struct PostgresType: RawRepresentable, Sendable, Hashable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public init(_ rawValue: UInt32) { self.rawValue = rawValue }

    /// The server finds out from where the value stands.
    public static let unspecified = PostgresType(0)
    public static let bool = PostgresType(16)
    public static let bytea = PostgresType(17)
    /// `"char"`: one byte.
    public static let char = PostgresType(18)
    public static let name = PostgresType(19)
    public static let int8 = PostgresType(20)
    public static let int2 = PostgresType(21)
    public static let int4 = PostgresType(23)
    public static let regproc = PostgresType(24)
    public static let text = PostgresType(25)
    public static let oid = PostgresType(26)
    public static let tid = PostgresType(27)
    public static let xid = PostgresType(28)
    public static let cid = PostgresType(29)
    public static let json = PostgresType(114)
    public static let xml = PostgresType(142)
    public static let point = PostgresType(600)
    public static let lseg = PostgresType(601)
    public static let path = PostgresType(602)
    public static let box = PostgresType(603)
    public static let polygon = PostgresType(604)
    public static let line = PostgresType(628)
    public static let cidr = PostgresType(650)
    public static let float4 = PostgresType(700)
    public static let float8 = PostgresType(701)
    public static let unknown = PostgresType(705)
    public static let circle = PostgresType(718)
    public static let macaddr8 = PostgresType(774)
    public static let money = PostgresType(790)
    public static let macaddr = PostgresType(829)
    public static let inet = PostgresType(869)
    public static let bpchar = PostgresType(1042)
    public static let varchar = PostgresType(1043)
    public static let date = PostgresType(1082)
    public static let time = PostgresType(1083)
    public static let timestamp = PostgresType(1114)
    public static let timestamptz = PostgresType(1184)
    public static let interval = PostgresType(1186)
    public static let timetz = PostgresType(1266)
    public static let bit = PostgresType(1560)
    public static let varbit = PostgresType(1562)
    public static let numeric = PostgresType(1700)
    public static let regclass = PostgresType(2205)
    public static let uuid = PostgresType(2950)
    public static let pgLSN = PostgresType(3220)
    public static let tsvector = PostgresType(3614)
    public static let jsonb = PostgresType(3802)
    public static let xid8 = PostgresType(5069)
}

extension PostgresType {
    /// Built-in array types and their elements.
    private static let arrayElements: [UInt32: UInt32] = [
        1000: 16, 1001: 17, 1002: 18, 1003: 19, 1005: 21, 1007: 23, 1008: 24, 1009: 25, 1010: 27, 1011: 28, 1012: 29,
        1014: 1042, 1015: 1043, 1016: 20, 1017: 600, 1018: 601, 1019: 602, 1020: 603, 1021: 700, 1022: 701, 1027: 604,
        1028: 26, 1040: 829, 1041: 869, 1115: 1114, 1182: 1082, 1183: 1083, 1185: 1184, 1187: 1186, 1231: 1700,
        1270: 1266, 1561: 1560, 1563: 1562, 143: 142, 199: 114, 271: 5069, 629: 628, 651: 650, 719: 718, 775: 774,
        791: 790, 2951: 2950, 3221: 3220, 3807: 3802,
    ]
    private static let arrays = Dictionary(uniqueKeysWithValues: arrayElements.map { ($0.value, $0.key) })

    /// The type of an array's elements; nil for what is no built-in array.
    public var element: PostgresType? { Self.arrayElements[rawValue].map { PostgresType($0) } }
    /// The type of arrays of this type; nil where there is none built in.
    public var array: PostgresType? { Self.arrays[rawValue].map { PostgresType($0) } }

    /// Whether ``PostgresValue`` reads the type's binary form.
    public var hasBinaryDecoder: Bool {
        switch self {
        case .bool, .bytea, .char, .name, .int8, .int2, .int4, .text, .oid, .tid, .xid, .cid, .json, .xml, .float4,
            .float8, .unknown, .bpchar, .varchar, .date, .time, .timestamp, .timestamptz, .interval, .timetz,
            .numeric, .uuid, .pgLSN, .jsonb, .xid8, .inet, .cidr, .macaddr, .macaddr8, .bit, .varbit:
            true
        default: element.map { $0.hasBinaryDecoder } ?? false
        }
    }

    /// Whether a cell made of the type's binary form is what one made of its text form would be, or the bytes themselves.
    var isPlainInBinary: Bool {
        switch self {
        case .bool, .bytea, .name, .int8, .int2, .int4, .text, .oid, .xid, .cid, .json, .xml, .float8, .unknown,
            .bpchar,
            .varchar:
            true
        default: false
        }
    }
}
