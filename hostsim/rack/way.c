#include "hostsim/rack/way.h"

#include "fabric/base/check.h"
#include "hostsim/rack/world.h"

static uint32_t port_in_front(const struct world *world, int adapter)
{
    return CONTAINER_OF(world->adapters[adapter].port.peer, struct switch_port, port)->index;
}

int way_too_far(const struct scenario *scenario, const struct topology_tree *tree)
{
    for (size_t chassis = 0; chassis < scenario->chassis_count; chassis++)
        if (tree->distance[chassis] >= WAY_HOPS)
            return (int)chassis;
    return SCENARIO_NONE;
}

uint32_t way_find(const struct world *world, uint16_t vh, int adapter, struct way_hop hops[WAY_HOPS])
{
    if (adapter == SCENARIO_NONE || vh == 0)
        return 0; /* about no function */
    int chassis = world->scenario->adapters[adapter].chassis;
    if (chassis == SCENARIO_NONE)
        return 0;
    struct topology_tree tree = topology_tree_from(world->scenario, world->topology.roots[vh - 1].chassis);
    uint32_t port = port_in_front(world, adapter), hop_count = (uint32_t)tree.distance[chassis] + 1;
    CHECK(hop_count <= WAY_HOPS);
    for (uint32_t count = hop_count; count-- > 0;) {
        struct way_hop *hop = &hops[count];
        *hop = (struct way_hop){.chassis = chassis, .port = port, .has_up = count > 0};
        if (!hop->has_up)
            break;
        int trunk = tree.parent_trunk[chassis], end = topology_end_at(&world->scenario->trunks[trunk], chassis);
        hop->up_port = world->trunk_ports[trunk][end]->index;
        chassis = world->scenario->trunks[trunk].between[1 - end];
        port = world->trunk_ports[trunk][1 - end]->index;
    }
    topology_tree_free(&tree);
    return hop_count;
}

bool way_passes(const struct world *world, uint16_t vh, int adapter, int chassis, uint32_t port)
{
    struct way_hop hops[WAY_HOPS];
    uint32_t count = way_find(world, vh, adapter, hops);
    for (uint32_t index = 0; index < count; index++)
        if (hops[index].chassis == chassis && hops[index].port == port)
            return true;
    return false;
}
