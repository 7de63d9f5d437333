#include "fabric/switch/bridge_guard.h"

#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/capability_device.h"
#include "fabric/pcie/config_space.h"

static bool is_master(const struct virtual_bridge *bridge)
{
    return bridge->config == NULL || config_space_get(bridge->config, CONFIG_COMMAND, 2) & COMMAND_BUS_MASTER;
}

static bool contains(uint64_t base, uint64_t limit, uint64_t inner_base, uint64_t inner_limit)
{
    return inner_base >= inner_limit || (inner_base >= base && inner_limit <= limit);
}

/* True when what any downstream bridge claims the upstream one lets through. */
static bool windows_fit(const struct virtual_switch *virtual_switch)
{
    const struct virtual_bridge *upstream = &virtual_switch->bridges[VIRTUAL_SWITCH_UPSTREAM];
    for (uint32_t index = 1; index < virtual_switch->bridge_count; index++) {
        const struct virtual_bridge *bridge = &virtual_switch->bridges[index];
        if (bridge->absent)
            continue;
        if (!contains(upstream->base, upstream->limit, bridge->base, bridge->limit) ||
            !contains(upstream->low_base, upstream->low_limit, bridge->low_base, bridge->low_limit))
            return false;
    }
    return true;
}

static uint8_t guards_of_access_control(const struct virtual_bridge *bridge)
{
    uint16_t acs = bridge->config != NULL ? capability_find_extended(bridge->config->layout, EXTENDED_ACS) : 0;
    uint16_t enabled = acs != 0 ? acs_enabled(bridge->config, acs) : 0;
    return (
        uint8_t)((enabled & ACS_SOURCE_VALIDATION ? BRIDGE_GUARD_SOURCE : 0) | (enabled & ACS_REQUEST_REDIRECT ? BRIDGE_GUARD_REQUESTS : 0) | (enabled & ACS_COMPLETION_REDIRECT ? BRIDGE_GUARD_COMPLETIONS : 0));
}

static uint8_t guards_of(const struct virtual_switch *virtual_switch, uint32_t index)
{
    const struct virtual_bridge *upstream = &virtual_switch->bridges[VIRTUAL_SWITCH_UPSTREAM];
    const struct virtual_bridge *bridge = &virtual_switch->bridges[index];
    if (index == VIRTUAL_SWITCH_UPSTREAM)
        return upstream->config != NULL && !windows_fit(virtual_switch) ? BRIDGE_GUARD_WINDOW : 0;
    return (
        uint8_t)((is_master(bridge) ? 0 : BRIDGE_GUARD_MASTER) | (is_master(upstream) ? 0 : BRIDGE_GUARD_MASTER_UP) | guards_of_access_control(bridge));
}

void bridge_guard_path(struct virtual_switch *virtual_switch, int from, int to)
{
    uint8_t guards = virtual_switch->bridges[from].guards;
    if (from == to)
        guards = 0; /* the switch's own answers */
    else if (to == VIRTUAL_SWITCH_UPSTREAM)
        guards &= (uint8_t) ~(BRIDGE_GUARD_REQUESTS | BRIDGE_GUARD_COMPLETIONS);
    else
        guards &= (uint8_t)~BRIDGE_GUARD_MASTER_UP;
    virtual_switch_path(virtual_switch, from, to)->guards = guards;
}

void bridge_guard_apply(struct virtual_switch *virtual_switch)
{
    for (uint32_t from = 0; from < virtual_switch->path_stride; from++) {
        uint8_t guards = guards_of(virtual_switch, from);
        if (virtual_switch->bridges[from].guards == guards)
            continue;
        virtual_switch->bridges[from].guards = guards;
        for (uint32_t to = 0; to < virtual_switch->path_stride; to++)
            bridge_guard_path(virtual_switch, (int)from, (int)to);
    }
}

static bool is_in_window(const struct virtual_bridge *bridge, uint64_t address)
{
    return (address >= bridge->base && address < bridge->limit) ||
           (address >= bridge->low_base && address < bridge->low_limit);
}

static int pass_completion(uint8_t guards, int to, const struct tlp *tlp)
{
    bool redirected = (guards & BRIDGE_GUARD_COMPLETIONS) != 0 && (tlp->attributes & TLP_RELAXED_ORDERING) == 0;
    return redirected ? VIRTUAL_SWITCH_UPSTREAM : to;
}

int bridge_guard_pass(const struct virtual_switch *virtual_switch, int from, int to, const struct tlp *tlp)
{
    const struct virtual_bridge *bridge = &virtual_switch->bridges[from];
    uint8_t guards = virtual_switch_path((struct virtual_switch *)virtual_switch, from, to)->guards;
    if (!tlp_traits[tlp->type].is_request)
        return pass_completion(guards, to, tlp);
    if (!tlp_traits[tlp->type].by_address && tlp->type != TLP_IORD && tlp->type != TLP_IOWR)
        return to; /* configuration requests and messages */
    uint8_t bus = (uint8_t)(tlp->requester_id >> 8);
    if ((guards & BRIDGE_GUARD_SOURCE) != 0 && (bus < bridge->secondary || bus > bridge->subordinate))
        return BRIDGE_GUARD_VIOLATION;
    if ((guards & (BRIDGE_GUARD_MASTER | BRIDGE_GUARD_MASTER_UP)) != 0)
        return BRIDGE_GUARD_UNSUPPORTED;
    if ((guards & BRIDGE_GUARD_WINDOW) != 0 && !is_in_window(bridge, tlp->address))
        return BRIDGE_GUARD_UNSUPPORTED;
    if ((guards & BRIDGE_GUARD_REQUESTS) != 0)
        return (virtual_switch->bridges[from].guards & BRIDGE_GUARD_MASTER_UP) != 0 ? BRIDGE_GUARD_UNSUPPORTED
                                                                                    : VIRTUAL_SWITCH_UPSTREAM;
    return to;
}
