#include "hostsim/rack/bus_needs.h"

#include "fabric/base/check.h"

#define FUNCTIONS_A_BUS 256u

uint32_t bus_needs_adapter(const struct scenario *scenario, int host, int adapter)
{
    const struct scenario_adapter *spec = &scenario->adapters[adapter];
    uint32_t capabilities = scenario->hosts[host].capabilities;
    if (spec->sharing == SHARING_SR_IOV || !(capabilities & CAPABILITY_SR_IOV)) /* functions of one device */
        return 1;
    if (capabilities & CAPABILITY_ARI) /* VFs follow their PF */
        return spec->vfs / FUNCTIONS_A_BUS + 1;
    return (spec->vfs + FUNCTIONS_A_BUS - 1) / FUNCTIONS_A_BUS + 1;
}

uint32_t bus_needs_chassis(const struct scenario *scenario, const struct topology_tree *tree, int host, int chassis)
{
    uint32_t buses = 1;
    for (size_t adapter = 0; adapter < scenario->adapter_count; adapter++)
        if (scenario->adapters[adapter].chassis == chassis)
            buses += bus_needs_adapter(scenario, host, (int)adapter);
    for (size_t next = 0; next < scenario->chassis_count; next++) {
        int trunk = tree->parent_trunk[next];
        if (trunk == SCENARIO_NONE)
            continue;
        int end = topology_end_at(&scenario->trunks[trunk], (int)next);
        CHECK(end != SCENARIO_NONE);
        if (scenario->trunks[trunk].between[1 - end] == chassis)
            buses += 1 + bus_needs_chassis(scenario, tree, host, (int)next);
    }
    return buses;
}
