#include "fabric/pcie/config_decode.h"

#include <criterion/criterion.h>

#include "fabric/pcie/config_header.h"

static struct config_layout layout;
static struct config_space space;

static void make_bridge(bool io)
{
    config_layout_init(&layout);
    config_header_bridge(&layout, &(struct config_bridge){.io_window = io});
    config_space_init(&space, &layout, NULL);
}

static void end(void)
{
    config_space_free(&space);
}

Test(config_decode, bars, .fini = end)
{
    const struct config_endpoint endpoint = {
        .bars = {
            {CONFIG_BAR_64, true, UINT64_C(8) << 30},
            [2] = {CONFIG_BAR_32, false, 4096},
            [3] = {CONFIG_BAR_IO, false, 32},
        }};
    uint64_t address = 1;
    config_layout_init(&layout);
    config_header_endpoint(&layout, &endpoint);
    config_space_init(&space, &layout, NULL);
    cr_assert_eq(config_decode_bar(&space, 0x10, &address), UINT64_C(8) << 30);
    cr_assert_eq(address, 0);
    config_space_write(&space, 0x10, 0xf, 0xffffffff);
    config_space_write(&space, 0x14, 0xf, 0x00000123);
    config_space_write(&space, 0x18, 0xf, 0xfedcba98);
    config_space_write(&space, 0x1c, 0xf, 0x0000c0ff);
    cr_assert_eq(config_decode_bar(&space, 0x10, &address), UINT64_C(8) << 30);
    cr_assert_eq(address, UINT64_C(0x12200000000));
    cr_assert_eq(config_decode_bar(&space, 0x18, &address), 4096);
    cr_assert_eq(address, 0xfedcb000);
    cr_assert_eq(config_decode_bar(&space, 0x1c, &address), 32);
    cr_assert_eq(address, 0xc0e0);
    cr_assert_eq(config_decode_bar(&space, 0x20, &address), 0, "there is none");
    cr_assert_eq(address, 0);
}

Test(config_decode, bridge_windows, .fini = end)
{
    make_bridge(true);
    config_space_write(&space, CONFIG_PRIMARY_BUS, 0x7, 0x00090302);
    config_space_write(&space, CONFIG_MEMORY_BASE, 0xf, 0x90109000);
    config_space_write(&space, CONFIG_PREFETCH_BASE, 0xf, 0x00310021);
    config_space_write(&space, CONFIG_PREFETCH_BASE_UPPER, 0xf, 0x12);
    config_space_write(&space, CONFIG_PREFETCH_LIMIT_UPPER, 0xf, 0x13);
    config_space_write(&space, CONFIG_IO_BASE, 0x3, 0x2010);
    config_space_write(&space, CONFIG_IO_BASE_UPPER, 0xf, 0x00010001);
    struct config_bridge_state state = config_decode_bridge(&space);
    cr_assert_eq(state.primary, 2);
    cr_assert_eq(state.secondary, 3);
    cr_assert_eq(state.subordinate, 9);
    cr_assert_not(state.bus_master);
    cr_assert_eq(state.memory.base, state.memory.limit, "Memory Space is off");
    cr_assert_eq(state.prefetchable.base, state.prefetchable.limit);
    cr_assert_eq(state.io.base, state.io.limit);

    config_space_write(&space, CONFIG_COMMAND, 0x3, COMMAND_MEMORY | COMMAND_IO | COMMAND_BUS_MASTER);
    config_space_write(&space, CONFIG_BRIDGE_CONTROL & ~3, 0xc, BRIDGE_CONTROL_SECONDARY_RESET << 16);
    state = config_decode_bridge(&space);
    cr_assert(state.bus_master && state.secondary_reset);
    cr_assert_eq(state.memory.base, 0x90000000);
    cr_assert_eq(state.memory.limit, 0x90200000);
    cr_assert_eq(state.prefetchable.base, UINT64_C(0x1200200000));
    cr_assert_eq(state.prefetchable.limit, UINT64_C(0x1300400000));
    cr_assert_eq(state.io.base, 0x11000);
    cr_assert_eq(state.io.limit, 0x13000);
}

Test(config_decode, equal_base_and_limit_are_one_unit, .fini = end)
{
    make_bridge(true);
    config_space_write(&space, CONFIG_COMMAND, 0x3, COMMAND_MEMORY | COMMAND_IO);
    config_space_write(&space, CONFIG_MEMORY_BASE, 0xf, 0x90009000);
    config_space_write(&space, CONFIG_IO_BASE, 0x3, 0x2020);
    struct config_bridge_state state = config_decode_bridge(&space);
    cr_assert_eq(state.memory.limit - state.memory.base, 1 << 20);
    cr_assert_eq(state.prefetchable.limit - state.prefetchable.base, 1 << 20, "0 to 1 MiB, as it is reset");
    cr_assert_eq(state.io.limit - state.io.base, 4096);
}

Test(config_decode, closed_windows_are_empty, .fini = end)
{
    make_bridge(false);
    config_space_write(&space, CONFIG_COMMAND, 0x3, COMMAND_MEMORY | COMMAND_IO);
    config_space_write(&space, CONFIG_MEMORY_BASE, 0xf, 0x0000fff0);
    config_space_write(&space, CONFIG_PREFETCH_BASE, 0xf, 0x0000fff0);
    struct config_bridge_state state = config_decode_bridge(&space);
    cr_assert_eq(state.memory.base, state.memory.limit);
    cr_assert_eq(state.prefetchable.base, state.prefetchable.limit);
    cr_assert_eq(state.io.base, state.io.limit, "a bridge without I/O");
}

Test(config_decode, buses_that_a_bridge_claims, .fini = end)
{
    make_bridge(false);
    struct config_bridge_state state = config_decode_bridge(&space);
    cr_assert_not(config_bridge_claims_bus(&state, 0), "not programmed yet");
    config_space_write(&space, CONFIG_PRIMARY_BUS, 0x7, 0x00050302);
    state = config_decode_bridge(&space);
    for (int bus = 0; bus < 256; bus++)
        cr_assert_eq(config_bridge_claims_bus(&state, (uint8_t)bus), bus >= 3 && bus <= 5);
}
