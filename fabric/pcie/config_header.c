#include "fabric/pcie/config_header.h"

#include "fabric/base/check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint32_t bar_type(const struct config_bar_size *bar)
{
    uint32_t type = bar->kind == CONFIG_BAR_IO ? BAR_IO : bar->kind == CONFIG_BAR_64 ? BAR_MEMORY_64 : 0;
    return bar->prefetchable ? type | BAR_PREFETCHABLE : type;
}

static bool bar_is_valid(const struct config_bar_size *bar)
{
    uint64_t least = bar->kind == CONFIG_BAR_IO ? 4 : 16;
    bool power_of_two = bar->bytes && (bar->bytes & (bar->bytes - 1)) == 0;
    if (bar->kind == CONFIG_BAR_IO && bar->prefetchable)
        return false;
    return power_of_two && bar->bytes >= least && (bar->kind == CONFIG_BAR_64 || bar->bytes <= UINT32_C(1) << 31);
}

static void write_bar(struct config_layout *layout, uint16_t offset, const struct config_bar_size *bar)
{
    uint64_t address = ~(bar->bytes - 1);
    const struct config_register registers[] = {
        {0, 4, .reset = bar_type(bar), .writable = (uint32_t)address},
        {4, 4, .writable = (uint32_t)(address >> 32)},
    };
    CHECK(bar_is_valid(bar));
    config_layout_define(layout, offset, registers, bar->kind == CONFIG_BAR_64 ? 2 : 1);
}

void config_header_bars(
    struct config_layout *layout, uint16_t offset, const struct config_bar_size *bars, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (bars[i].kind == CONFIG_BAR_NONE)
            continue;
        if (bars[i].kind == CONFIG_BAR_64)
            CHECK(i + 1 < count && bars[i + 1].kind == CONFIG_BAR_NONE);
        write_bar(layout, (uint16_t)(offset + i * 4), &bars[i]);
    }
}

/* What all headers have in common. */
static void
write_identity(struct config_layout *layout, const struct config_identity *identity, uint32_t command, uint8_t type)
{
    CHECK(identity->class_code >> 24 == 0);
    CHECK(layout->bytes == 0);
    const struct config_register registers[] = {
        {CONFIG_VENDOR, 2, .reset = identity->vendor},
        {CONFIG_DEVICE, 2, .reset = identity->device},
        {CONFIG_COMMAND, 2, .writable = command},
        {CONFIG_STATUS, 2, .reset = STATUS_REGISTER_CAPABILITIES, .clearable = STATUS_REGISTER_ERRORS},
        {CONFIG_REVISION, 4, .reset = identity->class_code << 8 | identity->revision},
        {CONFIG_HEADER_TYPE, 1, .reset = type | (identity->multi_function ? HEADER_TYPE_MULTI_FUNCTION : 0u),
         .wired = type == HEADER_TYPE_ENDPOINT ? HEADER_TYPE_MULTI_FUNCTION : 0u},
        {CONFIG_INTERRUPT_LINE, 4, .reset = 0}, /* the last: makes the header whole */
    };
    config_layout_define(layout, 0, registers, COUNT(registers));
}

/* What is not a VF's. The cache line size is software's scratch register; so is the interrupt line. */
static void write_pin(struct config_layout *layout, uint8_t pin)
{
    const struct config_register registers[] = {
        {CONFIG_CACHE_LINE, 1, .writable = 0xff},
        {CONFIG_INTERRUPT_LINE, 1, .writable = 0xff},
        {CONFIG_INTERRUPT_PIN, 1, .reset = pin},
    };
    CHECK(pin <= 4);
    config_layout_define(layout, 0, registers, COUNT(registers));
}

static void write_subsystem(struct config_layout *layout, const struct config_identity *identity)
{
    const struct config_register registers[] = {
        {CONFIG_SUBSYSTEM_VENDOR, 2, .reset = identity->subsystem_vendor},
        {CONFIG_SUBSYSTEM, 2, .reset = identity->subsystem},
    };
    config_layout_define(layout, 0, registers, COUNT(registers));
}

