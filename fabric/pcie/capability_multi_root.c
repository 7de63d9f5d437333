#include "fabric/pcie/capability_multi_root.h"

#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/config_header.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LENGTH_SHIFT 20
#define REVISION_SHIFT 16
#define TOTAL_SHIFT 16
#define KEY_SHIFT 8

uint16_t capability_designated_add(struct config_layout *layout, uint16_t id, uint8_t revision, uint16_t bytes)
{
    CHECK(bytes >= DESIGNATED_VENDOR_HEADER_BYTES && revision < 16);
    uint16_t base = capability_add_extended(layout, EXTENDED_DESIGNATED_VENDOR, 1, bytes);
    const struct config_register registers[] = {
        {DESIGNATED_VENDOR_OWNER, 4,
         .reset = CONFIG_VENDOR_MRIOV | (uint32_t)revision << REVISION_SHIFT | (uint32_t)bytes << LENGTH_SHIFT},
        {DESIGNATED_VENDOR_ID, 2, .reset = id},
    };
    config_layout_define(layout, base, registers, COUNT(registers));
    return base;
}

uint16_t multi_root_pf_offset(const struct config_space *space, uint16_t base, uint8_t pf)
{
    CHECK(pf < config_space_get(space, base + MULTI_ROOT_PFS, 2));
    uint32_t table = config_space_get(space, base + MULTI_ROOT_PF_TABLE, 2);
    return (uint16_t)(base + table + (uint32_t)pf * MULTI_ROOT_PF_BYTES);
}

uint16_t multi_root_vh_offset(const struct config_space *space, uint16_t base, uint8_t vh)
{
    CHECK(vh >= 1 && vh <= config_space_get(space, base + MULTI_ROOT_VHS, 2));
    uint32_t table = config_space_get(space, base + MULTI_ROOT_VH_TABLE, 2);
    return (uint16_t)(base + table + (vh - 1u) * MULTI_ROOT_VH_BYTES);
}

struct multi_root_pf multi_root_pf(const struct config_space *space, uint16_t base, uint8_t pf)
{
    uint16_t at = multi_root_pf_offset(space, base, pf);
    uint32_t place = config_space_read(space, at);
    uint32_t vfs = config_space_read(space, at + 4);
    return (struct multi_root_pf){
        .enabled = place & MULTI_ROOT_PF_ENABLE,
        .vh = (uint8_t)(place & MULTI_ROOT_PF_VH),
        .key = (uint8_t)((place & MULTI_ROOT_PF_KEY) >> KEY_SHIFT),
        .initial_vfs = (uint16_t)vfs,
        .total_vfs = (uint16_t)(vfs >> TOTAL_SHIFT),
    };
}

static uint8_t pf_count(const struct config_space *space, uint16_t base)
{
    return (uint8_t)config_space_get(space, base + MULTI_ROOT_PFS, 2);
}

static bool is_served(const struct config_space *space, uint16_t base, uint32_t vh)
{
    for (uint8_t pf = 0; pf < pf_count(space, base); pf++) {
        struct multi_root_pf other = multi_root_pf(space, base, pf);
        if (other.enabled && other.vh == vh)
            return true;
    }
    return false;
}

/* Which VH a PF is in. */
static uint32_t allow_place(const struct config_space *space, uint16_t base, const struct config_write *write)
{
    const uint32_t place = MULTI_ROOT_PF_VH | MULTI_ROOT_PF_KEY;
    if (write->old & MULTI_ROOT_PF_ENABLE)
        return (write->value & ~place) | (write->old & place);
    uint32_t vh = write->value & MULTI_ROOT_PF_VH;
    if (!(write->value & MULTI_ROOT_PF_ENABLE))
        return write->value;
    bool possible = vh >= 1 && vh <= config_space_get(space, base + MULTI_ROOT_VHS, 2) && !is_served(space, base, vh);
    return possible ? write->value : write->old;
}

/* How many VFs a PF has. */
static uint32_t allow_vfs(const struct config_space *space, uint16_t base, const struct config_write *write)
{
    uint32_t all = (write->value >> TOTAL_SHIFT);
    for (uint8_t pf = 0; pf < pf_count(space, base); pf++)
        if (multi_root_pf_offset(space, base, pf) + 4 != write->offset)
            all += multi_root_pf(space, base, pf).total_vfs;
    bool possible = (write->value & 0xffff) <= write->value >> TOTAL_SHIFT &&
                    all <= config_space_get(space, base + MULTI_ROOT_VFS, 2);
    return possible ? write->value : write->old;
}

