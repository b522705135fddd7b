extension Dialect {
    /// PostgreSQL 15 and later.
    public static let postgresql = Dialect(
        name: "postgresql",
        capabilities: [
            .dollarQuotedStrings, .prefixedStrings, .nestedComments, .customOperators, .dollarNumberParameters,
            .groupedDigits, .subscripts, .typedExpressions, .namedArguments, .nestedSetOperands,
            .fetchFirst, .extendedSelect, .extendedFrom, .extendedWrites, .serverStatements,
        ],
        precedence: .postgresql, maximumParameter: 65_535, keywords: postgresqlKeywords())

    /// Roles from the grammar's four classes of keywords: a reserved word is only a label, a column-name word is no
    /// function, a function word no column; and from the words that need AS to be a label.
    private static func postgresqlKeywords() -> [Keyword: Token.Roles] {
        var roles: [Keyword: Token.Roles] = [:]
        let reserved: [Keyword] = [
            .all, .analyse, .analyze, .and, .any, .array, .as, .asc, .asymmetric, .both, .case, .cast, .check,
            .collate, .column, .constraint, .create, .current_catalog, .current_date, .current_role, .current_time,
            .current_timestamp, .current_user, .default, .deferrable, .desc, .distinct, .do, .else, .end, .except,
            .false, .fetch, .for, .foreign, .from, .grant, .group, .having, .in, .initially, .intersect, .into,
            .lateral, .leading, .limit, .localtime, .localtimestamp, .not, .null, .offset, .on, .only, .or, .order,
            .placing, .primary, .references, .returning, .select, .session_user, .some, .symmetric, .system_user,
            .table, .then, .to, .trailing, .true, .union, .unique, .user, .using, .variadic, .when, .where, .window,
            .with,
        ]
        let columnNames: [Keyword] = [
            .between, .bigint, .bit, .boolean, .char, .character, .coalesce, .dec, .decimal, .exists, .extract, .float,
            .greatest, .grouping, .inout, .int, .integer, .interval, .json, .json_array, .json_arrayagg, .json_exists,
            .json_object, .json_objectagg, .json_query, .json_scalar, .json_serialize, .json_table, .json_value,
            .least, .merge_action, .national, .nchar, .none_, .normalize, .nullif, .numeric, .out, .overlay,
            .position, .precision, .real, .row, .setof, .smallint, .substring, .time, .timestamp, .treat, .trim,
            .values, .varchar, .xmlattributes, .xmlconcat, .xmlelement, .xmlexists, .xmlforest, .xmlnamespaces,
            .xmlparse, .xmlpi, .xmlroot, .xmlserialize, .xmltable,
        ]
        let functionNames: [Keyword] = [
            .authorization, .binary, .collation, .concurrently, .cross, .current_schema, .freeze, .full, .ilike,
            .inner, .is, .isnull, .join, .left, .like, .natural, .notnull, .outer, .overlaps, .right, .similar,
            .tablesample, .verbose,
        ]
        let needingAs: [Keyword] = [
            .array, .as, .char, .character, .create, .day, .except, .fetch, .filter, .for, .from, .grant, .group,
            .having, .hour, .intersect, .into, .isnull, .limit, .minute, .month, .notnull, .offset, .on, .order, .over,
            .overlaps, .precision, .returning, .second, .to, .union, .varying, .where, .window, .with, .within,
            .without, .year,
        ]
        let unknown: Set<Keyword> = [
            .none, .autoincrement, .glob, .regexp, .indexed, .raise, .pragma, .ignore, .fail,
        ]
        for keyword in Keyword.allCases where !unknown.contains(keyword) { roles[keyword] = .all }
        for keyword in reserved { roles[keyword] = [.label, .bareAlias] }
        for keyword in columnNames { roles[keyword] = [.label, .bareAlias, .name, .tableAlias] }
        for keyword in functionNames { roles[keyword] = [.label, .bareAlias, .function] }
        for keyword in needingAs { roles[keyword]?.remove(.bareAlias) }
        return roles
    }
}
