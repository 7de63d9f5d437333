#include "hostsim/rack/host_tree.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/pcie/config_requester.h"
#include "fabric/switch/bridge_config.h"

static const struct config_space *find_bridge(const struct virtual_switch *virtual_switch, uint16_t id)
{
    for (uint32_t index = 0; index < virtual_switch->bridge_count; index++)
        if (!virtual_switch->bridges[index].absent && bridge_config_id(virtual_switch, index) == id)
            return virtual_switch->bridges[index].config;
    return NULL;
}

/* The registers that the hierarchy of ROOT has of an adapter. */
static const struct config_device *device_of(const struct world *world, const struct topology_root *root, int index)
{
    const struct adapter *adapter = &world->adapters[index];
    if (world->scenario->adapters[index].sharing == SHARING_SR_IOV)
        return &CONTAINER_OF(adapter->port.peer, struct switch_port, port)->translator->hierarchies[root->vh].device;
    return &adapter->spaces[adapter->port.mr ? root->vh : 0].device;
}

/* Whether the hierarchy of ROOT has functions of the adapter: from the start, or since they came there. */
static bool has_adapter(const struct world *world, const struct topology_root *root, int index)
{
    for (size_t n = 0; n < world->presence_count; n++)
        if (world->presences[n].root == root && world->presences[n].adapter == index)
            return true;
    for (size_t n = 0; n < world->holdings.count; n++) {
        const struct holding *holding = &world->holdings.list[n];
        if (holding->bound && holding->at->root == root && holding->function.adapter == index)
            return true;
    }
    return false;
}

const struct config_space *host_tree_find(const struct world *world, const struct topology_root *root, uint16_t id)
{
    if (id == ROOT_PORT_ID)
        return &world->root_complexes[root->host].ports[root->port].requester->registers;
    const struct config_space *space = NULL;
    for (size_t chassis = 0; chassis < world->scenario->chassis_count && space == NULL; chassis++)
        if (world->switches[chassis].virtual_switches[root->vh] != NULL)
            space = find_bridge(world->switches[chassis].virtual_switches[root->vh], id);
    for (int index = 0; index < (int)world->scenario->adapter_count && space == NULL; index++)
        if (has_adapter(world, root, index))
            space = config_device_find(device_of(world, root, index), id);
    return space;
}

struct lspci_function *host_tree_list(
    const struct world *world, const struct topology_root *root, uint16_t domain, bool identified, size_t *count)
{
    const struct world_tree *tree = &world->trees[root->vh - 1];
    struct lspci_function *functions = calloc(tree->count + 1, sizeof *functions);
    CHECK(functions != NULL);
    *count = 0;
    for (size_t index = 0; index < tree->count; index++) {
        const struct host_function *found = &tree->functions[index];
        const struct config_space *space = host_tree_find(world, root, found->id);
        CHECK(space != NULL || world->scenario->managed);
        if (space == NULL) /* it is gone, and its host has not dealt with that yet */
            continue;
        functions[(*count)++] = (struct lspci_function){
            .domain = domain,
            .routing_id = found->id,
            .space = space,
            .identified = identified && found->is_vf,
            .vendor = found->vendor,
            .device = found->device,
        };
    }
    return functions;
}
