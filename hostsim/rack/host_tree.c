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

const struct config_space *host_tree_find(const struct world *world, const struct topology_root *root, uint16_t id)
{
    if (id == ROOT_PORT_ID)
        return &world->root_complexes[root->host].ports[root->port].requester->registers;
    const struct config_space *space = NULL;
    for (size_t chassis = 0; chassis < world->scenario->chassis_count && space == NULL; chassis++)
        if (world->switches[chassis].virtual_switches[root->vh] != NULL)
            space = find_bridge(world->switches[chassis].virtual_switches[root->vh], id);
    for (size_t index = 0; index < world->presence_count && space == NULL; index++)
        if (world->presences[index].root == root)
            space = config_device_find(device_of(world, root, world->presences[index].adapter), id);
    return space;
}

struct lspci_function *host_tree_list(
    const struct world *world, const struct topology_root *root, uint16_t domain, bool identified, size_t *count)
{
    const struct world_tree *tree = &world->trees[root->vh - 1];
    struct lspci_function *functions = calloc(tree->count + 1, sizeof *functions);
    CHECK(functions != NULL);
    for (size_t index = 0; index < tree->count; index++) {
        const struct host_function *found = &tree->functions[index];
        functions[index] = (struct lspci_function){
            .domain = domain,
            .routing_id = found->id,
            .space = host_tree_find(world, root, found->id),
            .identified = identified && found->is_vf,
            .vendor = found->vendor,
            .device = found->device,
        };
        CHECK(functions[index].space != NULL);
    }
    *count = tree->count;
    return functions;
}
