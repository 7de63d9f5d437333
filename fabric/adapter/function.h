/* Function: one PCI Express function of an adapter: its base function, a PF or a VF.
 *
 * A function is in one hierarchy, or in none while nobody owns it. There it has an ID and a BAR; it issues requests
 * through its DMA engine and answers reads of its BAR. */
#ifndef FABRIC_ADAPTER_FUNCTION_H
#define FABRIC_ADAPTER_FUNCTION_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/adapter/dma_engine.h"
#include "fabric/pcie/completer.h"
#include "fabric/pcie/egress.h"

struct adapter;

/* One BAR a function, this large: registers and the peer window. */
#define FUNCTION_BAR_BYTES (UINT64_C(1) << 20)

/* What its owner's host programs into it. */
struct function_settings {
    uint16_t vh;
    uint16_t id;       /* as the adapter puts it on the wire */
    uint64_t bar_base; /* as the adapter sees it */
    uint32_t mps, mrrs;
    uint32_t weight; /* its share where functions take turns; 0: 1 */
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
    uint32_t channel_count;
    bool active; /* in a hierarchy */
    struct dma_engine engine;
};

/* Puts an inactive function into a hierarchy. */
void function_activate(struct function *function, struct adapter *adapter, const struct function_settings *settings);
void function_free(struct function *function);

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
