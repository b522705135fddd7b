/// The words that the parser looks for or that a dialect reserves. Each case is spelled as the SQL word.
///
/// A dialect knows some of them (``Dialect``); in a dialect that does not know it, a word is a plain name.
public enum Keyword: UInt16, Sendable, CaseIterable {
    case none
    case abort, action, add, after, all, alter, always, analyse, analyze, and, any, array, `as`, asc, asymmetric, at
    case attach, authorization, autoincrement
    case before, begin, between, bigint, binary, bit, boolean, both, by
    case call, cascade, `case`, cast, char, character, check, checkpoint, close, cluster, coalesce, collate
    case collation, column, comment, commit, concurrently, conflict, constraint, copy, create, cross, cube, current
    case current_catalog, current_date, current_role, current_schema, current_time, current_timestamp, current_user
    case database, day, deallocate, dec, decimal, declare, `default`, deferrable, deferred, delete, desc, detach
    case discard, distinct, `do`, double, drop
    case each, `else`, end, escape, except, exclude, exclusive, execute, exists, explain, extract
    case fail, `false`, fetch, filter, first, float, following, `for`, foreign, freeze, from, full
    case generated, glob, grant, greatest, group, grouping, groups
    case having, hour
    case `if`, ignore, ilike, immediate, `import`, `in`, index, indexed, initially, inner, `inout`, insert, instead
    case int, integer, intersect, interval, into, `is`, isnull
    case join, json, json_array, json_arrayagg, json_exists, json_object, json_objectagg, json_query, json_scalar
    case json_serialize, json_table, json_value
    case key
    case last, lateral, leading, least, left, like, limit, listen, load, localtime, localtimestamp, lock
    case match, materialized, merge, merge_action, minute, month, move
    case national, natural, nchar, no, none_, normalize, not, nothing, notify, notnull, nowait, null, nullif, nulls
    case numeric
    case of, offset, on, only, `operator`, or, order, others, out, outer, over, overlaps, overlay
    case partition, placing, plan, position, pragma, preceding, precision, prepare, primary
    case query
    case raise, range, real, reassign, recursive, references, refresh, regexp, reindex, release, rename, replace, reset
    case restrict, returning, revoke, right, rollback, rollup, row, rows
    case savepoint, second, security, select, session_user, set, setof, show, similar, smallint, some, start
    case substring, symmetric, system_user
    case table, tablesample, temp, temporary, then, ties, time, timestamp, to, trailing, transaction, treat, trigger
    case trim, `true`, truncate
    case unbounded, union, unique, unlisten, update, user, using
    case vacuum, values, varchar, variadic, varying, verbose, view, virtual
    case when, `where`, window, with, within, without
    case xmlattributes, xmlconcat, xmlelement, xmlexists, xmlforest, xmlnamespaces, xmlparse, xmlpi, xmlroot
    case xmlserialize, xmltable
    case year, zone

    /// The word in lower case.
    var word: String { self == .none_ ? "none" : String(describing: self) }
}
