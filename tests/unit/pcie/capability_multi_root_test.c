#include "fabric/pcie/capability_multi_root.h"

#include <criterion/criterion.h>

#include "fabric/pcie/capability.h"
#include "fabric/pcie/config_header.h"

static struct config_layout layout;
static struct config_space space;
static uint16_t base;

static void make(uint8_t pfs, uint8_t vhs, uint16_t vfs)
{
    config_layout_init(&layout);
    config_header_endpoint(&layout, &(struct config_endpoint){0});
    base = capability_multi_root_add(&layout, &(struct multi_root_config){.pfs = pfs, .vhs = vhs, .vfs = vfs});
    config_space_init(&space, &layout, NULL);
}

static void start(void)
{
    make(3, 5, 20);
}

static void end(void)
{
    config_space_free(&space);
}

static void place(uint8_t pf, uint32_t value)
{
    config_space_write(&space, multi_root_pf_offset(&space, base, pf), 0xf, value);
}

static void give(uint8_t pf, uint32_t initial, uint32_t total)
{
    config_space_write(&space, multi_root_pf_offset(&space, base, pf) + 4, 0xf, initial | total << 16);
}

Test(capability_multi_root, as_the_manager_finds_it, .init = start, .fini = end)
{
    cr_assert_eq(capability_find_extended(&layout, EXTENDED_MR_IOV), 0x100);
    cr_assert_eq(base, 0x104);
    cr_assert_eq(config_space_read(&space, 0x100), 0x10410011);
    cr_assert_eq(config_space_read(&space, base), 0x00010023);
    cr_assert_eq(config_space_read(&space, base + 0x04), 0x04c06d72, "32 + 3 * 8 + 5 * 4 bytes");
    cr_assert_eq(config_space_read(&space, base + 0x08), 0x00050001);
    cr_assert_eq(config_space_read(&space, base + 0x0c), 0x00140003);
    cr_assert_eq(config_space_read(&space, base + 0x10), 0x00380020);
    cr_assert_eq(multi_root_pf_offset(&space, base, 2), base + 0x30);
    cr_assert_eq(multi_root_vh_offset(&space, base, 1), base + 0x38);
    cr_assert_eq(multi_root_vh_offset(&space, base, 5), base + 0x48);
}

Test(capability_multi_root, one_pf_a_hierarchy, .init = start, .fini = end)
{
    place(0, MULTI_ROOT_PF_ENABLE | 7u << 8 | 2);
    struct multi_root_pf pf = multi_root_pf(&space, base, 0);
    cr_assert(pf.enabled && pf.vh == 2 && pf.key == 7);
    place(1, MULTI_ROOT_PF_ENABLE | 2);
    cr_assert_not(multi_root_pf(&space, base, 1).enabled, "somebody is there");
    place(1, MULTI_ROOT_PF_ENABLE | 0);
    place(1, MULTI_ROOT_PF_ENABLE | 6);
    cr_assert_not(multi_root_pf(&space, base, 1).enabled, "VH 1 to 5");
    place(1, 2);
    cr_assert_eq(multi_root_pf(&space, base, 1).vh, 2, "as long as it is not enabled");
    place(0, MULTI_ROOT_PF_ENABLE | 9u << 8 | 4);
    pf = multi_root_pf(&space, base, 0);
    cr_assert(pf.vh == 2 && pf.key == 7, "not while it is enabled");
    place(0, 0);
    place(1, MULTI_ROOT_PF_ENABLE | 2);
    cr_assert(multi_root_pf(&space, base, 1).enabled);
}

Test(capability_multi_root, no_more_vfs_than_there_are, .init = start, .fini = end)
{
    give(0, 4, 12);
    give(1, 8, 8);
    give(2, 0, 1);
    cr_assert_eq(multi_root_pf(&space, base, 2).total_vfs, 0, "20 are given");
    give(1, 8, 7);
    cr_assert_eq(multi_root_pf(&space, base, 1).total_vfs, 8, "InitialVFs are at most TotalVFs");
    give(0, 4, 11);
    give(2, 0, 1);
    cr_assert_eq(multi_root_pf(&space, base, 0).total_vfs, 11);
    cr_assert_eq(multi_root_pf(&space, base, 2).total_vfs, 1);
    give(2, 0xffff, 0xffff);
    cr_assert_eq(multi_root_pf(&space, base, 2).total_vfs, 1);
}

Test(capability_multi_root, outlives_the_reset_of_vh_0, .init = start, .fini = end)
{
    place(0, MULTI_ROOT_PF_ENABLE | 2);
    config_space_write(&space, multi_root_vh_offset(&space, base, 2), 0xf, MULTI_ROOT_VH_HOLD);
    config_space_reset(&space, CONFIG_RESET_CONVENTIONAL);
    cr_assert(multi_root_pf(&space, base, 0).enabled);
    cr_assert_eq(config_space_read(&space, multi_root_vh_offset(&space, base, 2)), MULTI_ROOT_VH_HOLD);
    config_space_reset(&space, CONFIG_RESET_COLD);
    cr_assert_not(multi_root_pf(&space, base, 0).enabled);
    cr_assert_eq(config_space_read(&space, multi_root_vh_offset(&space, base, 2)), 0);
}

Test(capability_multi_root, bits_that_act_read_as_0, .init = start, .fini = end)
{
    uint16_t at = multi_root_pf_offset(&space, base, 0);
    place(0, UINT32_MAX);
    cr_assert_eq(config_space_read(&space, at), 0, "VH 255 there is not");
    place(0, UINT32_MAX & ~(uint32_t)(MULTI_ROOT_PF_ENABLE));
    cr_assert_eq(config_space_read(&space, at), 0xffff);
    config_space_write(&space, base + MULTI_ROOT_MIGRATION_COMMAND, 0xf, UINT32_MAX);
    cr_assert_eq(config_space_read(&space, base + MULTI_ROOT_MIGRATION_COMMAND), 0x03ffffff);
    config_space_write(&space, base + MULTI_ROOT_MIGRATION_RESULT, 0xf, UINT32_MAX);
    cr_assert_eq(config_space_read(&space, base + MULTI_ROOT_MIGRATION_RESULT), 0);
}

Test(capability_multi_root, the_largest_fits, .fini = end)
{
    make(MULTI_ROOT_PFS_MAX, MULTI_ROOT_VHS_MAX, 0xffff);
    cr_assert(config_layout_is_valid(&layout));
    give(254, 0xffff, 0xffff);
    cr_assert_eq(multi_root_pf(&space, base, 254).total_vfs, 0xffff);
    place(254, MULTI_ROOT_PF_ENABLE | 255);
    cr_assert(multi_root_pf(&space, base, 254).enabled);
}
