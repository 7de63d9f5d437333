/* Bus numbers that a walk keeps for what may come. */
#include "fabric/base/check.h"
#include "hostsim/host/buses.h"
#include "hostsim/host/enumeration_steps.h"

static uint32_t buses_wanted(const struct enumeration *walk)
{
    const struct host_function *functions = walk->functions;
    uint8_t places[ENUMERATION_BUSES];
    size_t at = ENUMERATION_BUSES;
    if (!walk->config.room || walk->config.buses == NULL)
        return 0;
    for (int bridge = (int)walk->at; functions[bridge].parent != HOST_FUNCTION_NONE;
         bridge = functions[bridge].parent) {
        CHECK(at > 0);
        places[--at] = (uint8_t)functions[bridge].id;
    }
    if (at == ENUMERATION_BUSES)
        return 0; /* the root port: not a switch's */
    return walk->config.buses(walk->config.rack, walk->config.vh, &places[at], ENUMERATION_BUSES - at);
}

void enumeration_ask_firmware(struct enumeration *walk)
{
    walk->functions[walk->at].buses_wanted = (uint16_t)buses_wanted(walk);
}

void enumeration_keep_buses(struct enumeration *walk)
{
    const struct host_function *bridge = &walk->functions[walk->at];
    uint32_t share = walk->keeps_buses ? buses_share(walk->functions, walk->count, (int)walk->at) : 0;
    uint32_t taken = walk->last_bus - bridge->secondary + 1;
    if (share <= taken)
        return;
    uint32_t last = walk->last_bus + ((share - taken) >> walk->tightness);
    walk->last_bus = last < walk->bus_limit ? last : walk->bus_limit;
}
