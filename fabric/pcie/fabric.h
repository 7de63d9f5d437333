/* Fabric: what all components of one model share: clock, measured window, pools, and the ledger of TLPs.
 *
 * Every TLP is created once and ends once, delivered or dropped with a reason; what is neither is in flight. */
#ifndef FABRIC_PCIE_FABRIC_H
#define FABRIC_PCIE_FABRIC_H

#include <stddef.h>
#include <stdint.h>

#include "fabric/base/pool.h"
#include "fabric/engine/simulation.h"
#include "fabric/engine/window.h"
#include "fabric/pcie/config_shelf.h"
#include "fabric/pcie/tlp.h"

/* Why a TLP ended without being delivered. */
enum drop_reason {
    DROP_UNSUPPORTED_REQUEST,   /* nobody in its hierarchy claims its address or ID */
    DROP_UNEXPECTED_COMPLETION, /* nobody waits for it */
    DROP_STALE,                 /* its function changed hands while it was under way */
    DROP_NULLIFIED,             /* forwarded before it was seen to be bad; it comes again */
    DROP_LINK_DOWN,             /* its link went down, or is down */
    DROP_CONTAINED,             /* its hierarchy has been cut off behind an error (downstream port containment) */
    DROP_FAULT,                 /* a fault that was injected swallowed it */
    DROP_REASONS,
};

/* What hierarchies' errors are counted as. */
enum fabric_error {
    FABRIC_ERROR_UR,      /* a request that was refused as unsupported */
    FABRIC_ERROR_CA,      /* one that its completer could not answer (Completer Abort) */
    FABRIC_ERROR_TIMEOUT, /* one that nobody answered in time */
    FABRIC_ERRORS,
};

struct port;

struct fabric {
    struct simulation simulation;
    struct window window;
    struct pool tlps;
    struct pool operations;
    struct config_shelf shelf; /* what functions' configuration spaces look like */
    uint64_t created, delivered, hops;
    uint64_t dropped[DROP_REASONS];
    uint64_t (*errors)[FABRIC_ERRORS]; /* by VH number: [error_vhs], owned */
    uint32_t error_vhs;
    uint64_t *stale; /* of those dropped as stale, by the hierarchy that they were in: [stale_vhs], owned */
    uint32_t stale_vhs;
    struct port **native; /* one end of each link whose TLPs have names of their own (stale_add_native()): [natives];
                             the array is owned, the ports are not */
    uint32_t natives;
    uint64_t cross_vh_deliveries; /* TLPs that ended in a hierarchy other than their creator's: always 0 */
};

/* An empty model at time zero, with room for TLPS TLPs and OPERATIONS operations before a pool grows. */
void fabric_init(struct fabric *fabric, uint64_t seed, struct window window, size_t tlps, size_t operations);
void fabric_free(struct fabric *fabric);

/* "unsupported_request", ... */
const char *drop_reason_name(enum drop_reason reason);

/* TLPs dropped for any reason, and TLPs that exist now. */
uint64_t fabric_dropped(const struct fabric *fabric);
uint64_t fabric_in_flight(const struct fabric *fabric);

/* A TLP with every field 0, which the caller owns. */
static inline struct tlp *fabric_create_tlp(struct fabric *fabric)
{
    struct tlp *tlp = pool_get(&fabric->tlps);
    *tlp = (struct tlp){0};
    fabric->created++;
    return tlp;
}

/* OPERATION, from the pool, has ended: it is given back, once no TLP carries its journey. */
void fabric_end_operation(struct fabric *fabric, struct operation *operation);

/* For the end of TLPs: one that carried the journey of OPERATION is gone. */
void fabric_end_carrier(struct fabric *fabric, struct operation *operation);

/* TLP has reached whom it was for, in hierarchy VH. */
static inline void fabric_deliver_tlp(struct fabric *fabric, struct tlp *tlp, uint16_t vh)
{
    fabric->delivered++;
    if (__builtin_expect(tlp->origin_vh != vh, 0))
        fabric->cross_vh_deliveries++;
    if ((tlp->attributes & TLP_JOURNEY) != 0)
        fabric_end_carrier(fabric, tlp->operation);
    pool_put(&fabric->tlps, tlp);
}

/* Counts ERROR in hierarchy VH. The first of a hierarchy may allocate. */
void fabric_count_error(struct fabric *fabric, uint16_t vh, enum fabric_error error);

/* How many there were. */
uint64_t fabric_errors(const struct fabric *fabric, uint16_t vh, enum fabric_error error);

/* TLP ends here. Its operation, if any, must have been told. */
void fabric_drop_tlp(struct fabric *fabric, struct tlp *tlp, enum drop_reason reason);

/* TLP was under way when its function changed hands: it ends here, and its operation, if it has one, has been told. */
void fabric_drop_stale_tlp(struct fabric *fabric, struct tlp *tlp);

/* TLPs of hierarchy VH that ended so. */
uint64_t fabric_stale(const struct fabric *fabric, uint16_t vh);

static inline uint64_t fabric_now_ps(const struct fabric *fabric)
{
    return fabric->simulation.now_ps;
}

#endif
