#include "fabric/pcie/config_decode.h"

#define MEMORY_TYPE 0xfu
#define IO_TYPE 0x3u

uint64_t config_decode_bar(const struct config_space *space, uint16_t offset, uint64_t *address)
{
    const struct config_dword *dword = &space->layout->dwords[offset / 4];
    uint64_t writable = dword->writable;
    uint64_t value = config_space_read(space, offset);
    *address = 0;
    if (dword->writable == 0 && !(dword->reset & BAR_MEMORY_64))
        return 0;
    bool io = dword->reset & BAR_IO;
    value &= ~(uint64_t)(io ? IO_TYPE : MEMORY_TYPE);
    if (!io && dword->reset & BAR_MEMORY_64) {
        writable |= (uint64_t)dword[1].writable << 32;
        value |= (uint64_t)config_space_read(space, offset + 4) << 32;
    }
    *address = value;
    return writable & -writable;
}

/* BASE and LIMIT are the addresses of the first and the last unit. */
static struct config_window window(uint64_t base, uint64_t limit, uint64_t unit)
{
    if (base > limit)
        return (struct config_window){0};
    return (struct config_window){.base = base, .limit = limit + unit};
}

static uint64_t memory_address(const struct config_space *space, uint16_t offset)
{
    return (uint64_t)(config_space_get(space, offset, 2) & 0xfff0) << 16;
}

static uint64_t prefetch_address(const struct config_space *space, uint16_t offset, uint16_t upper)
{
    return memory_address(space, offset) | (uint64_t)config_space_get(space, upper, 4) << 32;
}

static uint64_t io_address(const struct config_space *space, uint16_t offset, uint16_t upper)
{
    return (config_space_get(space, offset, 1) & 0xf0) << 8 | (uint64_t)config_space_get(space, upper, 2) << 16;
}

struct config_bridge_state config_decode_bridge(const struct config_space *space)
{
    const uint64_t mebibyte = UINT64_C(1) << 20;
    uint32_t command = config_space_get(space, CONFIG_COMMAND, 2);
    struct config_bridge_state state = {
        .primary = (uint8_t)config_space_get(space, CONFIG_PRIMARY_BUS, 1),
        .secondary = (uint8_t)config_space_get(space, CONFIG_SECONDARY_BUS, 1),
        .subordinate = (uint8_t)config_space_get(space, CONFIG_SUBORDINATE_BUS, 1),
        .bus_master = command & COMMAND_BUS_MASTER,
        .secondary_reset = config_space_get(space, CONFIG_BRIDGE_CONTROL, 2) & BRIDGE_CONTROL_SECONDARY_RESET,
    };
    if (command & COMMAND_MEMORY) {
        state.memory =
            window(memory_address(space, CONFIG_MEMORY_BASE), memory_address(space, CONFIG_MEMORY_LIMIT), mebibyte);
        state.prefetchable = window(
            prefetch_address(space, CONFIG_PREFETCH_BASE, CONFIG_PREFETCH_BASE_UPPER),
            prefetch_address(space, CONFIG_PREFETCH_LIMIT, CONFIG_PREFETCH_LIMIT_UPPER), mebibyte);
    }
    if (command & COMMAND_IO)
        state.io = window(
            io_address(space, CONFIG_IO_BASE, CONFIG_IO_BASE_UPPER),
            io_address(space, CONFIG_IO_LIMIT, CONFIG_IO_LIMIT_UPPER), 4096);
    return state;
}
