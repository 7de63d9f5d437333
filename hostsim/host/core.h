/* Core: one processor core that does MMIO through a root port.
 *
 * Its writes are posted, combined up to the size of an operation and MPS. Its reads are serial, a cache line at a time:
 * the next one leaves when the last one's data has come back. The root port is `root_latency` away: what is done here
 * at a time t, the core did that much earlier. Where that is drawn, an operation's requests (a read's: each line) have
 * one draw on their way there, and none overtakes another. */
#ifndef HOSTSIM_HOST_CORE_H
#define HOSTSIM_HOST_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/engine/event.h"
#include "fabric/pcie/egress.h"
#include "fabric/pcie/operation.h"
#include "fabric/pcie/wait_line.h"

struct root_port;

#define CORE_LINE_BYTES 64

struct core {
    struct operation_issuer issuer;
    struct component component;
    struct event wake;
    struct root_port *root_port;     /* not owned */
    struct operation_source *source; /* not owned */
    struct operation *operation;     /* being issued */
    uint64_t issued_bytes;           /* of it */
    struct egress_queue queue;       /* holds at most one request */
    uint64_t latency_ps;             /* of the way of its next request to the root port */
    uint64_t asked_ps;               /* when it last looked for an operation, by its own time */
    uint64_t ready_ps;               /* from when its next request could be at the root port */
    bool reading;                    /* waits for a line */
    struct waiter waiter;            /* for a tag: in the root complex's line */
};

/* A core that pulls its operations from SOURCE. The root port must be connected. */
void core_init(struct core *core, struct root_port *root_port, struct operation_source *source);

/* A tag may be free for it. */
void core_continue(struct core *core);

/* It does nothing more: its operation fails, and it asks for none before its source kicks it. What it has in flight
 * ends with its root port's link. */
void core_stop(struct core *core);

/* Its root port's link is up again, for which it may have waited. The operation of which nothing has gone yet arrives
 * now if its source's is a CLOSED loop. */
void core_go_on(struct core *core, bool closed);

/* Its read, a part of OPERATION, has ended: the data (or the error) is at the root port now. */
void core_read_ended(struct core *core, struct operation *operation, bool failed);

#endif