static uint32_t
allow(const struct config_space *space, const struct config_rule *rule, const struct config_write *write)
{
    uint16_t base = (uint16_t)rule->arguments[0];
    bool place = (write->offset - rule->offset) % MULTI_ROOT_PF_BYTES == 0;
    return place ? allow_place(space, base, write) : allow_vfs(space, base, write);
}

static void add_tables(struct config_layout *layout, uint16_t base, const struct multi_root_config *config)
{
    const uint32_t place = MULTI_ROOT_PF_VH | MULTI_ROOT_PF_KEY | MULTI_ROOT_PF_ENABLE;
    const uint32_t errors = MULTI_ROOT_VH_FATAL | MULTI_ROOT_VH_NONFATAL | MULTI_ROOT_VH_CORRECTABLE;
    const struct config_register pf[] = {
        {0, 4, .writable = place, .live = MULTI_ROOT_PF_BUSY | MULTI_ROOT_PF_QUIET,
         .sticky = place | MULTI_ROOT_PF_BUSY | MULTI_ROOT_PF_QUIET},
        {4, 4, .writable = UINT32_MAX, .sticky = UINT32_MAX},
    };
    const struct config_register vh = {
        0,
        4,
        .writable = MULTI_ROOT_VH_HOLD,
        .clearable = errors,
        .live = MULTI_ROOT_VH_IN_RESET,
        .sticky = MULTI_ROOT_VH_HOLD | errors | MULTI_ROOT_VH_IN_RESET};
    uint16_t at = base + MULTI_ROOT_TABLES;
    for (uint32_t i = 0; i < config->pfs; i++, at += MULTI_ROOT_PF_BYTES)
        config_layout_define(layout, at, pf, COUNT(pf));
    for (uint32_t i = 0; i < config->vhs; i++, at += MULTI_ROOT_VH_BYTES)
        config_layout_define(layout, at, &vh, 1);
}

uint16_t capability_multi_root_add(struct config_layout *layout, const struct multi_root_config *config)
{
    CHECK(config->pfs >= 1 && config->vhs >= 1);
    uint32_t vh_table = MULTI_ROOT_TABLES + config->pfs * (uint32_t)MULTI_ROOT_PF_BYTES;
    uint32_t bytes = vh_table + config->vhs * (uint32_t)MULTI_ROOT_VH_BYTES;
    (void)capability_add_extended(layout, EXTENDED_MR_IOV, 1, EXTENDED_HEADER_BYTES);
    uint16_t base = capability_designated_add(layout, MULTI_ROOT_DESIGNATED_ID, 0, (uint16_t)bytes);
    const struct config_register registers[] = {
        {MULTI_ROOT_VHS, 2, .reset = config->vhs},
        {MULTI_ROOT_PFS, 2, .reset = config->pfs},
        {MULTI_ROOT_VFS, 2, .reset = config->vfs},
        {MULTI_ROOT_PF_TABLE, 2, .reset = MULTI_ROOT_TABLES},
        {MULTI_ROOT_VH_TABLE, 2, .reset = vh_table},
        {MULTI_ROOT_MIGRATION_COMMAND, 4,
         .writable = MULTI_ROOT_MIGRATION_VF | MULTI_ROOT_MIGRATION_PF | MULTI_ROOT_MIGRATION_STATE},
        {MULTI_ROOT_MIGRATION_RESULT, 4, .live = 3u | MULTI_ROOT_MIGRATION_REFUSED},
    };
    config_layout_define(layout, base, registers, COUNT(registers));
    add_tables(layout, base, config);
    const struct config_rule rule = {
        .name = "MR-IOV",
        .offset = (uint16_t)(base + MULTI_ROOT_TABLES),
        .bytes = (uint16_t)(config->pfs * MULTI_ROOT_PF_BYTES),
        .arguments = {base},
        .allow = allow,
    };
    config_layout_add_rule(layout, &rule);
    return base;
}
