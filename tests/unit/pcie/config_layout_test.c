#include "fabric/pcie/config_layout.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "fabric/pcie/capability.h"
#include "fabric/pcie/config_space.h"
#include "tests/support/config_samples.h"

Test(config_layout, samples_are_valid)
{
    static struct config_layout layout;
    for (int i = 0; i < CONFIG_SAMPLES; i++) {
        config_sample(&layout, (enum config_sample)i);
        cr_assert(config_layout_is_valid(&layout), "%s", config_sample_names[i]);
    }
}

Test(config_layout, what_is_said_last_of_a_bit_holds)
{
    static struct config_layout layout;
    config_layout_init(&layout);
    const struct config_register first = {0, 4, .reset = 0x11223344, .writable = UINT32_MAX};
    const struct config_register second = {1, 1, .reset = 0xaa, .live = 0x80};
    config_layout_define(&layout, 0x40, &first, 1);
    config_layout_define(&layout, 0x40, &second, 1);
    cr_assert_eq(layout.dwords[0x10].reset, 0x1122aa44);
    cr_assert_eq(layout.dwords[0x10].writable, 0xffff00ff);
    cr_assert_eq(layout.dwords[0x10].live, 0x8000);
    cr_assert_eq(layout.bytes, 0x44);
    cr_assert_eq(config_layout_reset_value(&layout, 0x42, 2), 0x1122);
    cr_assert(config_layout_is_valid(&layout));
}

/* Each of these breaks a sample that is valid, and must be noticed. */
Test(config_layout, broken_ones_are_noticed)
{
    static struct config_layout good, bad;
    config_sample(&good, CONFIG_SAMPLE_PF);
    uint16_t aer = capability_find_extended(&good, EXTENDED_AER);
    uint16_t express = capability_find(&good, CAPABILITY_EXPRESS);
#define NOTICED(change)                                                                                                \
    do {                                                                                                               \
        bad = good;                                                                                                    \
        change;                                                                                                        \
        cr_assert_not(config_layout_is_valid(&bad), #change);                                                          \
    } while (0)
    NOTICED(bad.dwords[1].live |= COMMAND_MEMORY);          /* written by software, too */
    NOTICED(bad.dwords[0].sticky |= 1);                     /* nothing can change it */
    NOTICED(bad.dwords[aer / 4].reset ^= 0x100000);         /* the chain goes elsewhere */
    NOTICED(bad.dwords[aer / 4].reset ^= 1);                /* another ID */
    NOTICED(bad.dwords[aer / 4].writable = 0x100000);       /* software may bend the chain */
    NOTICED(bad.dwords[express / 4].reset ^= 0x400);        /* likewise the standard one */
    NOTICED(bad.dwords[CONFIG_CAPABILITIES / 4].reset = 0); /* no way into the chain */
    NOTICED(bad.capabilities[0].bytes += 4);                /* overlaps the next one */
    NOTICED(bad.dwords[CONFIG_SPACE_DWS - 1].writable = 1); /* behind the end */
    NOTICED(bad.bytes += 2);
#undef NOTICED
}

#define MUST_ABORT(name, ...)                                                                                          \
    Test(config_layout, name, .signal = SIGABRT)                                                                       \
    {                                                                                                                  \
        static struct config_layout layout;                                                                            \
        config_layout_init(&layout);                                                                                   \
        const struct config_register wrong = {__VA_ARGS__};                                                            \
        config_layout_define(&layout, 0, &wrong, 1);                                                                   \
    }

MUST_ABORT(a_register_does_not_cross_a_dword, 2, 4, .reset = 0)
MUST_ABORT(a_register_holds_its_value, 0, 1, .reset = 0x100)
MUST_ABORT(a_register_of_three_bytes_there_is_not, 0, 3, .reset = 0)
MUST_ABORT(a_bit_is_software_s_or_hardware_s, 0, 4, .writable = 1, .live = 1)
MUST_ABORT(a_bit_is_written_or_cleared, 0, 4, .writable = 1, .clearable = 1)
MUST_ABORT(space_ends, 4096, 4, .reset = 0)
