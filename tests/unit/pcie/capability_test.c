#include "fabric/pcie/capability.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "fabric/pcie/config_space.h"
#include "tests/support/config_samples.h"

Test(capability, one_follows_the_other)
{
    static struct config_layout layout;
    config_layout_init(&layout);
    cr_assert_eq(capability_find(&layout, CAPABILITY_MSI), 0);
    cr_assert_eq(capability_find_extended(&layout, EXTENDED_AER), 0);
    cr_assert_eq(capability_add(&layout, CAPABILITY_POWER, 8), 0x40);
    cr_assert_eq(capability_add_extended(&layout, EXTENDED_AER, 2, 0x48), 0x100);
    cr_assert_eq(capability_add(&layout, CAPABILITY_MSI, 10), 0x48);
    cr_assert_eq(capability_add(&layout, CAPABILITY_EXPRESS, 0x3c), 0x54, "on whole DWs");
    cr_assert_eq(capability_add_extended(&layout, EXTENDED_ARI, 1, 8), 0x148);
    cr_assert_eq(capability_add_extended(&layout, EXTENDED_ACS, 1, 8), 0x150);
    cr_assert_eq(capability_find(&layout, CAPABILITY_EXPRESS), 0x54);
    cr_assert_eq(capability_find_extended(&layout, EXTENDED_ARI), 0x148);
    cr_assert_eq(capability_find_extended(&layout, (enum extended_capability_id)CAPABILITY_EXPRESS), 0);
    cr_assert_eq(config_layout_reset_value(&layout, CONFIG_CAPABILITIES, 1), 0x40);
    cr_assert_eq(config_layout_reset_value(&layout, 0x40, 2), 0x4801);
    cr_assert_eq(config_layout_reset_value(&layout, 0x48, 2), 0x5405);
    cr_assert_eq(config_layout_reset_value(&layout, 0x54, 2), 0x0010);
    cr_assert_eq(config_layout_reset_value(&layout, 0x100, 4), 0x14820001);
    cr_assert_eq(config_layout_reset_value(&layout, 0x148, 4), 0x1501000e);
    cr_assert_eq(config_layout_reset_value(&layout, 0x150, 4), 0x0001000d);
    cr_assert(config_layout_is_valid(&layout));
}

/* Walks both chains as software does, and finds what the layout says is there, each directly behind the one before. */
static void walk(const struct config_space *space, const char *name)
{
    const struct config_layout *layout = space->layout;
    uint32_t found = 0;
    uint32_t end = CONFIG_HEADER_BYTES;
    for (uint32_t at = config_space_get(space, CONFIG_CAPABILITIES, 1); at; found++) {
        cr_assert_eq(at, end, "%s: a gap before %02x", name, at);
        uint8_t id = (uint8_t)config_space_get(space, (uint16_t)at, 1);
        cr_assert_eq(capability_find(layout, (enum capability_id)id), at, "%s", name);
        for (uint32_t i = 0; i < layout->capability_count; i++)
            if (layout->capabilities[i].offset == at)
                end = at + layout->capabilities[i].bytes;
        at = config_space_get(space, (uint16_t)(at + 1), 1);
    }
    end = CONFIG_EXTENDED_OFFSET;
    for (uint32_t at = CONFIG_EXTENDED_OFFSET; at; found++) {
        cr_assert_eq(at, end, "%s: a gap before %03x", name, at);
        uint32_t header = config_space_read(space, (uint16_t)at);
        cr_assert_eq(capability_find_extended(layout, (enum extended_capability_id)(header & 0xffff)), at, "%s", name);
        for (uint32_t i = 0; i < layout->capability_count; i++)
            if (layout->capabilities[i].offset == at)
                end = at + layout->capabilities[i].bytes;
        at = header >> 20;
    }
    cr_assert_eq(found, layout->capability_count, "%s", name);
}

Test(capability, software_finds_all_of_them)
{
    static struct config_layout layout;
    for (int i = 0; i < CONFIG_SAMPLES; i++) {
        struct config_space space;
        config_sample(&layout, (enum config_sample)i);
        config_space_init(&space, &layout, NULL);
        for (uint16_t offset = 0; offset < CONFIG_SPACE_BYTES - 4; offset = (uint16_t)(offset + 4))
            config_space_write(&space, offset, 0xf, UINT32_MAX);
        walk(&space, config_sample_names[i]);
        config_space_free(&space);
    }
}

Test(capability, standard_ones_end_at_100h, .signal = SIGABRT)
{
    static struct config_layout layout;
    config_layout_init(&layout);
    capability_add(&layout, CAPABILITY_MSI, 0xbc);
    cr_assert_eq(capability_add(&layout, CAPABILITY_MSI, 4), 0xfc);
    capability_add(&layout, CAPABILITY_MSI, 4);
}

Test(capability, extended_ones_end_at_1000h, .signal = SIGABRT)
{
    static struct config_layout layout;
    config_layout_init(&layout);
    capability_add_extended(&layout, EXTENDED_AER, 1, 0xefc);
    cr_assert_eq(capability_add_extended(&layout, EXTENDED_AER, 1, 4), 0xffc);
    capability_add_extended(&layout, EXTENDED_AER, 1, 4);
}
