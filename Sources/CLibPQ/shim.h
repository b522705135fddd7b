// The door to libpq, and to the system calls of an event loop that Swift's own modules leave out.
#ifndef SHARDKIT_CLIBPQ_SHIM_H
#define SHARDKIT_CLIBPQ_SHIM_H
#include <libpq-fe.h>
#include <poll.h>
#ifdef __linux__
#include <sys/epoll.h>
#include <sys/eventfd.h>

// The member of struct epoll_event that carries the registration is a union, which is awkward in Swift.
static inline int clibpq_epoll_control(int queue, int operation, int descriptor, unsigned events, unsigned long long token) {
    struct epoll_event event = {.events = events};
    event.data.u64 = token;
    return epoll_ctl(queue, operation, descriptor, &event);
}

static inline unsigned long long clibpq_epoll_token(const struct epoll_event *event) { return event->data.u64; }
#endif

// The fields of an error report are macros of characters.
static inline const char *clibpq_sqlstate(const PGresult *result) { return PQresultErrorField(result, PG_DIAG_SQLSTATE); }

// Rows one by one, or some at a time where the library can (PostgreSQL 17): fewer results to make for the same rows.
static inline int clibpq_stream_rows(PGconn *connection, int rows) {
#ifdef LIBPQ_HAS_CHUNK_MODE
    return PQsetChunkedRowsMode(connection, rows);
#else
    (void)rows;
    return PQsetSingleRowMode(connection);
#endif
}

// Whether a result is a part of an answer, made by clibpq_stream_rows.
static inline int clibpq_is_part(ExecStatusType status) {
#ifdef LIBPQ_HAS_CHUNK_MODE
    if (status == PGRES_TUPLES_CHUNK) return 1;
#endif
    return status == PGRES_SINGLE_TUPLE;
}
#endif
