/* Function: one PCI Express function of an adapter: its base function, a PF or a VF.
 *
 * A function is in one hierarchy, or in none while nobody owns it. There it has an ID and a BAR; it issues requests
 * through its DMA engine and answers reads of its BAR. */
#ifndef FABRIC_ADAPTER_FUNCTION_H
#define FABRIC_ADAPTER_FUNCTION_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/adapter/dma_engine.h"
#include "fabric/pcie/arbiter_guaranteed.h"
#include "fabric/pcie/completer.h"
#include "fabric/pcie/egress.h"
#include "fabric/pcie/rate_limit.h"

struct adapter;
struct pf_memory;

/* One BAR a function, this large: registers and the peer window. */
#define FUNCTION_BAR_BYTES (UINT64_C(1) << 20)

/* What its owner's host programs into it. */
struct function_settings {
    uint16_t vh;
    uint16_t id;       /* as the adapter puts it on the wire */
    uint64_t bar_base; /* as the adapter sees it */
    uint32_t mps, mrrs;
    uint32_t weight;           /* its share where functions take turns; 0: 1 */
    uint64_t min_bps, max_bps; /* payload that it writes, and as much again that it reads; 0: none */
};

/* What a function has on one virtual channel of its adapter's link. */
struct function_channel {
    struct egress_queue queue;
    struct dma_channel dma[OPERATION_KINDS];
    struct completer completer;
};

/* What every TLP needs stands in front. */
struct function {
    CACHE_LINE_ALIGNED struct function_settings settings;
    struct fabric *fabric;        /* not owned */
    struct adapter *adapter;      /* not owned */
    uint64_t tlps, payload_bytes; /* sent and received in the window */
    uint64_t written_ps;          /* when all writes of its BAR so far have been accepted */

    struct function_channel *channels; /* [channel_count], owned; NULL while inactive */
    struct pf_memory *memory;          /* a PF's registers behind its BAR; NULL: none. The space's */
    uint32_t channel_count;
    bool active;      /* in a hierarchy: somebody owns it */
    bool exists;      /* its registers have it there: a VF does not while VF Enable is off */
    bool master;      /* and issue requests: Bus Master, in D0 */
    bool resetting;   /* until `reset_over` */
    bool unreachable; /* its link is down, or its hierarchy's part of it */
    bool failed;      /* it does nothing any more (fabric/adapter/adapter_fault.h) */
    uint32_t tlps_to_poison, completions_to_lose;
    struct event reset_over;
    struct rate_limit limits[OPERATION_KINDS];              /* of `max_bps` */
    struct rate_guarantee guarantees[GUARANTEE_DIRECTIONS]; /* of `min_bps` */
    struct dma_engine engine;
};

/* What stopping a function ends. */
struct function_stopped {
    uint32_t operations; /* that have failed */
    uint32_t tlps;       /* dropped, or condemned (fabric/pcie/stale.h) */
};

/* Puts an inactive function into a hierarchy, where it exists and may issue until its registers say otherwise. */
void function_activate(struct function *function, struct adapter *adapter, const struct function_settings *settings);
void function_free(struct function *function);

/* Does as SETTINGS say from now on: all but the hierarchy may differ. Reads under way fail when the ID
 * changes, as nothing finds its way back to the old one. */
void function_configure(struct function *function, const struct function_settings *settings);

/* Its share where functions take turns, and what it must be able to move and may move, from now on: as in settings. */
void function_set_rates(struct function *function, uint32_t weight, uint64_t min_bps, uint64_t max_bps);

/* What its registers let it do. Who exists no more has stopped. */
void function_allow(struct function *function, bool exists, bool master);

/* It issues if nothing is in the way of that, as what is may have changed. */
void function_hold_as_allowed(struct function *function);

/* Ends what FUNCTION, which is active, has begun, at once: what waits in its queue is dropped, its operations fail, its
 * tags are free, reads of its BAR that it has not answered are refused, and what it has under way elsewhere is
 * condemned: all of it, or when it KEEPS its owner all but writes. */
struct function_stopped function_stop(struct function *function, bool keeps);

/* Takes FUNCTION, which is active, out of its hierarchy: stops it, and forgets whom it served. */
struct function_stopped function_deactivate(struct function *function);

/* FUNCTION, which is active and stays in its hierarchy, works for nobody there any more: as function_deactivate(), but
 * that its registers may have it go on, for another. */
struct function_stopped function_disown(struct function *function);

/* Begins a function-level reset, which lasts DELAY_PS: it stops, and neither issues nor answers until it is over. */
struct function_stopped function_begin_reset(struct function *function, uint64_t delay_ps);

/* Where what FUNCTION, which is active, sends of TRAFFIC_CLASS waits. */
static inline struct function_channel *function_channel(const struct function *function, uint8_t traffic_class)
{
    return &function->channels[egress_vc(function->channel_count, traffic_class)];
}

/* Takes over a memory request for FUNCTION's BAR, which has left the receive buffer. */
void function_receive(struct function *function, struct tlp *request);

/* Counts TLP as sent or received. */
void function_count(struct function *function, const struct tlp *tlp);

#endif
