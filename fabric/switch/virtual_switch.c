#include "fabric/switch/virtual_switch.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/switch/switch.h"

struct virtual_switch *
virtual_switch_new(uint16_t vh, const struct virtual_bridge *bridges, uint32_t bridge_count, uint32_t port_count)
{
    struct virtual_switch *virtual_switch = calloc(1, sizeof *virtual_switch);
    CHECK(virtual_switch != NULL);
    *virtual_switch = (struct virtual_switch){
        .vh = vh,
        .bridge_count = bridge_count,
        .bridges = calloc(bridge_count, sizeof *bridges),
        .paths = calloc((size_t)bridge_count * bridge_count, sizeof(struct virtual_path)),
        .bridge_of_port = calloc(port_count, sizeof(int16_t)),
    };
    CHECK(virtual_switch->bridges != NULL && virtual_switch->paths != NULL && virtual_switch->bridge_of_port != NULL);
    for (uint32_t port = 0; port < port_count; port++)
        virtual_switch->bridge_of_port[port] = VIRTUAL_SWITCH_NOWHERE;
    for (uint32_t bridge = 0; bridge < bridge_count; bridge++) {
        virtual_switch->bridges[bridge] = bridges[bridge];
        virtual_switch->bridge_of_port[bridges[bridge].port->index] = (int16_t)bridge;
    }
    if (bridge_count > 1) {
        virtual_switch->low = bridges[1].base;
        virtual_switch->high = bridges[bridge_count - 1].limit;
    }
    CHECK(virtual_switch_is_valid(virtual_switch));
    return virtual_switch;
}

void virtual_switch_free(struct virtual_switch *virtual_switch)
{
    if (virtual_switch == NULL)
        return;
    for (uint32_t path = 0; path < virtual_switch->bridge_count * virtual_switch->bridge_count; path++)
        free(virtual_switch->paths[path].queues);
    free(virtual_switch->bridges);
    free(virtual_switch->paths);
    free(virtual_switch->bridge_of_port);
    free(virtual_switch);
}

/* Downstream bridges ascend, so the last that begins at or before ADDRESS is the only one that may claim it. */
static int claimed_by_address(const struct virtual_switch *virtual_switch, uint64_t address)
{
    if (address < virtual_switch->low || address >= virtual_switch->high)
        return VIRTUAL_SWITCH_NOWHERE;
    int low = 0, high = (int)virtual_switch->bridge_count - 1;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (virtual_switch->bridges[middle].base <= address)
            low = middle;
        else
            high = middle - 1;
    }
    return low > 0 && address < virtual_switch->bridges[low].limit ? low : VIRTUAL_SWITCH_NOWHERE;
}

static int claimed_by_id(const struct virtual_switch *virtual_switch, uint16_t id)
{
    uint8_t bus = (uint8_t)(id >> 8);
    int low = 0, high = (int)virtual_switch->bridge_count - 1;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (virtual_switch->bridges[middle].secondary <= bus)
            low = middle;
        else
            high = middle - 1;
    }
    return low > 0 && bus <= virtual_switch->bridges[low].subordinate ? low : VIRTUAL_SWITCH_NOWHERE;
}

/* Which downstream bridge claims TLP. */
static int claimed(const struct virtual_switch *virtual_switch, const struct tlp *tlp)
{
    switch ((enum tlp_type)tlp->type) {
    case TLP_CPL:
    case TLP_CPLD:
    case TLP_CPLLK:
    case TLP_CPLDLK:
        return claimed_by_id(virtual_switch, tlp->requester_id);
    case TLP_CFGRD0:
    case TLP_CFGWR0:
    case TLP_CFGRD1:
    case TLP_CFGWR1:
        return claimed_by_id(virtual_switch, tlp->completer_id);
    case TLP_MSG:
    case TLP_MSGD:
        if (tlp->status == TLP_BY_ID)
            return claimed_by_id(virtual_switch, tlp->completer_id);
        return VIRTUAL_SWITCH_NOWHERE;
    case TLP_IORD:
    case TLP_IOWR:
        return VIRTUAL_SWITCH_NOWHERE; /* no bridge has an I/O window */
    default:
        return claimed_by_address(virtual_switch, tlp->address);
    }
}

int virtual_switch_route(const struct virtual_switch *virtual_switch, int from, const struct tlp *tlp)
{
    int to = claimed(virtual_switch, tlp);
    if (to == from)
        return VIRTUAL_SWITCH_NOWHERE;
    if (to == VIRTUAL_SWITCH_NOWHERE && from != VIRTUAL_SWITCH_UPSTREAM)
        return VIRTUAL_SWITCH_UPSTREAM;
    return to;
}

bool virtual_switch_is_valid(const struct virtual_switch *virtual_switch)
{
    for (uint32_t index = 1; index < virtual_switch->bridge_count; index++) {
        const struct virtual_bridge *bridge = &virtual_switch->bridges[index];
        if (bridge->secondary > bridge->subordinate || bridge->base > bridge->limit)
            return false;
        const struct virtual_bridge *before = bridge - 1;
        if (index > 1 && (before->subordinate >= bridge->secondary || before->limit > bridge->base))
            return false;
    }
    return virtual_switch->bridge_count >= 1;
}
