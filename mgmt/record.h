/* Record: what the state file is to have, as plain statements and values: made by the loop, written by the writer's
 * thread (mgmt/writer.h), which finds nothing of the daemon's in it. Written whole or not at all. */
#ifndef MGMT_RECORD_H
#define MGMT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parameters of one statement at most. */
#define RECORD_VALUES 16

struct record_value {
    char kind;       /* i, s or b */
    uint64_t number; /* i: up to 2^63 - 1; b: how many bytes */
    const char *bytes;
};

/* One statement. */
struct record_step {
    struct record_step *next;
    const char *sql; /* a constant: the writer knows it by its address */
    size_t count;
    struct record_value values[RECORD_VALUES]; /* their bytes follow */
};

/* {0} is empty. It is whoever's it is a part of, and the writer's from writer_add() until `done` is called. */
struct record {
    struct record *next; /* the writer's */
    struct record_step *first, *last;
    size_t bytes; /* that it takes */
    /* What it tells has not happened: it may be left out when the file cannot be written. Otherwise it is tried until
     * it can. */
    bool may_fail;
    /* On the loop, once it is on disk, or left out. RECORD is the callee's again. */
    void (*done)(struct record *record, bool written);
};

/* Adds SQL, a string constant, with the parameters that KINDS lists: i uint64_t, s const char *, b const void * and
 * size_t. */
void record_add(struct record *record, const char *sql, const char *kinds, ...);

/* Empties it. */
void record_clear(struct record *record);

#endif
