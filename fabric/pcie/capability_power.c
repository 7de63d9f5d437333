#include "fabric/pcie/capability_power.h"

#include "fabric/pcie/capability.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Only D0 and D3hot (7.5.2.2: the write of a state that there is not is discarded). */
static uint32_t keep_to_supported_states(
    const struct config_space *space, const struct config_rule *rule, const struct config_write *write)
{
    (void)space;
    (void)rule;
    uint32_t state = write->value & POWER_CONTROL_STATE;
    if (state == 0 || state == 3)
        return write->value;
    return (write->value & ~(uint32_t)POWER_CONTROL_STATE) | (write->old & POWER_CONTROL_STATE);
}

uint16_t capability_power_add(struct config_layout *layout, bool pme)
{
    uint16_t base = capability_add(layout, CAPABILITY_POWER, POWER_BYTES);
    uint32_t wakes = POWER_CAPABILITIES_PME_D0 | POWER_CAPABILITIES_PME_D3HOT | POWER_CAPABILITIES_PME_D3COLD;
    uint32_t enable = pme ? POWER_CONTROL_PME_ENABLE : 0u;
    uint32_t status = pme ? POWER_CONTROL_PME_STATUS : 0u;
    const struct config_register registers[] = {
        {POWER_CAPABILITIES, 2, .reset = POWER_CAPABILITIES_VERSION_3 | (pme ? wakes : 0u)},
        {POWER_CONTROL, 4, .reset = POWER_CONTROL_NO_SOFT_RESET, .writable = POWER_CONTROL_STATE | enable,
         .clearable = status, .sticky = enable | status},
    };
    config_layout_define(layout, base, registers, COUNT(registers));
    const struct config_rule rule = {
        .name = "power states",
        .offset = (uint16_t)(base + POWER_CONTROL),
        .bytes = 4,
        .allow = keep_to_supported_states,
    };
    config_layout_add_rule(layout, &rule);
    return base;
}

bool power_is_on(const struct config_space *space, uint16_t base)
{
    return (config_space_get(space, base + POWER_CONTROL, 2) & POWER_CONTROL_STATE) == 0;
}
