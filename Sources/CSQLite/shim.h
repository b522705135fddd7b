// The door to libsqlite3. Feature defines stand above the include: a module map has none of its own.
#ifndef SHARDKIT_CSQLITE_SHIM_H
#define SHARDKIT_CSQLITE_SHIM_H
#define SQLITE_ENABLE_COLUMN_METADATA 1
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#include <sqlite3.h>

static inline sqlite3_destructor_type csqlite_transient(void) { return SQLITE_TRANSIENT; }

// The Bloom filters of automatic indexes hash a text by its length, which RTRIM does not compare: rows get lost.
// A table in parts has other plans than one whole table, so that rows would be lost here which are not lost there. The flag
// is SQLITE_BloomFilter.
static inline void csqlite_disable_bloom_filters(sqlite3 *database) {
    sqlite3_test_control(SQLITE_TESTCTRL_OPTIMIZATIONS, database, 0x00080000);
}

// sqlite3_db_config is variadic, which Swift cannot call.
static inline int csqlite_db_config_int(sqlite3 *database, int option, int on, int *result) {
    return sqlite3_db_config(database, option, on, result);
}
#endif
