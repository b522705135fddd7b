extension Dialect {
    /// SQLite 3.40 and later.
    public static let sqlite = Dialect(
        name: "sqlite",
        capabilities: [
            .backtickIdentifiers, .bracketIdentifiers, .stringsAsNames, .openCommentIsSpace, .namedParameters,
            .isComparesValues, .postfixNotNull, .inTable, .emptyIn, .raise, .commaBindsLikeJoin,
            .optionalJoinConstraint, .indexHints, .limitComma, .conflictActions, .limitedWrites,
            .looseColumnDefinitions, .embeddedEngine, .immediateTransactions,
        ],
        precedence: .sqlite, maximumParameter: 32_766, keywords: sqliteKeywords())

    /// Roles from the grammar: `nm` is a name, a word with a fallback to ID or a join word; an alias without AS is a
    /// name or a word with a fallback, no join word.
    private static func sqliteKeywords() -> [Keyword: Token.Roles] {
        var roles: [Keyword: Token.Roles] = [:]
        let reserved: [Keyword] = [
            .add, .all, .alter, .and, .as, .autoincrement, .between, .case, .check, .collate, .commit, .constraint,
            .create, .default, .deferrable, .delete, .distinct, .drop, .else, .escape, .exists, .foreign, .from,
            .group, .having, .in, .index, .insert, .into, .is, .isnull, .join, .limit, .not, .nothing, .notnull,
            .null, .on, .or, .order, .primary, .references, .returning, .select, .set, .table, .then, .to,
            .transaction, .union, .except, .intersect, .unique, .update, .using, .values, .when, .where,
        ]
        let fallback: [Keyword] = [
            .abort, .action, .after, .always, .analyze, .asc, .attach, .before, .begin, .by, .cascade, .cast, .column,
            .conflict, .current, .current_date, .current_time, .current_timestamp, .database, .deferred, .desc,
            .detach, .do, .each, .end, .exclude, .exclusive, .explain, .fail, .filter, .first, .following, .for,
            .generated, .glob, .groups, .if, .ignore, .immediate, .initially, .instead, .key, .last, .like, .match,
            .materialized, .no, .nulls, .of, .offset, .others, .over, .partition, .plan, .pragma, .preceding, .query,
            .raise, .range, .recursive, .regexp, .reindex, .release, .rename, .replace, .restrict, .rollback, .row,
            .rows, .savepoint, .temp, .temporary, .ties, .trigger, .unbounded, .vacuum, .view, .virtual, .window,
            .with, .without, .true, .false, .merge, .show, .only,
        ]
        for keyword in reserved { roles[keyword] = [] }
        for keyword in fallback { roles[keyword] = .all }
        for keyword: Keyword in [.cross, .full, .inner, .left, .natural, .outer, .right] {
            roles[keyword] = [.name, .label]
        }
        roles[.indexed] = [.name, .label, .function]
        return roles
    }
}
