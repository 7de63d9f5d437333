#include "fabric/pcie/capability_sr_iov.h"

#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/config_decode.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* 4, 8, 64, 256 KiB, 1 and 4 MiB: those that every PF must support (9.3.3.12). */
#define SUPPORTED_PAGES 0x553u
#define PAGE_UNIT_BYTES UINT64_C(4096)
#define DEPENDENCY_SHIFT 16

/* The arguments of the rule: routing IDs without ARI and with it. */
enum { ARGUMENT_WITHOUT, ARGUMENT_WITH_ARI };

static uint32_t pack_numbering(const struct sr_iov_numbering *numbering)
{
    return numbering->first_offset | (uint32_t)numbering->stride << 16;
}

static uint32_t keep(const struct config_write *write, uint32_t bits)
{
    return (write->value & ~bits) | (write->old & bits);
}

static uint32_t allow_page(const struct config_write *write)
{
    uint32_t page = write->value;
    return page && !(page & (page - 1)) ? page : write->old;
}

static uint32_t
allow(const struct config_space *space, const struct config_rule *rule, const struct config_write *write)
{
    uint16_t base = rule->offset;
    uint32_t control = config_space_get(space, base + SR_IOV_CONTROL, 2);
    bool enabled = control & SR_IOV_CONTROL_VF_ENABLE;
    switch (write->offset - base) {
    case SR_IOV_CONTROL:
        return enabled ? keep(write, SR_IOV_CONTROL_ARI | SR_IOV_CONTROL_MIGRATION_ENABLE) : write->value;
    case SR_IOV_NUM_VFS: {
        bool beyond = (write->value & 0xffff) > config_space_get(space, base + SR_IOV_TOTAL_VFS, 2);
        return enabled || beyond ? write->old : write->value;
    }
    case SR_IOV_SYSTEM_PAGE:
        return enabled ? write->old : allow_page(write);
    default:
        return write->value;
    }
}

static uint64_t page_bytes(const struct config_space *space, uint16_t base)
{
    return PAGE_UNIT_BYTES * config_space_get(space, base + SR_IOV_SYSTEM_PAGE, 4);
}

/* A VF BAR's low address bits are 0 up to the page. The upper half of a 64-bit BAR is beyond any page. */
static void settle_bars(struct config_space *space, uint16_t base)
{
    uint32_t below_page = (uint32_t)(page_bytes(space, base) - 1);
    for (uint32_t i = 0; i < CONFIG_BARS; i++) {
        uint16_t at = (uint16_t)(base + SR_IOV_BAR + i * 4);
        config_space_clear_bits(space, at, 4, below_page & space->layout->dwords[at / 4].writable);
        if (config_layout_reset_value(space->layout, at, 4) & BAR_MEMORY_64)
            i++;
    }
}

static void settle(struct config_space *space, const struct config_rule *rule)
{
    uint16_t base = rule->offset;
    bool ari = config_space_get(space, base + SR_IOV_CONTROL, 2) & SR_IOV_CONTROL_ARI;
    uint32_t numbering = rule->arguments[ari ? ARGUMENT_WITH_ARI : ARGUMENT_WITHOUT];
    config_space_set(space, base + SR_IOV_FIRST_OFFSET, 4, numbering);
    settle_bars(space, base);
}

static bool config_is_valid(const struct sr_iov_config *config)
{
    for (uint32_t i = 0; i < CONFIG_BARS; i++) {
        const struct config_bar_size *bar = &config->bars[i];
        if (bar->kind == CONFIG_BAR_IO || (bar->kind != CONFIG_BAR_NONE && bar->bytes < PAGE_UNIT_BYTES))
            return false;
    }
    return config->with_ari.first_offset && config->without.first_offset && config->migration_bar < CONFIG_BARS &&
           config->migration_offset % 8 == 0;
}

static void add_registers(struct config_layout *layout, uint16_t base, const struct sr_iov_config *config)
{
    bool moves = config->migration;
    uint32_t migration = moves ? SR_IOV_CONTROL_MIGRATION_ENABLE | SR_IOV_CONTROL_MIGRATION_INTERRUPT : 0u;
    uint32_t message = moves ? (uint32_t)config->migration_message << SR_IOV_CAPABILITIES_MESSAGE_SHIFT : 0u;
    const struct config_register registers[] = {
        {SR_IOV_CAPABILITIES, 4,
         .reset = (moves ? SR_IOV_CAPABILITIES_MIGRATION : 0u) | SR_IOV_CAPABILITIES_ARI_PRESERVED | message},
        {SR_IOV_CONTROL, 2,
         .writable = SR_IOV_CONTROL_VF_ENABLE | SR_IOV_CONTROL_MEMORY | SR_IOV_CONTROL_ARI | migration,
         .kept = SR_IOV_CONTROL_ARI},
        {SR_IOV_STATUS, 2, .clearable = moves ? SR_IOV_STATUS_MIGRATION : 0u},
        {SR_IOV_INITIAL_VFS, 4, .wired = UINT32_MAX},
        {SR_IOV_NUM_VFS, 4, .reset = (uint32_t)config->function << DEPENDENCY_SHIFT, .writable = 0xffff},
        {SR_IOV_FIRST_OFFSET, 4, .reset = pack_numbering(&config->without), .live = UINT32_MAX},
        {SR_IOV_VF_DEVICE, 2, .reset = config->vf_device},
        {SR_IOV_SUPPORTED_PAGES, 4, .reset = SUPPORTED_PAGES},
        {SR_IOV_SYSTEM_PAGE, 4, .reset = 1, .writable = SUPPORTED_PAGES},
        {SR_IOV_MIGRATION_STATES, 4, .reset = moves ? config->migration_offset | config->migration_bar : 0u},
    };
    config_layout_define(layout, base, registers, COUNT(registers));
    config_header_bars(layout, base + SR_IOV_BAR, config->bars, CONFIG_BARS);
}

