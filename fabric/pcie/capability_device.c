#include "fabric/pcie/capability_device.h"

#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ARI_NEXT_SHIFT 8

uint16_t capability_serial_number_add(struct config_layout *layout)
{
    static const struct config_register registers[] = {
        {SERIAL_NUMBER_LOWER, 4, .wired = UINT32_MAX},
        {SERIAL_NUMBER_UPPER, 4, .wired = UINT32_MAX},
    };
    uint16_t base = capability_add_extended(layout, EXTENDED_SERIAL_NUMBER, 1, SERIAL_NUMBER_BYTES);
    config_layout_define(layout, base, registers, COUNT(registers));
    return base;
}

uint16_t capability_ari_add(struct config_layout *layout)
{
    static const struct config_register registers[] = {
        {ARI_CAPABILITIES, 2, .wired = 0xff00}, {ARI_CONTROL, 2, .reset = 0}, /* no function groups */
    };
    uint16_t base = capability_add_extended(layout, EXTENDED_ARI, 1, ARI_BYTES);
    config_layout_define(layout, base, registers, COUNT(registers));
    return base;
}

uint16_t capability_acs_add(struct config_layout *layout, uint16_t supported)
{
    CHECK((supported & ~(ACS_OF_PORTS | ACS_DIRECT_TRANSLATED)) == 0);
    uint16_t base = capability_add_extended(layout, EXTENDED_ACS, 1, ACS_BYTES);
    const struct config_register registers[] = {
        {ACS_CAPABILITIES, 2, .reset = supported},
        {ACS_CONTROL, 2, .writable = supported},
    };
    config_layout_define(layout, base, registers, COUNT(registers));
    return base;
}

void serial_number_set(struct config_space *space, uint16_t base, uint64_t number)
{
    config_space_set(space, base + SERIAL_NUMBER_LOWER, 4, (uint32_t)number);
    config_space_set(space, base + SERIAL_NUMBER_UPPER, 4, (uint32_t)(number >> 32));
}

void ari_set_next(struct config_space *space, uint16_t base, uint8_t function)
{
    config_space_set(space, base + ARI_CAPABILITIES, 2, (uint32_t)function << ARI_NEXT_SHIFT);
}

uint16_t acs_enabled(const struct config_space *space, uint16_t base)
{
    return (uint16_t)config_space_get(space, base + ACS_CONTROL, 2);
}
