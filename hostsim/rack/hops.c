#include "hostsim/rack/hops.h"

#include "hostsim/rack/topology.h"

int hops_between(const struct scenario *scenario, int from, int to)
{
    if (from < 0 || to < 0)
        return HOPS_NO_PATH;
    struct topology_tree tree = topology_tree_from(scenario, from);
    int hops = tree.distance[to];
    topology_tree_free(&tree);
    return hops;
}

int hops_nearest_uplink(const struct scenario *scenario, int host, int to)
{
    int nearest = SCENARIO_NONE, fewest = 0;
    for (size_t i = 0; i < scenario->hosts[host].uplink_count; i++) {
        int hops = hops_between(scenario, scenario->hosts[host].uplinks[i], to);
        if (hops == HOPS_NO_PATH || (nearest != SCENARIO_NONE && hops >= fewest))
            continue;
        nearest = (int)i;
        fewest = hops;
    }
    return nearest;
}
