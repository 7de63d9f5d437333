#include "fabric/pcie/capability_device.h"

#include <criterion/criterion.h>

#include "fabric/pcie/config_header.h"

static struct config_layout layout;
static struct config_space space;

static void start(void)
{
    config_layout_init(&layout);
    config_header_endpoint(&layout, &(struct config_endpoint){0});
}

Test(capability_device, serial_number_is_not_software_s_and_not_reset)
{
    start();
    uint16_t base = capability_serial_number_add(&layout);
    config_space_init(&space, &layout, NULL);
    serial_number_set(&space, base, UINT64_C(0x0011223344556677));
    config_space_write(&space, base + 4, 0xf, 0);
    config_space_reset(&space, CONFIG_RESET_COLD);
    cr_assert_eq(config_space_read(&space, base), 0x00010003);
    cr_assert_eq(config_space_read(&space, base + 4), 0x44556677);
    cr_assert_eq(config_space_read(&space, base + 8), 0x00112233);
    config_space_free(&space);
}

Test(capability_device, ari_says_who_is_next)
{
    start();
    uint16_t base = capability_ari_add(&layout);
    config_space_init(&space, &layout, NULL);
    ari_set_next(&space, base, 7);
    config_space_write(&space, base + 4, 0xf, UINT32_MAX);
    config_space_reset(&space, CONFIG_RESET_COLD);
    cr_assert_eq(config_space_read(&space, base + 4), 0x00000700);
    config_space_free(&space);
}

Test(capability_device, acs_enables_what_is_supported)
{
    start();
    uint16_t base = capability_acs_add(&layout, ACS_OF_PORTS);
    config_space_init(&space, &layout, NULL);
    cr_assert_eq(acs_enabled(&space, base), 0);
    config_space_write(&space, base + 4, 0xf, UINT32_MAX);
    cr_assert_eq(config_space_read(&space, base + 4), 0x001f001f);
    cr_assert_eq(acs_enabled(&space, base), ACS_OF_PORTS);
    config_space_reset(&space, CONFIG_RESET_CONVENTIONAL);
    cr_assert_eq(acs_enabled(&space, base), 0);
    config_space_free(&space);
}