static uint32_t command_bits(const struct config_bar_size *bars, uint32_t count)
{
    uint32_t bits = COMMAND_MEMORY | COMMAND_BUS_MASTER | COMMAND_PARITY | COMMAND_SERR | COMMAND_INTX_DISABLE;
    for (uint32_t i = 0; i < count; i++)
        if (bars[i].kind == CONFIG_BAR_IO)
            bits |= COMMAND_IO;
    return bits;
}

void config_header_endpoint(struct config_layout *layout, const struct config_endpoint *endpoint)
{
    uint32_t command = command_bits(endpoint->bars, CONFIG_BARS);
    write_identity(layout, &endpoint->identity, command, HEADER_TYPE_ENDPOINT);
    write_pin(layout, endpoint->interrupt_pin);
    write_subsystem(layout, &endpoint->identity);
    config_header_bars(layout, CONFIG_BAR, endpoint->bars, CONFIG_BARS);
}

void config_header_vf(struct config_layout *layout, const struct config_identity *identity)
{
    struct config_identity vf = *identity;
    vf.vendor = vf.device = 0xffff;
    vf.multi_function = false;
    write_identity(layout, &vf, COMMAND_BUS_MASTER, HEADER_TYPE_ENDPOINT);
    write_subsystem(layout, &vf);
}

static void write_windows(struct config_layout *layout, bool io)
{
    uint32_t io_base = io ? 0xf0 : 0;
    const struct config_register registers[] = {
        {CONFIG_PRIMARY_BUS, 1, .writable = 0xff},
        {CONFIG_SECONDARY_BUS, 1, .writable = 0xff},
        {CONFIG_SUBORDINATE_BUS, 1, .writable = 0xff},
        {CONFIG_IO_BASE, 1, .reset = io, .writable = io_base},
        {CONFIG_IO_LIMIT, 1, .reset = io, .writable = io_base},
        {CONFIG_SECONDARY_STATUS, 2, .clearable = STATUS_REGISTER_ERRORS},
        {CONFIG_MEMORY_BASE, 2, .writable = 0xfff0},
        {CONFIG_MEMORY_LIMIT, 2, .writable = 0xfff0},
        {CONFIG_PREFETCH_BASE, 2, .reset = 1, .writable = 0xfff0}, /* 1: 64 bits wide */
        {CONFIG_PREFETCH_LIMIT, 2, .reset = 1, .writable = 0xfff0},
        {CONFIG_PREFETCH_BASE_UPPER, 4, .writable = UINT32_MAX},
        {CONFIG_PREFETCH_LIMIT_UPPER, 4, .writable = UINT32_MAX},
        {CONFIG_IO_BASE_UPPER, 2, .writable = io ? 0xffff : 0},
        {CONFIG_IO_LIMIT_UPPER, 2, .writable = io ? 0xffff : 0},
        {CONFIG_BRIDGE_CONTROL, 2,
         .writable = BRIDGE_CONTROL_PARITY | BRIDGE_CONTROL_SERR | BRIDGE_CONTROL_SECONDARY_RESET},
    };
    config_layout_define(layout, 0, registers, COUNT(registers));
}

void config_header_bridge(struct config_layout *layout, const struct config_bridge *bridge)
{
    uint32_t command = command_bits(bridge->bars, CONFIG_BRIDGE_BARS) | (bridge->io_window ? COMMAND_IO : 0u);
    write_identity(layout, &bridge->identity, command, HEADER_TYPE_BRIDGE);
    write_pin(layout, bridge->interrupt_pin);
    config_header_bars(layout, CONFIG_BAR, bridge->bars, CONFIG_BRIDGE_BARS);
    write_windows(layout, bridge->io_window);
}

void config_header_set_multi_function(struct config_space *space, bool multi_function)
{
    uint32_t type = config_space_get(space, CONFIG_HEADER_TYPE, 1) & ~(uint32_t)HEADER_TYPE_MULTI_FUNCTION;
    config_space_set(space, CONFIG_HEADER_TYPE, 1, type | (multi_function ? HEADER_TYPE_MULTI_FUNCTION : 0u));
}
