#include "fabric/pcie/capability.h"

#include <stddef.h>

#include "fabric/base/check.h"

static bool is_extended(const struct config_capability *capability)
{
    return capability->offset >= CONFIG_EXTENDED_OFFSET;
}

static struct config_capability *last_of_kind(struct config_layout *layout, bool extended)
{
    for (uint32_t i = layout->capability_count; i-- > 0;)
        if (is_extended(&layout->capabilities[i]) == extended)
            return &layout->capabilities[i];
    return NULL;
}

/* Where the next capability of the kind goes that LAST is of; FIRST when there is none. */
static uint16_t offset_after(const struct config_capability *last, uint16_t first)
{
    return last ? (uint16_t)((last->offset + last->bytes + 3) & ~3) : first;
}

static void note(struct config_layout *layout, uint16_t id, uint16_t offset, uint16_t bytes)
{
    CHECK(layout->capability_count < CONFIG_CAPABILITIES_MAX);
    layout->capabilities[layout->capability_count++] =
        (struct config_capability){.id = id, .offset = offset, .bytes = bytes};
    uint16_t end = (uint16_t)((offset + bytes + 3) & ~3);
    if (layout->bytes < end)
        layout->bytes = end;
}

static void define(struct config_layout *layout, uint16_t offset, uint8_t bytes, uint32_t value)
{
    const struct config_register constant = {.bytes = bytes, .reset = value};
    config_layout_define(layout, offset, &constant, 1);
}

uint16_t capability_add(struct config_layout *layout, enum capability_id id, uint16_t bytes)
{
    const struct config_capability *last = last_of_kind(layout, false);
    uint16_t offset = offset_after(last, CONFIG_HEADER_BYTES);
    CHECK(bytes >= 2 && offset + bytes <= CONFIG_EXTENDED_OFFSET);
    define(layout, last ? (uint16_t)(last->offset + 1) : CONFIG_CAPABILITIES, 1, offset);
    define(layout, offset, 1, id);
    note(layout, (uint16_t)id, offset, bytes);
    return offset;
}

uint16_t
capability_add_extended(struct config_layout *layout, enum extended_capability_id id, uint8_t version, uint16_t bytes)
{
    const struct config_capability *last = last_of_kind(layout, true);
    uint16_t offset = offset_after(last, CONFIG_EXTENDED_OFFSET);
    CHECK(bytes >= EXTENDED_HEADER_BYTES && offset + bytes <= CONFIG_SPACE_BYTES && version < 16);
    if (last)
        define(layout, last->offset, 4, config_layout_reset_value(layout, last->offset, 4) | (uint32_t)offset << 20);
    define(layout, offset, 4, (uint32_t)id | (uint32_t)version << 16);
    note(layout, (uint16_t)id, offset, bytes);
    return offset;
}

static uint16_t find(const struct config_layout *layout, uint16_t id, bool extended)
{
    for (uint32_t i = 0; i < layout->capability_count; i++)
        if (layout->capabilities[i].id == id && is_extended(&layout->capabilities[i]) == extended)
            return layout->capabilities[i].offset;
    return 0;
}

uint16_t capability_find(const struct config_layout *layout, enum capability_id id)
{
    return find(layout, (uint16_t)id, false);
}

uint16_t capability_find_extended(const struct config_layout *layout, enum extended_capability_id id)
{
    return find(layout, (uint16_t)id, true);
}
