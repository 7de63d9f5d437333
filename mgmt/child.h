/* Child: a copy of the daemon that does one thing with the present state of the model, writes down what it found, and
 * is gone: the model goes on meanwhile, and what the child did to its copy nobody sees.
 *
 * Children are bounded in number, time, memory and answer (mgmt/limits.h), and step back behind the daemon where there
 * is one processor for both. */
#ifndef MGMT_CHILD_H
#define MGMT_CHILD_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct bufferevent;
struct child;
struct evbuffer;

struct children {
    struct event_base *base; /* not owned */
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

void children_init(struct children *children, struct event_base *base);
void children_free(struct children *children);

/* Forks. The child calls WORK, which writes to OUT and must not use the event loop nor any file of the daemon's, which
 * are closed; DONE is called here, later, with CONTEXT. NULL: as many as may be are running, or the system has no room
 * for one. */
struct child *
child_start(struct children *children, void (*work)(void *context, FILE *out), child_done *done, void *context);

/* Nobody wants its answer any more: it is killed, and `done` not called. */
void child_cancel(struct child *child);

#endif
