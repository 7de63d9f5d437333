#include "hostsim/rack/topology.h"

#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"

static void add_root(struct topology *topology, struct topology_root root)
{
    root.vh = (uint16_t)(topology->root_count + 1);
    root.port = topology_port_count(topology, root.host);
    topology->roots = reallocarray(topology->roots, topology->root_count + 1, sizeof *topology->roots);
    CHECK(topology->roots != NULL);
    topology->roots[topology->root_count++] = root;
}

static void add_uplinks(struct topology *topology, int host)
{
    const struct scenario_host *spec = &topology->scenario->hosts[host];
    for (size_t uplink = 0; uplink < spec->uplink_count; uplink++)
        add_root(
            topology, (struct topology_root){
                          .host = host,
                          .uplink = (int)uplink,
                          .chassis = spec->uplinks[uplink],
                          .adapter = SCENARIO_NONE,
                      });
}

static void add_local_adapters(struct topology *topology, int host)
{
    const struct scenario *scenario = topology->scenario;
    for (size_t adapter = 0; adapter < scenario->adapter_count; adapter++)
        if (scenario->adapters[adapter].host == host)
            add_root(
                topology, (struct topology_root){
                              .host = host,
                              .uplink = SCENARIO_NONE,
                              .chassis = SCENARIO_NONE,
                              .adapter = (int)adapter,
                          });
}

void topology_init(struct topology *topology, const struct scenario *scenario)
{
    *topology = (struct topology){.scenario = scenario};
    for (size_t host = 0; host < scenario->host_count; host++)
        add_uplinks(topology, (int)host);
    for (size_t host = 0; host < scenario->host_count; host++)
        add_local_adapters(topology, (int)host);
}

void topology_free(struct topology *topology)
{
    free(topology->roots);
    *topology = (struct topology){0};
}

const struct topology_root *topology_root_of(const struct topology *topology, struct scenario_owner owner, int adapter)
{
    bool local = topology->scenario->adapters[adapter].host != SCENARIO_NONE;
    for (size_t index = 0; index < topology->root_count; index++) {
        const struct topology_root *root = &topology->roots[index];
        if (root->host == owner.host && (local ? root->adapter == adapter : root->uplink == owner.uplink))
            return root;
    }
    CHECK(!"an owner has a root port");
    return NULL;
}

uint32_t topology_port_count(const struct topology *topology, int host)
{
    uint32_t count = 0;
    for (size_t index = 0; index < topology->root_count; index++)
        count += topology->roots[index].host == host;
    return count;
}

int topology_end_at(const struct scenario_trunk *trunk, int chassis)
{
    for (int end = 0; end < 2; end++)
        if (trunk->between[end] == chassis)
            return end;
    return SCENARIO_NONE;
}

/* True when TRUNK is a better last step than what was found so far. */
static bool is_better(const struct scenario *scenario, int trunk, int found)
{
    return found == SCENARIO_NONE || strcmp(scenario->trunks[trunk].name, scenario->trunks[found].name) < 0;
}

/* Reaches the chassis that are DISTANCE trunks away. True when there is one. */
static bool reach(const struct scenario *scenario, struct topology_tree *tree, int distance)
{
    bool reached = false;
    for (size_t index = 0; index < scenario->trunk_count; index++) {
        const struct scenario_trunk *trunk = &scenario->trunks[index];
        for (int end = 0; end < 2; end++) {
            int to = trunk->between[end], from = trunk->between[1 - end];
            if (from == SCENARIO_NONE || to == SCENARIO_NONE || tree->distance[from] != distance - 1)
                continue;
            if (tree->distance[to] != SCENARIO_NONE && tree->distance[to] != distance)
                continue;
            tree->distance[to] = distance;
            if (is_better(scenario, (int)index, tree->parent_trunk[to]))
                tree->parent_trunk[to] = (int)index;
            reached = true;
        }
    }
    return reached;
}

struct topology_tree topology_tree_from(const struct scenario *scenario, int chassis)
{
    struct topology_tree tree = {
        .parent_trunk = calloc(scenario->chassis_count + 1, sizeof(int)),
        .distance = calloc(scenario->chassis_count + 1, sizeof(int)),
    };
    CHECK(tree.parent_trunk != NULL && tree.distance != NULL);
    for (size_t index = 0; index < scenario->chassis_count; index++) {
        tree.parent_trunk[index] = SCENARIO_NONE;
        tree.distance[index] = SCENARIO_NONE;
    }
    tree.distance[chassis] = 0;
    for (int distance = 1; reach(scenario, &tree, distance); distance++)
        ;
    return tree;
}

void topology_tree_free(struct topology_tree *tree)
{
    free(tree->parent_trunk);
    free(tree->distance);
    *tree = (struct topology_tree){0};
}
