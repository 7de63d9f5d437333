/* Child: a copy of the daemon that does one thing with the present state of the model, writes down what it found, and
 * is gone: the model goes on meanwhile, and what the child did to its copy nobody sees.
 *
 * Children are bounded in number, time, memory and answer (mgmt/limits.h), and step back behind the daemon where there
 * is one processor for both. Who finds no place waits in a line, first come, first served. */
#ifndef MGMT_CHILD_H
#define MGMT_CHILD_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "fabric/base/status.h"

struct bufferevent;
struct child;
struct evbuffer;

/* One that wants to start children together, when there are places for them. It belongs to who wants to. */
struct child_turn {
    struct child_turn *next;                /* in the line */
    uint32_t places;                        /* wanted */
    void (*start)(struct child_turn *turn); /* calls child_start() at most so often, at once */
    bool waits;                             /* it is in the line */
};

struct children {
    struct event_base *base; /* not owned */
    uint32_t most;           /* at a time */
    struct child_turn *line; /* those who wait; not owned */
    uint32_t line_length;
    struct event *next_turn; /* places have become free; owned */
    struct child *first;     /* running; owned, each */
    uint32_t count;
    uint64_t started, failed;
    unsigned limit_s;   /* LIMIT_CHILD_S, or a test's own */
    size_t limit_bytes; /* LIMIT_CHILD_GROWTH_BYTES, likewise */
};

/* How a child ended. */
enum child_end {
    CHILD_DONE,     /* all that it wrote is in `found` */
    CHILD_FAILED,   /* it died, or could not write */
    CHILD_TOO_LONG, /* it took more time or memory, or wrote more, than it may */
};

/* Called when it ends; FOUND is drained or left as the callee likes. */
typedef void child_done(void *context, enum child_end how, struct evbuffer *found);

/* MOST at a time. */
void children_init(struct children *children, struct event_base *base, uint32_t most);
void children_free(struct children *children);

/* Has TURN, whose `places` and `start` are set, start: before this returns where there is room, or when there is.
 * False: LIMIT_CHILD_TURNS wait already, and it never will. */
MUST_CHECK bool children_await(struct children *children, struct child_turn *turn);

/* TURN no longer waits, if it did. */
void children_leave(struct children *children, struct child_turn *turn);

/* Forks. The child calls WORK, which writes to OUT and must not use the event loop nor any file of the daemon's, which
 * are closed; DONE is called here, later, with CONTEXT. NULL: the system has no room for one, and errno says what it
 * lacks; or as many as may be are running (EAGAIN), which who has waited for its turn (children_await()) never finds.
 */
struct child *
child_start(struct children *children, void (*work)(void *context, FILE *out), child_done *done, void *context);

/* Nobody wants its answer any more: it is killed, and `done` not called. */
void child_cancel(struct child *child);

#endif
