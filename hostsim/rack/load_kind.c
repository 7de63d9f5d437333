#include "hostsim/rack/load_kind.h"

#include <stddef.h>

#define READS                                                                                                          \
    {                                                                                                                  \
        [OPERATION_READ] = true                                                                                        \
    }
#define WRITES                                                                                                         \
    {                                                                                                                  \
        [OPERATION_WRITE] = true                                                                                       \
    }
#define BOTH                                                                                                           \
    {                                                                                                                  \
        true, true                                                                                                     \
    }

static const struct {
    bool known;
    struct load_kind kind;
} kinds[] = {
    [OP_DMA_WRITE] = {true, {WRITES, TARGET_MEMORY, false}},
    [OP_DMA_READ] = {true, {READS, TARGET_MEMORY, false}},
    [OP_DMA_READ_WRITE] = {true, {BOTH, TARGET_MEMORY, false}},
    [OP_MMIO_WRITE] = {true, {WRITES, TARGET_OWN_BAR, true}},
    [OP_MMIO_READ] = {true, {READS, TARGET_OWN_BAR, true}},
    [OP_PEER_WRITE] = {true, {WRITES, TARGET_PEER_BAR, false}},
    [OP_PEER_READ] = {true, {READS, TARGET_PEER_BAR, false}},
};

const struct load_kind *load_kind(enum scenario_op op)
{
    return (size_t)op < sizeof kinds / sizeof kinds[0] && kinds[op].known ? &kinds[op].kind : NULL;
}
