#include "hostsim/rack/load_kind.h"

#include <criterion/criterion.h>

Test(load_kind, each_known_op_does_something)
{
    uint32_t known = 0;
    for (int op = 0; op < SCENARIO_OPS; op++) {
        const struct load_kind *kind = load_kind((enum scenario_op)op);
        known += kind != NULL;
        cr_expect(kind == NULL || kind->does[OPERATION_READ] || kind->does[OPERATION_WRITE]);
    }
    cr_expect_eq(known, 7);
    cr_expect_null(load_kind(OP_MIX));
    cr_expect(load_kind(OP_DMA_READ_WRITE)->does[0] && load_kind(OP_DMA_READ_WRITE)->does[1]);
    cr_expect(load_kind(OP_MMIO_READ)->by_core && !load_kind(OP_MMIO_READ)->does[OPERATION_WRITE]);
    cr_expect_eq(load_kind(OP_PEER_WRITE)->target, TARGET_PEER_BAR);
}
