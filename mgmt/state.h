/* State: the file that outlives the daemon: an SQLite database, of one daemon at a time.
 *
 * Every write is within a transaction that is on disk when state_commit() says so. A write that fails (disk full, I/O
 * error) leaves the file as it was, and `fault` says why; the next may succeed. Others may read the file meanwhile
 * (its journal is a write-ahead log), and see what is on disk. What is in it and when it is written: mgmt/durable.h. */
#ifndef MGMT_STATE_H
#define MGMT_STATE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct record_step;

#define STATE_FAULT_BYTES 200
#define STATE_STATEMENTS 48

struct state {
    sqlite3 *db;                   /* owned; NULL: there is none */
    int lock;                      /* a descriptor that holds the file for this process; owned */
    char fault[STATE_FAULT_BYTES]; /* the last one */
    bool is_new;                   /* no daemon has served with it */
    struct {
        const char *sql;
        sqlite3_stmt *statement; /* owned */
    } prepared[STATE_STATEMENTS];
    size_t prepared_count;
};

/* Opens FILE for this daemon alone, or makes it for SCENARIO. False: WHY says what is in the way. To be closed in every
 * case. */
bool state_open(struct state *state, const char *file, const char *scenario, char *why, size_t why_size);
void state_close(struct state *state);

/* A transaction: begun, then either on disk or undone. */
bool state_begin(struct state *state);
bool state_commit(struct state *state);
void state_undo(struct state *state);

/* Runs STEP. Its statement is kept prepared for the next time. */
bool state_write(struct state *state, const struct record_step *step);

/* Runs one statement whose parameters KINDS lists: i uint64_t (up to 2^63 - 1), s const char *. */
bool state_run(struct state *state, const char *sql, const char *kinds, ...);

/* Calls VISIT with each row that SQL finds. */
bool state_each(struct state *state, const char *sql, void *context, void (*visit)(void *context, sqlite3_stmt *row));

/* Columns of a row: what is NULL is 0 or "". */
uint64_t state_number(sqlite3_stmt *row, int column);
const char *state_text(sqlite3_stmt *row, int column);

#endif
