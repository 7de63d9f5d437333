#include "hostsim/rack/hops.h"

#include <stdlib.h>

#include "fabric/base/check.h"

/* The other end of TRUNK seen from CHASSIS; SCENARIO_NONE when it does not end there. */
static int other_end(const struct scenario_trunk *trunk, int chassis)
{
    if (trunk->between[0] == chassis)
        return trunk->between[1];
    return trunk->between[1] == chassis ? trunk->between[0] : SCENARIO_NONE;
}

int hops_between(const struct scenario *scenario, int from, int to)
{
    if (from < 0 || to < 0)
        return HOPS_NO_PATH;
    int *hops = malloc(2 * scenario->chassis_count * sizeof(*hops)), *queue = hops + scenario->chassis_count;
    CHECK(hops);
    size_t head = 0, tail = 0;
    for (size_t i = 0; i < scenario->chassis_count; i++)
        hops[i] = HOPS_NO_PATH;
    hops[from] = 0;
    for (queue[tail++] = from; head < tail; head++) {
        for (size_t i = 0; i < scenario->trunk_count; i++) {
            int next = other_end(&scenario->trunks[i], queue[head]);
            if (next == SCENARIO_NONE || hops[next] != HOPS_NO_PATH)
                continue;
            hops[next] = hops[queue[head]] + 1;
            queue[tail++] = next;
        }
    }
    int found = hops[to];
    free(hops);
    return found;
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
