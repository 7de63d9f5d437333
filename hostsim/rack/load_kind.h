/* Load kind: what an op of a scenario is to the model: who issues it, to what, and in which direction. */
#ifndef HOSTSIM_RACK_LOAD_KIND_H
#define HOSTSIM_RACK_LOAD_KIND_H

#include <stdbool.h>

#include "fabric/pcie/operation.h"
#include "hostsim/rack/scenario.h"

/* Whose memory or registers an operation is about. */
enum load_target { TARGET_MEMORY, TARGET_OWN_BAR, TARGET_PEER_BAR };

struct load_kind {
    bool does[OPERATION_KINDS]; /* both: a read and a write that start together */
    enum load_target target;
    bool by_core; /* a core issues it; otherwise the function's DMA engine */
};

/* NULL for ops of adapters that are not modelled yet, and for OP_MIX, which is several. */
const struct load_kind *load_kind(enum scenario_op op);

#endif
