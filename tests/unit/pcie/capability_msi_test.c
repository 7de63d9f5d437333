#include "fabric/pcie/capability_msi.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "fabric/pcie/config_header.h"

static struct config_layout layout;
static struct config_space space;
static uint16_t base;

static void start(void)
{
    config_layout_init(&layout);
    config_header_endpoint(&layout, &(struct config_endpoint){0});
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

Test(capability_msi, no_more_vectors_than_there_are, .fini = end)
{
    start();
    base = capability_msi_add(&layout, 8);
    config_space_init(&space, &layout, NULL);
    cr_assert_eq(config_space_get(&space, base + MSI_CONTROL, 2), 0x0186);
    for (uint32_t grant = 0; grant < 8; grant++) {
        config_space_write(&space, base, 0xc, UINT32_C(2) << 20);
        config_space_write(&space, base, 0xc, grant << 20 | 1u << 16);
        cr_assert_eq(config_space_get(&space, base + MSI_CONTROL, 2), 0x0187 | (grant <= 3 ? grant : 2) << 4);
    }
    cr_assert_eq(probe(MSI_ADDRESS), 0xfffffffc);
    cr_assert_eq(probe(MSI_ADDRESS_UPPER), 0xffffffff);
    cr_assert_eq(probe(MSI_DATA), 0x0000ffff);
    cr_assert_eq(probe(MSI_MASK), 0x000000ff);
    cr_assert_eq(probe(MSI_PENDING), 0);
}

Test(capability_msi, messages, .fini = end)
{
    struct msi_message message;
    start();
    base = capability_msi_add(&layout, 4);
    config_space_init(&space, &layout, NULL);
    config_space_write(&space, base + MSI_ADDRESS, 0xf, 0xfee01000);
    config_space_write(&space, base + MSI_ADDRESS_UPPER, 0xf, 0x1);
    config_space_write(&space, base + MSI_DATA, 0x3, 0x4a31);
    cr_assert_not(msi_message(&space, base, 0, &message), "not enabled");
    config_space_write(&space, base, 0xc, (1u << 4 | MSI_CONTROL_ENABLE) << 16);
    cr_assert(msi_message(&space, base, 0, &message));
    cr_assert_eq(message.address, UINT64_C(0x1fee01000));
    cr_assert_eq(message.data, 0x4a30);
    cr_assert(msi_message(&space, base, 1, &message));
    cr_assert_eq(message.data, 0x4a31);
    cr_assert_not(msi_message(&space, base, 2, &message), "two are granted");
    config_space_write(&space, base + MSI_MASK, 0xf, 0x2);
    cr_assert_not(msi_message(&space, base, 1, &message));
    cr_assert_eq(config_space_read(&space, base + MSI_PENDING), 0x2);
    cr_assert(msi_message(&space, base, 0, &message));
    config_space_reset(&space, CONFIG_RESET_FUNCTION);
    cr_assert_eq(config_space_read(&space, base + MSI_PENDING), 0);
}

Test(capability_msi, msix, .fini = end)
{
    start();
    base = capability_msix_add(
        &layout,
        &(struct msix_config){
            .vectors = 2048, .table_bar = 4, .table_offset = 0x1000, .pending_bar = 2, .pending_offset = 0x9008});
    config_space_init(&space, &layout, NULL);
    cr_assert_not(msix_is_on(&space, base));
    cr_assert_eq(probe(MSIX_TABLE), 0x1004);
    cr_assert_eq(probe(MSIX_PENDING), 0x900a);
    config_space_write(&space, base, 0xc, UINT32_MAX);
    cr_assert_eq(config_space_get(&space, base + MSIX_CONTROL, 2), 0xc7ff);
    cr_assert_not(msix_is_on(&space, base), "masked as a whole");
    config_space_write(&space, base, 0xc, UINT32_C(0x8000) << 16);
    cr_assert(msix_is_on(&space, base));
    config_space_reset(&space, CONFIG_RESET_FUNCTION);
    cr_assert_not(msix_is_on(&space, base));
}

Test(capability_msi, vectors_are_a_power_of_two, .signal = SIGABRT)
{
    start();
    capability_msi_add(&layout, 12);
}

Test(capability_msi, tables_are_aligned, .signal = SIGABRT)
{
    start();
    capability_msix_add(&layout, &(struct msix_config){.vectors = 1, .table_offset = 4});
}
