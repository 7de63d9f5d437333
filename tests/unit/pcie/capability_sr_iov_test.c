#include "fabric/pcie/capability_sr_iov.h"

#include <criterion/criterion.h>
#include <signal.h>

static struct config_layout layout;
static struct config_space space;
static uint16_t base;

static void make(bool migration)
{
    const struct sr_iov_config config = {
        .vf_device = 0x1002,
        .function = 1,
        .with_ari = {0x80, 2},
        .without = {0x100, 1},
        .bars = {{CONFIG_BAR_64, true, 16384}, [4] = {CONFIG_BAR_32, false, UINT64_C(1) << 20}},
        .migration = migration,
        .migration_message = 9,
        .migration_bar = 2,
        .migration_offset = 0x800,
    };
    config_layout_init(&layout);
    config_header_endpoint(&layout, &(struct config_endpoint){0});
    base = capability_sr_iov_add(&layout, &config);
    config_space_init(&space, &layout, NULL);
    sr_iov_set_vfs(&space, base, migration ? 12 : 16, 16);
}

static void start(void)
{
    make(false);
}

static void start_with_migration(void)
{
    make(true);
}

static void end(void)
{
    config_space_free(&space);
}

static void control(uint32_t bits)
{
    config_space_write(&space, base + SR_IOV_CONTROL, 0x3, bits);
}

static uint32_t control_now(void)
{
    return config_space_get(&space, base + SR_IOV_CONTROL, 2);
}

static void num_vfs(uint32_t count)
{
    config_space_write(&space, base + SR_IOV_NUM_VFS, 0x3, count);
}

static uint32_t probe(uint16_t offset)
{
    config_space_write(&space, base + offset, 0xf, UINT32_MAX);
    return config_space_read(&space, base + offset);
}

Test(capability_sr_iov, as_software_finds_it, .init = start, .fini = end)
{
    cr_assert_eq(probe(SR_IOV_CAPABILITIES), 0x2);
    cr_assert_eq(probe(SR_IOV_INITIAL_VFS), 0x00100010);
    cr_assert_eq(config_space_get(&space, base + SR_IOV_DEPENDENCY, 2), 1, "the PF itself");
    cr_assert_eq(probe(SR_IOV_FIRST_OFFSET), 0x00010100);
    cr_assert_eq(probe(SR_IOV_STRIDE + 2), 0x10020000);
    cr_assert_eq(probe(SR_IOV_SUPPORTED_PAGES), 0x553);
    cr_assert_eq(config_space_read(&space, base + SR_IOV_SYSTEM_PAGE), 1);
    cr_assert_eq(probe(SR_IOV_BAR), 0xffffc00c);
    cr_assert_eq(probe(SR_IOV_BAR + 4), 0xffffffff);
    cr_assert_eq(probe(SR_IOV_BAR + 8), 0);
    cr_assert_eq(probe(SR_IOV_BAR + 16), 0xfff00000);
    cr_assert_eq(probe(SR_IOV_MIGRATION_STATES), 0);
    cr_assert_eq(probe(SR_IOV_CONTROL), 0x19, "no migration");
}

Test(capability_sr_iov, with_migration, .init = start_with_migration, .fini = end)
{
    cr_assert_eq(probe(SR_IOV_CAPABILITIES), 9u << 21 | 3);
    cr_assert_eq(probe(SR_IOV_INITIAL_VFS), 0x0010000c);
    cr_assert_eq(probe(SR_IOV_MIGRATION_STATES), 0x802);
    cr_assert_eq(probe(SR_IOV_CONTROL), 0x1f);
    control(0);
    cr_assert_not(sr_iov_tell_migration(&space, base));
    cr_assert_eq(config_space_get(&space, base + SR_IOV_STATUS, 2), 1);
    control(SR_IOV_CONTROL_MIGRATION_INTERRUPT);
    cr_assert(sr_iov_tell_migration(&space, base));
    config_space_write(&space, base + SR_IOV_CONTROL, 0xc, 0x00010000);
    cr_assert_eq(config_space_get(&space, base + SR_IOV_STATUS, 2), 0);
}

Test(capability_sr_iov, num_vfs_is_at_most_total_vfs, .init = start, .fini = end)
{
    for (uint32_t count = 0; count < 40; count++) {
        num_vfs(3);
        num_vfs(count);
        cr_assert_eq(sr_iov_state(&space, base).num_vfs, count <= 16 ? count : 3);
    }
    num_vfs(0xffff);
    cr_assert_eq(sr_iov_state(&space, base).num_vfs, 3);
    cr_assert_eq(config_space_get(&space, base + SR_IOV_DEPENDENCY, 2), 1);
}

Test(capability_sr_iov, what_is_fixed_while_vfs_are_enabled, .init = start_with_migration, .fini = end)
{
    num_vfs(5);
    config_space_write(&space, base + SR_IOV_SYSTEM_PAGE, 0xf, 0x10);
    control(SR_IOV_CONTROL_VF_ENABLE);
    num_vfs(6);
    config_space_write(&space, base + SR_IOV_SYSTEM_PAGE, 0xf, 0x1);
    control(0x1f);
    cr_assert_eq(control_now(), 0x0d, "memory and the interrupt may be turned on");
    struct sr_iov_state state = sr_iov_state(&space, base);
    cr_assert_eq(state.num_vfs, 5);
    cr_assert_eq(state.page_bytes, 65536);
    cr_assert_eq(state.numbering.first_offset, 0x100, "ARI was not on when VFs were enabled");
    cr_assert(state.memory && !state.migration);
    control(0x1e);
    cr_assert_eq(control_now(), 0x0c, "what else is in the write that turns VFs off comes too early");
    control(0x12);
    num_vfs(6);
    state = sr_iov_state(&space, base);
    cr_assert_eq(state.num_vfs, 6);
    cr_assert_eq(state.numbering.first_offset, 0x80);
    cr_assert_not(state.migration, "not while VFs are off");
}