uint16_t capability_sr_iov_add(struct config_layout *layout, const struct sr_iov_config *config)
{
    CHECK(config_is_valid(config));
    uint16_t base = capability_add_extended(layout, EXTENDED_SR_IOV, 1, SR_IOV_BYTES);
    add_registers(layout, base, config);
    const struct config_rule rule = {
        .name = "SR-IOV",
        .offset = base,
        .bytes = SR_IOV_BYTES,
        .arguments =
            {
                [ARGUMENT_WITHOUT] = pack_numbering(&config->without),
                [ARGUMENT_WITH_ARI] = pack_numbering(&config->with_ari),
            },
        .allow = allow,
        .settle = settle,
    };
    config_layout_add_rule(layout, &rule);
    return base;
}

bool sr_iov_can_migrate(const struct config_space *space, uint16_t base)
{
    return config_space_get(space, base + SR_IOV_CAPABILITIES, 4) & SR_IOV_CAPABILITIES_MIGRATION;
}

void sr_iov_set_vfs(struct config_space *space, uint16_t base, uint16_t initial, uint16_t total)
{
    CHECK(initial <= total && (initial == total || sr_iov_can_migrate(space, base)));
    config_space_set(space, base + SR_IOV_INITIAL_VFS, 2, initial);
    config_space_set(space, base + SR_IOV_TOTAL_VFS, 2, total);
    if (config_space_get(space, base + SR_IOV_NUM_VFS, 2) > total)
        config_space_set(space, base + SR_IOV_NUM_VFS, 2, total);
}

bool sr_iov_tell_migration(struct config_space *space, uint16_t base)
{
    CHECK(sr_iov_can_migrate(space, base));
    config_space_set_bits(space, base + SR_IOV_STATUS, 2, SR_IOV_STATUS_MIGRATION);
    return config_space_get(space, base + SR_IOV_CONTROL, 2) & SR_IOV_CONTROL_MIGRATION_INTERRUPT;
}

static uint16_t vfs_that_exist(const struct sr_iov_state *state)
{
    if (!state->enabled)
        return 0;
    return state->migration || state->num_vfs < state->initial_vfs ? state->num_vfs : state->initial_vfs;
}

struct sr_iov_state sr_iov_state(const struct config_space *space, uint16_t base)
{
    uint32_t control = config_space_get(space, base + SR_IOV_CONTROL, 2);
    bool enabled = control & SR_IOV_CONTROL_VF_ENABLE;
    struct sr_iov_state state = {
        .enabled = enabled,
        .memory = enabled && control & SR_IOV_CONTROL_MEMORY,
        .migration = enabled && control & SR_IOV_CONTROL_MIGRATION_ENABLE,
        .initial_vfs = (uint16_t)config_space_get(space, base + SR_IOV_INITIAL_VFS, 2),
        .total_vfs = (uint16_t)config_space_get(space, base + SR_IOV_TOTAL_VFS, 2),
        .num_vfs = (uint16_t)config_space_get(space, base + SR_IOV_NUM_VFS, 2),
        .numbering =
            {
                .first_offset = (uint16_t)config_space_get(space, base + SR_IOV_FIRST_OFFSET, 2),
                .stride = (uint16_t)config_space_get(space, base + SR_IOV_STRIDE, 2),
            },
        .page_bytes = page_bytes(space, base),
    };
    state.vfs = vfs_that_exist(&state);
    return state;
}

uint16_t sr_iov_vf_id(const struct sr_iov_state *state, uint16_t pf, uint16_t vf)
{
    CHECK(vf >= 1);
    return (uint16_t)(pf + state->numbering.first_offset + (vf - 1u) * state->numbering.stride);
}

uint64_t sr_iov_bar(const struct config_space *space, uint16_t base, uint32_t bar, uint64_t *address)
{
    CHECK(bar < CONFIG_BARS);
    uint64_t bytes = config_decode_bar(space, (uint16_t)(base + SR_IOV_BAR + bar * 4), address);
    uint64_t page = page_bytes(space, base);
    return bytes == 0 || bytes > page ? bytes : page;
}
