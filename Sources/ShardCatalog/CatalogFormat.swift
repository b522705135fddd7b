/// How the catalog is stored, format version 1: plain tables of one small database beside the shards.
///
/// The SQL is what SQLite and PostgreSQL both take, so that either can hold a catalog. All changes happen in IMMEDIATE
/// transactions; readers see whole ones.
///
/// | table | a row is |
/// |---|---|
/// | `cluster` | the one row: format, cluster uuid and name, epoch |
/// | `shards` | a shard: position in the topology, name, location, uuid |
/// | `objects` | a table, index, view, trigger or virtual table in the order of the logical `sqlite_master` |
/// | `directory` | a key of a DIRECTORY table and its partition |
/// | `sequences` | the numbers of a key sequence that are given away, and to whom last |
/// | `definition_journal` | a definition (DDL) under way, with what each shard still has to run |
/// | `processes`, `leases` | who has the database open and what is leased to whom |
enum CatalogFormat {
    static let version: Int64 = 1

    static let script = """
        CREATE TABLE cluster (
            id INTEGER PRIMARY KEY CHECK (id = 1), format INTEGER NOT NULL, uuid TEXT NOT NULL, name TEXT NOT NULL,
            epoch INTEGER NOT NULL);
        CREATE TABLE shards (
            position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, location TEXT NOT NULL,
            uuid TEXT NOT NULL UNIQUE);
        CREATE TABLE objects (
            position INTEGER PRIMARY KEY, type TEXT NOT NULL, name TEXT NOT NULL, folded TEXT NOT NULL,
            table_name TEXT NOT NULL, sql TEXT NOT NULL, definition TEXT, UNIQUE (type, folded));
        CREATE TABLE directory (
            table_name TEXT NOT NULL, key TEXT NOT NULL, partition INTEGER NOT NULL, PRIMARY KEY (table_name, key));
        CREATE TABLE sequences (name TEXT PRIMARY KEY, high INTEGER NOT NULL, owner TEXT NOT NULL);
        CREATE TABLE definition_journal (
            id TEXT PRIMARY KEY, statement TEXT NOT NULL, steps TEXT NOT NULL, state TEXT NOT NULL,
            started INTEGER NOT NULL);
        CREATE TABLE processes (
            id TEXT PRIMARY KEY, host TEXT NOT NULL, pid INTEGER NOT NULL, started INTEGER NOT NULL,
            seen INTEGER NOT NULL);
        CREATE TABLE leases (
            name TEXT PRIMARY KEY, process TEXT NOT NULL, token INTEGER NOT NULL, expires INTEGER NOT NULL);
        """
}