Test(capability_sr_iov, which_vfs_exist, .init = start_with_migration, .fini = end)
{
    num_vfs(14);
    cr_assert_eq(sr_iov_state(&space, base).vfs, 0);
    control(SR_IOV_CONTROL_VF_ENABLE);
    cr_assert_eq(sr_iov_state(&space, base).vfs, 12, "InitialVFs");
    control(0);
    control(SR_IOV_CONTROL_MIGRATION_ENABLE);
    control(SR_IOV_CONTROL_MIGRATION_ENABLE | SR_IOV_CONTROL_VF_ENABLE);
    cr_assert_eq(sr_iov_state(&space, base).vfs, 14, "the others may come");
    control(0);
    num_vfs(4);
    control(SR_IOV_CONTROL_VF_ENABLE);
    cr_assert_eq(sr_iov_state(&space, base).vfs, 4);
}

Test(capability_sr_iov, fewer_vfs_are_offered, .init = start_with_migration, .fini = end)
{
    num_vfs(16);
    sr_iov_set_vfs(&space, base, 2, 8);
    struct sr_iov_state state = sr_iov_state(&space, base);
    cr_assert_eq(state.initial_vfs, 2);
    cr_assert_eq(state.total_vfs, 8);
    cr_assert_eq(state.num_vfs, 8);
    config_space_reset(&space, CONFIG_RESET_COLD);
    state = sr_iov_state(&space, base);
    cr_assert_eq(state.total_vfs, 8, "the manager's, not the host's");
    cr_assert_eq(state.num_vfs, 0);
}

/* The example of the specification: 9.2.1.2. */
Test(capability_sr_iov, ids_wrap_at_16_bits, .init = start, .fini = end)
{
    struct sr_iov_state state = sr_iov_state(&space, base);
    state.numbering = (struct sr_iov_numbering){1, 1};
    for (uint32_t vf = 1; vf <= 600; vf++)
        cr_assert_eq(sr_iov_vf_id(&state, 0x0500, (uint16_t)vf), 0x0500 + vf);
    cr_assert_eq(sr_iov_vf_id(&state, 0xff00, 255), 0xffff);
    cr_assert_eq(sr_iov_vf_id(&state, 0xff00, 256), 0x0000);
    state.numbering = (struct sr_iov_numbering){0x180, 2};
    cr_assert_eq(sr_iov_vf_id(&state, 0x0101, 3), 0x0285);
}

Test(capability_sr_iov, pages_widen_bars, .init = start, .fini = end)
{
    uint64_t address;
    probe(SR_IOV_BAR);
    config_space_write(&space, base + SR_IOV_BAR + 4, 0xf, 0x7);
    cr_assert_eq(sr_iov_bar(&space, base, 0, &address), 16384);
    cr_assert_eq(address, UINT64_C(0x7ffffc000));
    config_space_write(&space, base + SR_IOV_SYSTEM_PAGE, 0xf, 0x40); /* 256 KiB */
    cr_assert_eq(sr_iov_bar(&space, base, 0, &address), 262144);
    cr_assert_eq(address, UINT64_C(0x7fffc0000));
    cr_assert_eq(probe(SR_IOV_BAR), 0xfffc000c);
    cr_assert_eq(sr_iov_bar(&space, base, 4, &address), 1 << 20, "large enough already");
    cr_assert_eq(sr_iov_bar(&space, base, 3, &address), 0);
}

Test(capability_sr_iov, one_page_size_at_a_time, .init = start, .fini = end)
{
    for (uint32_t bits = 0; bits < 0x1000; bits++) {
        config_space_write(&space, base + SR_IOV_SYSTEM_PAGE, 0xf, 0x2);
        config_space_write(&space, base + SR_IOV_SYSTEM_PAGE, 0xf, bits);
        uint32_t supported = bits & 0x553;
        bool single = supported && !(supported & (supported - 1));
        cr_assert_eq(config_space_read(&space, base + SR_IOV_SYSTEM_PAGE), single ? supported : 2, "%x", bits);
    }
}

Test(capability_sr_iov, resets, .init = start, .fini = end)
{
    num_vfs(5);
    control(SR_IOV_CONTROL_ARI);
    control(SR_IOV_CONTROL_ARI | SR_IOV_CONTROL_VF_ENABLE | SR_IOV_CONTROL_MEMORY);
    probe(SR_IOV_BAR);
    config_space_reset(&space, CONFIG_RESET_FUNCTION);
    cr_assert_eq(control_now(), SR_IOV_CONTROL_ARI, "VFs are gone");
    cr_assert_eq(sr_iov_state(&space, base).numbering.first_offset, 0x80);
    cr_assert_eq(config_space_read(&space, base + SR_IOV_BAR), 0xc);
    config_space_reset(&space, CONFIG_RESET_CONVENTIONAL);
    cr_assert_eq(control_now(), 0);
    cr_assert_eq(sr_iov_state(&space, base).numbering.first_offset, 0x100);
}

Test(capability_sr_iov, without_migration_all_vfs_are_there_at_once, .init = start, .signal = SIGABRT)
{
    sr_iov_set_vfs(&space, base, 2, 8);
}
