#include "fabric/pcie/config_layout.h"

#include <string.h>

#include "fabric/base/check.h"

void config_layout_init(struct config_layout *layout)
{
    memset(layout, 0, sizeof *layout);
}

uint32_t config_register_mask(uint16_t offset, uint8_t bytes)
{
    CHECK(bytes == 1 || bytes == 2 || bytes == 4);
    CHECK(offset % bytes == 0 && offset < CONFIG_SPACE_BYTES);
    return bytes == 4 ? UINT32_MAX : ((UINT32_C(1) << (bytes * 8u)) - 1) << config_register_shift(offset);
}

static void replace(uint32_t *field, uint32_t mask, uint32_t bits)
{
    CHECK((bits & ~mask) == 0);
    *field = (*field & ~mask) | bits;
}

static bool masks_are_disjoint(uint32_t writable, uint32_t clearable, uint32_t live, uint32_t wired)
{
    return !(writable & clearable) && !((writable | clearable) & live) && !((writable | clearable | live) & wired);
}

static void define(struct config_layout *layout, uint16_t offset, const struct config_register *what)
{
    uint32_t mask = config_register_mask(offset, what->bytes);
    uint32_t shift = config_register_shift(offset);
    struct config_dword *dword = &layout->dwords[offset / 4];
    CHECK(masks_are_disjoint(what->writable, what->clearable, what->live, what->wired));
    replace(&dword->reset, mask, what->reset << shift);
    replace(&dword->writable, mask, what->writable << shift);
    replace(&dword->clearable, mask, what->clearable << shift);
    replace(&dword->live, mask, what->live << shift);
    replace(&dword->wired, mask, what->wired << shift);
    replace(&dword->sticky, mask, what->sticky << shift);
    replace(&dword->kept, mask, what->kept << shift);
    uint16_t end = (uint16_t)((offset | 3) + 1);
    if (layout->bytes < end)
        layout->bytes = end;
}

void config_layout_define(
    struct config_layout *layout, uint16_t base, const struct config_register *registers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        define(layout, (uint16_t)(base + registers[i].offset), &registers[i]);
}

static bool range_is_valid(const struct config_layout *layout, uint16_t offset, uint16_t bytes)
{
    return offset % 4 == 0 && bytes % 4 == 0 && bytes > 0 && offset + bytes <= layout->bytes;
}

void config_layout_add_rule(struct config_layout *layout, const struct config_rule *rule)
{
    CHECK(layout->rule_count < CONFIG_RULES_MAX);
    CHECK(range_is_valid(layout, rule->offset, rule->bytes) && (rule->allow || rule->settle));
    layout->rules[layout->rule_count++] = *rule;
}

void config_layout_add_watch(struct config_layout *layout, const struct config_watch *watch)
{
    CHECK(layout->watch_count < CONFIG_WATCHES_MAX);
    CHECK(range_is_valid(layout, watch->offset, watch->bytes) && watch->written);
    layout->watches[layout->watch_count++] = *watch;
}

uint32_t config_layout_reset_value(const struct config_layout *layout, uint16_t offset, uint8_t bytes)
{
    uint32_t mask = config_register_mask(offset, bytes);
    return (layout->dwords[offset / 4].reset & mask) >> config_register_shift(offset);
}

static bool dword_is_valid(const struct config_dword *dword)
{
    uint32_t resets = dword->writable | dword->clearable | dword->live;
    return masks_are_disjoint(dword->writable, dword->clearable, dword->live, dword->wired) &&
           !((dword->sticky | dword->kept) & ~resets);
}

static bool dwords_are_valid(const struct config_layout *layout)
{
    static const struct config_dword empty;
    for (uint32_t i = 0; i < CONFIG_SPACE_DWS; i++) {
        if (!dword_is_valid(&layout->dwords[i]))
            return false;
        if (i * 4 >= layout->bytes && memcmp(&layout->dwords[i], &empty, sizeof empty) != 0)
            return false;
    }
    return true;
}

static bool is_extended(const struct config_capability *capability)
{
    return capability->offset >= CONFIG_EXTENDED_OFFSET;
}

/* The ID and the next one's offset that stand at a capability's start (base specification 7.5.1.1.11, 7.6.3). */
static bool header_says(const struct config_layout *layout, const struct config_capability *capability, uint32_t next)
{
    const struct config_dword *header = &layout->dwords[capability->offset / 4];
    uint32_t fixed = is_extended(capability) ? UINT32_MAX : 0xffff;
    if ((header->writable | header->clearable | header->live | header->wired) & fixed)
        return false;
    if (is_extended(capability))
        return (header->reset & 0xffff) == capability->id && header->reset >> 20 == next;
    return (header->reset & 0xff) == capability->id && (header->reset >> 8 & 0xff) == next;
}

static const struct config_capability *next_of_kind(const struct config_layout *layout, uint32_t after, bool extended)
{
    for (uint32_t i = after; i < layout->capability_count; i++)
        if (is_extended(&layout->capabilities[i]) == extended)
            return &layout->capabilities[i];
    return NULL;
}

static bool capability_is_valid(const struct config_layout *layout, uint32_t index)
{
    const struct config_capability *capability = &layout->capabilities[index];
    const struct config_capability *next = next_of_kind(layout, index + 1, is_extended(capability));
    uint32_t end = capability->offset + (uint32_t)capability->bytes;
    uint32_t room = next                      ? next->offset
                    : is_extended(capability) ? CONFIG_SPACE_BYTES
                                              : (uint32_t)CONFIG_EXTENDED_OFFSET;
    return capability->offset % 4 == 0 && capability->offset >= CONFIG_HEADER_BYTES && end <= room &&
           header_says(layout, capability, next ? next->offset : 0);
}

bool config_layout_is_valid(const struct config_layout *layout)
{
    if (layout->bytes > CONFIG_SPACE_BYTES || layout->bytes % 4 != 0 || !dwords_are_valid(layout))
        return false;
    for (uint32_t i = 0; i < layout->capability_count; i++)
        if (!capability_is_valid(layout, i))
            return false;
    const struct config_capability *standard = next_of_kind(layout, 0, false);
    const struct config_capability *extended = next_of_kind(layout, 0, true);
    uint32_t first = config_layout_reset_value(layout, CONFIG_CAPABILITIES, 1);
    return first == (standard ? standard->offset : 0) && (!extended || extended->offset == CONFIG_EXTENDED_OFFSET);
}
