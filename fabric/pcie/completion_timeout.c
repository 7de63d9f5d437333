#include "fabric/pcie/completion_timeout.h"

#include <stddef.h>

#include "fabric/base/time.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/config_space.h"
#include "fabric/pcie/express_registers.h"

/* Base specification, 7.5.3.16, in us; 0: reserved, or the default. */
static const uint64_t ranges_us[DEVICE_CONTROL_2_TIMEOUT + 1] = {
    [0x1] = 100,    [0x2] = 10000,   [0x5] = 55000,    [0x6] = 210000,
    [0x9] = 900000, [0xa] = 3500000, [0xd] = 13000000, [0xe] = 64000000,
};

uint64_t completion_timeout_ps(uint32_t control, uint64_t own_ps)
{
    if ((control & DEVICE_CONTROL_2_TIMEOUT_DISABLE) != 0)
        return TIME_NEVER;
    uint64_t range_us = ranges_us[control & DEVICE_CONTROL_2_TIMEOUT];
    if (range_us != 0)
        return range_us * PS_PER_US;
    return own_ps != 0 ? own_ps : TIME_NEVER;
}

uint64_t completion_timeout_of(const struct config_space *registers, uint64_t own_ps)
{
    if (registers == NULL)
        return completion_timeout_ps(0, own_ps);
    uint16_t express = capability_find(registers->layout, CAPABILITY_EXPRESS);
    return completion_timeout_ps(config_space_get(registers, express + EXPRESS_DEVICE_CONTROL_2, 2), own_ps);
}
