/* Config requester: a root port's way of asking: configuration requests from its cores, one after the other. A host's
 * root ports have one, and MR-PCIM's in every chassis (fabric/pcim/management_port.h). Drivers' reads and writes of
 * single registers behind BARs go by it, too: memory requests of a DW. A write of memory is posted, so that it has
 * ended when it has been sent.
 *
 * A request for bus 0 is the root complex's own: the root port answers as 00:00.0. For the root port's secondary bus it
 * goes out as type 0, for those behind as type 1 (base specification 7.3.3); for all others, and where nobody is, the
 * answer is all ones. One request is in flight at a time, as cores wait for each (7.2.1); others wait in line.
 *
 * With a completion timeout (2.8) a request that nobody answers ends by it, and its answer, should it come after all,
 * is an unexpected completion: the next request has another tag.
 *
 * Who is being reset answers with Retry Status (2.3.1): the request is sent again, later each time, until a second has
 * passed, which is how long a device may take.
 *
 * Requests may come from anywhere, the model's enumeration (hostsim/host/enumeration.h) or outside: each says whom to
 * tell of its end. */
#ifndef FABRIC_PCIE_CONFIG_REQUESTER_H
#define FABRIC_PCIE_CONFIG_REQUESTER_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/latency.h"
#include "fabric/engine/event.h"
#include "fabric/pcie/config_space.h"
#include "fabric/pcie/egress_queue.h"
#include "fabric/pcie/fabric.h"
#include "fabric/pcie/port.h"
#include "fabric/pcie/tlp.h"

/* The routing ID of every root port in its own hierarchy: 00:00.0. */
#define CONFIG_REQUESTER_ID 0

/* Tags that a requester takes in turn when requests time out, from `first_tag` on. */
#define CONFIG_REQUESTER_TAGS 256

struct config_request {
    struct config_request *next; /* the requester's */
    uint16_t id;                 /* routing ID of whom it is for */
    uint16_t offset;             /* of the DW: a multiple of 4 below 4096 */
    uint64_t address;            /* 0: as above. Otherwise it is for the DW in memory there, a multiple of 4 */
    uint8_t enables;             /* the bytes that are written; 0: a read, of all four */
    uint32_t value;              /* what is written; what was read: all ones when it failed */
    enum tlp_status status;
    bool timed_out; /* nobody answered in time; `status` is UR then, as a root port reports it */
    /* It has ended, `value`, `status` and `timed_out` are set. It may be submitted again. */
    void (*done)(struct config_request *request);
};

/* What the root port is. */
struct config_requester_config {
    uint16_t vh;               /* the hierarchy that it is the root of */
    struct latency *latency;   /* core to root port, each way; NULL: none. Not owned */
    uint64_t timeout_ps;       /* completion timeout; 0: waits for ever */
    uint16_t first_tag;        /* of CONFIG_REQUESTER_TAGS that nobody else at this port uses */
    bool rcb_128;              /* its read completion boundary is 128 bytes, otherwise 64 */
    uint8_t generation, width; /* of its link, which is up */
    bool hot_plug, surprise;   /* what its slot can do */
    uint8_t port;              /* its number among the root complex's ports */
    uint16_t slot;             /* 1 to 8191 */
};

struct config_requester {
    struct component component;
    struct event ended;    /* the answer to the first request is at its core */
    struct event timeout;  /* of the request that waits for a completion */
    struct event retry;    /* of the first request, which was answered by Retry Status */
    uint64_t retry_ps;     /* how long it waits next; 0: it has not been asked to */
    struct fabric *fabric; /* not owned */
    struct config_requester_config config;
    struct config_space registers;  /* of the root port */
    uint8_t secondary, subordinate; /* as they say */
    struct egress_queue queue;
    struct config_request *first, *last; /* in line; the first is in flight */
    uint16_t tag;
    bool waits; /* for a completion */
    bool link_down;
    uint64_t requests, timeouts;  /* sent as TLPs; and never answered in time */
    void (*written)(void *owner); /* software has written to its registers; NULL: nobody wants to know */
    void *owner;
};

/* A requester that sends through PORT, which is connected. */
void config_requester_init(
    struct config_requester *requester, struct fabric *fabric, struct port *port,
    const struct config_requester_config *config);
void config_requester_free(struct config_requester *requester);

/* Puts REQUEST in line; it is the requester's until it has ended. */
void config_requester_submit(struct config_requester *requester, struct config_request *request);

/* REQUEST is not wanted any more: it never ends. Nothing happens when it is not in line. */
void config_requester_withdraw(struct config_requester *requester, struct config_request *request);

/* True when COMPLETION, which has arrived at the root port, is the answer to a request; it has been looked at then, and
 * stays the caller's. */
bool config_requester_complete(struct config_requester *requester, const struct tlp *completion);

/* The link below has gone down, or (UP) come up: the registers show it, and requests end as unsupported while it is
 * down, the one in flight too. */
void config_requester_show_link(struct config_requester *requester, bool up);

/* Its registers have changed other than by a request. */
void config_requester_apply(struct config_requester *requester);

#endif
