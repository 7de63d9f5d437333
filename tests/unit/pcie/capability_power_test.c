#include "fabric/pcie/capability_power.h"

#include <criterion/criterion.h>

#include "fabric/pcie/config_header.h"

static struct config_layout layout;
static struct config_space space;
static uint16_t base;

static void make(bool pme)
{
    config_layout_init(&layout);
    config_header_endpoint(&layout, &(struct config_endpoint){0});
    base = capability_power_add(&layout, pme);
    config_space_init(&space, &layout, NULL);
}

Test(capability_power, only_d0_and_d3)
{
    make(false);
    for (uint32_t from = 0; from <= 3; from += 3)
        for (uint32_t to = 0; to < 4; to++) {
            config_space_write(&space, base + POWER_CONTROL, 0x1, from);
            config_space_write(&space, base + POWER_CONTROL, 0x1, to);
            uint32_t now = to == 0 || to == 3 ? to : from;
            cr_assert_eq(config_space_get(&space, base + POWER_CONTROL, 2), POWER_CONTROL_NO_SOFT_RESET | now);
            cr_assert_eq(power_is_on(&space, base), now == 0);
        }
    config_space_free(&space);
}

Test(capability_power, a_wake_up_outlives_a_reset)
{
    make(true);
    cr_assert_eq(config_space_get(&space, base + POWER_CAPABILITIES, 2), 0xc803);
    config_space_write(&space, base + POWER_CONTROL, 0x3, POWER_CONTROL_PME_ENABLE | 3);
    config_space_set_bits(&space, base + POWER_CONTROL, 2, POWER_CONTROL_PME_STATUS);
    config_space_reset(&space, CONFIG_RESET_CONVENTIONAL);
    cr_assert_eq(config_space_get(&space, base + POWER_CONTROL, 2), 0x8108, "in D0, and still asking");
    config_space_write(&space, base + POWER_CONTROL, 0x3, POWER_CONTROL_PME_STATUS);
    cr_assert_eq(config_space_get(&space, base + POWER_CONTROL, 2), 0x0008);
    config_space_free(&space);
}

Test(capability_power, who_cannot_wake_does_not)
{
    make(false);
    cr_assert_eq(config_space_get(&space, base + POWER_CAPABILITIES, 2), 0x0003);
    config_space_write(&space, base + POWER_CONTROL, 0xf, UINT32_MAX);
    cr_assert_eq(config_space_read(&space, base + POWER_CONTROL), 0x000b);
    config_space_free(&space);
}
