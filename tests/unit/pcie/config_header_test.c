#include "fabric/pcie/config_header.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "fabric/pcie/config_space.h"

static const struct config_identity identity = {
    .vendor = 0x1234,
    .device = 0x5678,
    .class_code = 0x010802,
    .revision = 3,
    .subsystem_vendor = 0x9abc,
    .subsystem = 0xdef0,
};

/* What software finds when it writes all ones to the DW at OFFSET. */
static uint32_t probe(struct config_space *space, uint16_t offset)
{
    config_space_write(space, offset, 0xf, UINT32_MAX);
    return config_space_read(space, offset);
}

Test(config_header, endpoint_as_software_finds_it)
{
    static struct config_layout layout;
    struct config_space space;
    const struct config_endpoint endpoint = {
        .identity = identity,
        .bars =
            {
                {CONFIG_BAR_64, true, UINT64_C(8) << 30},
                [2] = {CONFIG_BAR_32, false, 16},
                [3] = {CONFIG_BAR_IO, false, 256},
                [4] = {CONFIG_BAR_64, false, 65536},
            },
        .interrupt_pin = 2,
    };
    config_layout_init(&layout);
    config_header_endpoint(&layout, &endpoint);
    config_space_init(&space, &layout, NULL);
    cr_assert_eq(config_space_read(&space, 0x00), 0x56781234);
    cr_assert_eq(config_space_read(&space, 0x04), 0x00100000);
    cr_assert_eq(config_space_read(&space, 0x08), 0x01080203);
    cr_assert_eq(config_space_get(&space, CONFIG_HEADER_TYPE, 1), 0);
    cr_assert_eq(config_space_read(&space, 0x2c), 0xdef09abc);
    cr_assert_eq(config_space_get(&space, CONFIG_INTERRUPT_PIN, 1), 2);
    cr_assert_eq(probe(&space, 0x00), 0x56781234);
    cr_assert_eq(probe(&space, 0x04), 0x00100547, "I/O too: it has an I/O BAR");
    cr_assert_eq(probe(&space, 0x10), 0x0000000c, "8 GiB");
    cr_assert_eq(probe(&space, 0x14), 0xfffffffe);
    cr_assert_eq(probe(&space, 0x18), 0xfffffff0);
    cr_assert_eq(probe(&space, 0x1c), 0xffffff01);
    cr_assert_eq(probe(&space, 0x20), 0xffff0004);
    cr_assert_eq(probe(&space, 0x24), 0xffffffff);
    cr_assert_eq(probe(&space, 0x30), 0, "no expansion ROM");
    cr_assert_eq(probe(&space, 0x3c), 0x000002ff);
    config_space_free(&space);
}

Test(config_header, errors_of_status_are_cleared_by_ones)
{
    static struct config_layout layout;
    struct config_space space;
    config_layout_init(&layout);
    config_header_endpoint(&layout, &(struct config_endpoint){.identity = identity});
    config_space_init(&space, &layout, NULL);
    config_space_set_bits(&space, CONFIG_STATUS, 2, STATUS_REGISTER_ERRORS);
    config_space_write(&space, CONFIG_COMMAND, 0xf, 0x08000000);
    cr_assert_eq(config_space_get(&space, CONFIG_STATUS, 2), 0xf110);
    config_space_write(&space, CONFIG_COMMAND, 0xf, 0xffff0000);
    cr_assert_eq(config_space_get(&space, CONFIG_STATUS, 2), STATUS_REGISTER_CAPABILITIES);
    cr_assert_eq(probe(&space, 0x04), 0x00100546, "no I/O");
    config_space_free(&space);
}

static void expect_bridge(bool io, uint32_t io_probe, uint32_t upper_probe)
{
    static struct config_layout layout;
    struct config_space space;
    config_layout_init(&layout);
    config_header_bridge(
        &layout,
        &(struct config_bridge){.identity = identity, .bars = {{CONFIG_BAR_32, false, 4096}}, .io_window = io});
    config_space_init(&space, &layout, NULL);
    cr_assert_eq(config_space_get(&space, CONFIG_HEADER_TYPE, 1), HEADER_TYPE_BRIDGE);
    cr_assert_eq(probe(&space, 0x10), 0xfffff000);
    cr_assert_eq(probe(&space, 0x18), 0x00ffffff, "bus numbers; no latency timer");
    cr_assert_eq(probe(&space, 0x1c), io_probe);
    cr_assert_eq(probe(&space, 0x20), 0xfff0fff0);
    cr_assert_eq(probe(&space, 0x24), 0xfff1fff1);
    cr_assert_eq(probe(&space, 0x28), 0xffffffff);
    cr_assert_eq(probe(&space, 0x2c), 0xffffffff);
    cr_assert_eq(probe(&space, 0x30), upper_probe);
    cr_assert_eq(probe(&space, 0x3c), 0x004300ff);
    config_space_free(&space);
}

Test(config_header, bridge_as_software_finds_it)
{
    expect_bridge(true, 0x0000f1f1, 0xffffffff);
    expect_bridge(false, 0, 0);
}

Test(config_header, vf_has_next_to_nothing)
{
    static struct config_layout layout;
    struct config_space space;
    config_layout_init(&layout);
    config_header_vf(&layout, &identity);
    config_space_init(&space, &layout, NULL);
    cr_assert_eq(probe(&space, 0x00), 0xffffffff);
    cr_assert_eq(probe(&space, 0x04), 0x00100004, "Bus Master only");
    cr_assert_eq(probe(&space, 0x08), 0x01080203);
    for (uint16_t offset = 0x0c; offset < 0x2c; offset = (uint16_t)(offset + 4))
        cr_assert_eq(probe(&space, offset), 0, "%02x", offset);
    cr_assert_eq(probe(&space, 0x2c), 0xdef09abc);
    cr_assert_eq(probe(&space, 0x3c), 0);
    config_space_free(&space);
}

#define MUST_ABORT(name, ...)                                                                                          \
    Test(config_header, name, .signal = SIGABRT)                                                                       \
    {                                                                                                                  \
        static struct config_layout layout;                                                                            \
        config_layout_init(&layout);                                                                                   \
        config_header_endpoint(&layout, &(struct config_endpoint){.bars = {__VA_ARGS__}});                             \
    }

MUST_ABORT(a_bar_is_a_power_of_two, {CONFIG_BAR_32, false, 12288})
MUST_ABORT(a_bar_has_a_size, {CONFIG_BAR_32, false, 0})
MUST_ABORT(a_32_bit_bar_is_below_4_gib, {CONFIG_BAR_32, false, UINT64_C(4) << 30})
MUST_ABORT(a_64_bit_bar_takes_two, {CONFIG_BAR_64, true, 4096}, {CONFIG_BAR_32, false, 4096})
MUST_ABORT(the_last_bar_is_not_64_bits, [5] = {CONFIG_BAR_64, true, 4096})
MUST_ABORT(io_is_not_prefetchable, {CONFIG_BAR_IO, true, 256})
