#include "fabric/pcie/config_space.h"

#include <stdlib.h>

#include "fabric/base/check.h"

static uint32_t changeable(const struct config_dword *dword)
{
    return dword->writable | dword->clearable | dword->live | dword->wired;
}

/* Rules and watches have the same reach: DWs from OFFSET on. */
static bool reaches(uint16_t offset, uint16_t bytes, uint16_t at)
{
    return at >= offset && at < offset + bytes;
}

void config_space_init(struct config_space *space, const struct config_layout *layout, void *owner)
{
    CHECK(config_layout_is_valid(layout) && layout->bytes >= CONFIG_HEADER_BYTES);
    *space = (struct config_space){
        .layout = layout,
        .owner = owner,
        .values = calloc(layout->bytes / 4u, sizeof *space->values),
    };
    CHECK(space->values);
    for (uint32_t i = 0; i < layout->bytes / 4u; i++)
        space->values[i] = layout->dwords[i].reset;
    config_space_reset(space, CONFIG_RESET_COLD);
}

void config_space_free(struct config_space *space)
{
    free(space->values);
    *space = (struct config_space){0};
}

uint32_t config_space_read(const struct config_space *space, uint16_t offset)
{
    CHECK(offset % 4 == 0 && offset < CONFIG_SPACE_BYTES);
    return offset < space->layout->bytes ? space->values[offset / 4] : 0;
}

uint32_t config_enabled_bits(uint8_t enables)
{
    uint32_t bits = 0;
    for (uint32_t byte = 0; byte < 4; byte++)
        if (enables >> byte & 1)
            bits |= UINT32_C(0xff) << byte * 8;
    return bits;
}

static uint32_t through_masks(const struct config_dword *dword, const struct config_write *write)
{
    uint32_t takes = dword->writable & write->enabled;
    return ((write->old & ~takes) | (write->written & takes)) & ~(write->written & dword->clearable);
}

static void apply_rules(struct config_space *space, struct config_write *write)
{
    const struct config_layout *layout = space->layout;
    const struct config_dword *dword = &layout->dwords[write->offset / 4];
    for (uint32_t i = 0; i < layout->rule_count; i++) {
        const struct config_rule *rule = &layout->rules[i];
        if (rule->allow && reaches(rule->offset, rule->bytes, write->offset))
            write->value = rule->allow(space, rule, write);
    }
    CHECK(((write->value ^ write->old) & ~(dword->writable | dword->clearable)) == 0);
    space->values[write->offset / 4] = write->value;
    for (uint32_t i = 0; i < layout->rule_count; i++) {
        const struct config_rule *rule = &layout->rules[i];
        if (rule->settle && reaches(rule->offset, rule->bytes, write->offset))
            rule->settle(space, rule);
    }
    write->value = space->values[write->offset / 4];
}

void config_space_write(struct config_space *space, uint16_t offset, uint8_t enables, uint32_t value)
{
    CHECK(offset % 4 == 0 && offset < CONFIG_SPACE_BYTES && enables < 16);
    const struct config_layout *layout = space->layout;
    if (offset >= layout->bytes || enables == 0)
        return;
    struct config_write write = {
        .offset = offset,
        .enabled = config_enabled_bits(enables),
        .old = space->values[offset / 4],
    };
    write.written = value & write.enabled;
    write.value = through_masks(&layout->dwords[offset / 4], &write);
    apply_rules(space, &write);
    for (uint32_t i = 0; i < layout->watch_count; i++) {
        const struct config_watch *watch = &layout->watches[i];
        if (reaches(watch->offset, watch->bytes, offset))
            watch->written(space->owner, space, &write);
    }
}

uint32_t config_space_get(const struct config_space *space, uint16_t offset, uint8_t bytes)
{
    uint32_t mask = config_register_mask(offset, bytes);
    return (config_space_read(space, offset & (uint16_t)~3) & mask) >> config_register_shift(offset);
}

void config_space_set(struct config_space *space, uint16_t offset, uint8_t bytes, uint32_t value)
{
    uint32_t mask = config_register_mask(offset, bytes);
    uint32_t bits = value << config_register_shift(offset);
    CHECK(offset < space->layout->bytes && bits >> config_register_shift(offset) == value && !(bits & ~mask));
    uint32_t *dword = &space->values[offset / 4];
    uint32_t set = (*dword & ~mask) | bits;
    CHECK(((set ^ *dword) & ~changeable(&space->layout->dwords[offset / 4])) == 0);
    *dword = set;
}

void config_space_set_bits(struct config_space *space, uint16_t offset, uint8_t bytes, uint32_t bits)
{
    config_space_set(space, offset, bytes, config_space_get(space, offset, bytes) | bits);
}

void config_space_clear_bits(struct config_space *space, uint16_t offset, uint8_t bytes, uint32_t bits)
{
    config_space_set(space, offset, bytes, config_space_get(space, offset, bytes) & ~bits);
}

/* What a reset of that kind leaves alone. */
static uint32_t survives(const struct config_dword *dword, enum config_reset kind)
{
    if (kind == CONFIG_RESET_COLD)
        return dword->wired;
    uint32_t survivors = dword->wired | dword->sticky;
    return kind == CONFIG_RESET_FUNCTION ? survivors | dword->kept : survivors;
}

void config_space_reset(struct config_space *space, enum config_reset kind)
{
    const struct config_layout *layout = space->layout;
    for (uint32_t i = 0; i < layout->bytes / 4u; i++) {
        uint32_t kept = survives(&layout->dwords[i], kind);
        space->values[i] = (space->values[i] & kept) | (layout->dwords[i].reset & ~kept);
    }
    for (uint32_t i = 0; i < layout->rule_count; i++)
        if (layout->rules[i].settle)
            layout->rules[i].settle(space, &layout->rules[i]);
    CHECK(config_space_is_valid(space));
}

uint32_t config_write_ones(const struct config_write *write, uint16_t offset, uint8_t bytes)
{
    if (write->offset != (offset & (uint16_t)~3))
        return 0;
    return (write->written & config_register_mask(offset, bytes)) >> config_register_shift(offset);
}

bool config_space_is_valid(const struct config_space *space)
{
    if (!space->layout || !space->values)
        return false;
    for (uint32_t i = 0; i < space->layout->bytes / 4u; i++) {
        const struct config_dword *dword = &space->layout->dwords[i];
        if ((space->values[i] ^ dword->reset) & ~changeable(dword))
            return false;
    }
    return true;
}
