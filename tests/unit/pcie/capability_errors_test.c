#include "fabric/pcie/capability_errors.h"

#include <criterion/criterion.h>

#include "fabric/pcie/config_header.h"
#include "fabric/pcie/config_space.h"

static struct config_layout layout;
static struct config_space space;
static uint16_t base;

static void make(enum express_type type, bool vf)
{
    config_layout_init(&layout);
    config_header_endpoint(&layout, &(struct config_endpoint){0});
    base = capability_aer_add(&layout, type, vf);
    config_space_init(&space, &layout, NULL);
}

static void end(void)
{
    config_space_free(&space);
}

static uint32_t probe(uint16_t offset)
{
    config_space_write(&space, base + offset, 0xf, UINT32_MAX);
    return config_space_read(&space, base + offset);
}

Test(capability_errors, aer_of_an_endpoint, .fini = end)
{
    make(EXPRESS_ENDPOINT, false);
    cr_assert_eq(config_space_read(&space, base), 0x00020001);
    cr_assert_eq(config_space_read(&space, base + AER_UNCORRECTABLE_MASK), 0x00400000);
    cr_assert_eq(config_space_read(&space, base + AER_UNCORRECTABLE_SEVERITY), 0x00462030);
    cr_assert_eq(config_space_read(&space, base + AER_CORRECTABLE_MASK), 0x0000e000);
    cr_assert_eq(config_space_read(&space, base + AER_CONTROL), 0x000000a0);
    cr_assert_eq(probe(AER_UNCORRECTABLE_STATUS), 0);
    cr_assert_eq(probe(AER_UNCORRECTABLE_MASK), 0x007ff010, "no surprise down: nothing is below");
    cr_assert_eq(probe(AER_UNCORRECTABLE_SEVERITY), 0x007ff030);
    cr_assert_eq(probe(AER_CORRECTABLE_MASK), 0x0000f1c1);
    cr_assert_eq(probe(AER_CONTROL), 0x000001e0);
    cr_assert_eq(probe(AER_ROOT_COMMAND), 0);
    cr_assert_eq(probe(AER_HEADER_LOG), 0);
}

Test(capability_errors, aer_of_a_root_port, .fini = end)
{
    make(EXPRESS_ROOT_PORT, false);
    cr_assert_eq(probe(AER_UNCORRECTABLE_MASK), 0x007ff030);
    cr_assert_eq(probe(AER_ROOT_COMMAND), 0x7);
    config_space_set(&space, base + AER_ROOT_STATUS, 4, 0x7f);
    config_space_set(&space, base + AER_ROOT_SOURCE_UNCORRECTABLE, 2, 0x0300);
    config_space_reset(&space, CONFIG_RESET_CONVENTIONAL);
    cr_assert_eq(config_space_read(&space, base + AER_ROOT_COMMAND), 0);
    cr_assert_eq(config_space_read(&space, base + AER_ROOT_STATUS), 0x7f, "sticky");
    cr_assert_eq(probe(AER_ROOT_STATUS), 0);
    cr_assert_eq(probe(AER_ROOT_SOURCE_CORRECTABLE), 0x03000000);
}

Test(capability_errors, aer_of_a_vf_has_its_own_errors_only, .fini = end)
{
    make(EXPRESS_ENDPOINT, true);
    cr_assert_eq(probe(AER_UNCORRECTABLE_MASK), 0);
    cr_assert_eq(probe(AER_UNCORRECTABLE_SEVERITY), 0);
    cr_assert_eq(probe(AER_CORRECTABLE_MASK), 0);
    cr_assert_eq(probe(AER_CONTROL), 0);
    cr_assert_eq(layout.dwords[(base + AER_UNCORRECTABLE_STATUS) / 4].clearable, 0x0031d000);
    cr_assert_eq(layout.dwords[(base + AER_CORRECTABLE_STATUS) / 4].clearable, 0x0000a000);
}

Test(capability_errors, what_was_logged_outlives_all_but_power, .fini = end)
{
    make(EXPRESS_ENDPOINT, false);
    config_space_set_bits(&space, base + AER_UNCORRECTABLE_STATUS, 4, AER_POISONED);
    config_space_set(&space, base + AER_HEADER_LOG, 4, 0x40000001);
    config_space_write(&space, base + AER_UNCORRECTABLE_MASK, 0xf, AER_ECRC);
    config_space_reset(&space, CONFIG_RESET_FUNCTION);
    config_space_reset(&space, CONFIG_RESET_CONVENTIONAL);
    cr_assert_eq(config_space_read(&space, base + AER_UNCORRECTABLE_STATUS), AER_POISONED);
    cr_assert_eq(config_space_read(&space, base + AER_HEADER_LOG), 0x40000001);
    cr_assert_eq(config_space_read(&space, base + AER_UNCORRECTABLE_MASK), AER_ECRC);
    config_space_reset(&space, CONFIG_RESET_COLD);
    cr_assert_eq(config_space_read(&space, base + AER_UNCORRECTABLE_STATUS), 0);
    cr_assert_eq(config_space_read(&space, base + AER_HEADER_LOG), 0);
    cr_assert_eq(config_space_read(&space, base + AER_UNCORRECTABLE_MASK), AER_INTERNAL);
}

Test(capability_errors, dpc, .fini = end)
{
    config_layout_init(&layout);
    config_header_bridge(&layout, &(struct config_bridge){0});
    base = capability_dpc_add(&layout);
    config_space_init(&space, &layout, NULL);
    cr_assert_eq(probe(DPC_CAPABILITIES), 0x000f0080, "Software Trigger reads as 0");
    config_space_set(&space, base + DPC_STATUS, 2, 0x0b);
    config_space_set(&space, base + DPC_SOURCE, 2, 0x0301);
    config_space_write(&space, base + DPC_STATUS, 0x3, DPC_STATUS_TRIGGERED);
    cr_assert_eq(config_space_read(&space, base + DPC_STATUS), 0x0301000a);
}
