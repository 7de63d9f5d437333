/* Writer: the one thread besides the loop's: it writes records to the state file, so that the loop never waits for a
 * disk.
 *
 *     writer_init(&writer, base, &state);
 *     writer_start(&writer);                         from here on STATE is the writer's
 *     record.done = ...; writer_add(&writer, &record);
 *     ... the loop calls record.done(&record, true) when it is on disk ...
 *     writer_stop(&writer);                          STATE is the caller's again
 *
 * Records are written in the order in which they came, all that wait in one transaction: however many come while the
 * disk is busy, they cost one wait for it. The thread touches its queue, the records in it and SQLite, and nothing else
 * of the daemon's. `done` is called on the loop, in order.
 *
 * When the file cannot be written, records that may fail are given back at once, and so are those that come; the others
 * are kept, and tried again soon, and then once a second. */
#ifndef MGMT_WRITER_H
#define MGMT_WRITER_H

#include <event2/event.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "mgmt/record.h"
#include "mgmt/state.h"

struct record_list {
    struct record *first, *last;
};

struct writer {
    /* Called on the loop when the file cannot be written any more: FAULT says why; and when it can again: NULL. */
    void (*on_trouble)(void *context, const char *fault);
    void *context;
    size_t bytes; /* of all records that are on their way */

    /* private: the loop's */
    struct state *state; /* the thread's while it runs */
    struct event *wake;  /* owned */
    int signal;          /* an eventfd, by which the thread wakes the loop */
    pthread_t thread;
    bool takes, runs, told_trouble; /* records; a thread */
    /* private: of both, under LOCK */
    pthread_mutex_t lock;
    pthread_cond_t work, rest;
    struct record_list queue, written, failed;
    bool busy, stopping;
    bool trouble;
    char fault[STATE_FAULT_BYTES];
};

/* A writer that only takes records over yet. `on_trouble` and `context` are the caller's to set. */
void writer_init(struct writer *writer, struct event_base *base, struct state *state);

/* Starts the thread. The state is open. */
void writer_start(struct writer *writer);

/* Ends it, once all is written or has been tried. What is left is given back as not written. */
void writer_stop(struct writer *writer);

/* Takes RECORD over until its `done` is called, which never happens within. */
void writer_add(struct writer *writer, struct record *record);

/* Waits until all that was added is on disk, or could not be written, and calls `done` of what is over. False: it could
 * not. For the beginning and the end of the daemon: the loop waits meanwhile. */
bool writer_flush(struct writer *writer);

#endif
