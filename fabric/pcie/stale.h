/* Stale: what is still under way of a function that changes hands.
 *
 * TLPs that nobody may take any more are condemned: a mark on the TLP itself (tlp.generation), which the answers made
 * to it inherit. They go on to the next receiver, which gives their place in its buffer back and drops them as stale,
 * so that credits and the ledger of TLPs need no exception; their operations, if any, fail. It stands for the key of
 * the MR prefix: a receiver that knows the present key drops what has another.
 *
 * Condemning looks at all TLPs of the model: it is for changes of ownership and resets. */
#ifndef FABRIC_PCIE_STALE_H
#define FABRIC_PCIE_STALE_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/fabric.h"
#include "fabric/pcie/port.h"

/* Why nobody may take a TLP any more: what tlp.generation says then. */
enum stale {
    STALE_REQUESTER = 1, /* who made it, or waits for it, has gone: nobody hears of its end but its operation */
    STALE_TARGET,        /* whom it is for has gone: who waits for an answer may be told so */
    STALE_PASSED_OVER,   /* none: for the time of a visit to others */
};

/* Condemns TLP. */
void stale_condemn(struct tlp *tlp, enum stale why);

static inline bool stale_is_condemned(const struct tlp *tlp)
{
    return tlp->generation != 0;
}

/* Condemns all that is under way of requester ID of hierarchy VH: its requests, or only its reads, and the completions
 * for it. Returns how many TLPs that were. */
uint32_t stale_condemn_requester(struct fabric *fabric, uint16_t vh, uint16_t id, bool reads_only);

/* On the link of PORT TLPs have other IDs than in their hierarchies (fabric/switch/translator.h): they are not meant by
 * those. */
void stale_add_native(struct fabric *fabric, struct port *port);

/* Calls VISIT_TLP for each TLP of the model that goes by the IDs of its hierarchy. */
void stale_visit_all(struct fabric *fabric, void (*visit_tlp)(struct tlp *tlp, void *context), void *context);

/* Calls VISIT_TLP for each TLP in the queues of EGRESS, on its wire and in its replay buffer. */
void stale_visit_egress(struct egress *egress, void (*visit_tlp)(struct tlp *tlp, void *context), void *context);

#endif
