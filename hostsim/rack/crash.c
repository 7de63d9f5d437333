#include "hostsim/rack/crash.h"

#include "fabric/base/check.h"
#include "fabric/pcie/link_control.h"
#include "hostsim/host/root_registers.h"
#include "hostsim/rack/loads.h"
#include "hostsim/rack/plugs.h"

static struct root_port *root_port_of(const struct world *world, size_t index)
{
    const struct topology_root *root = &world->topology.roots[index];
    return &world->root_complexes[root->host].ports[root->port];
}

/* Calls ACT for each function that the host has below root INDEX. */
static void
each_function(struct world *world, size_t index, void (*act)(struct loads *loads, struct scenario_function function))
{
    for (size_t n = 0; n < world->holdings.count; n++) {
        const struct holding *holding = &world->holdings.list[n];
        if (holding->seen && holding->at->root == &world->topology.roots[index])
            act(world->loads, holding->function);
    }
}

static void lose(struct loads *loads, struct scenario_function function)
{
    struct holding *holding = holdings_find(&loads->world->holdings, function);
    struct iommu *iommu = loads->world->root_complexes[holding->at->root->host].iommu;
    loads_detach(loads, function);
    if (iommu != NULL)
        iommu_forget(iommu, holding->at->vh, holding->at->id);
    holding->seen = false;
}

/* The kernel is gone, and so is all that it had below root INDEX. Workloads stop before any of them sees that another
 * has. */
static void stop(struct world *world, size_t index)
{
    world->plugs->states[index] = PLUGS_DEAD;
    hotplug_stop(&world->plugs->drivers[index]);
    world->trees[index] = (struct world_tree){0};
    each_function(world, index, loads_release);
    each_function(world, index, lose);
    loads_stop_cores(world->loads, root_port_of(world, index));
}

void crash_host(struct world *world, int host)
{
    for (size_t index = 0; index < world->topology.root_count; index++) {
        if (world->topology.roots[index].host != host)
            continue;
        if (world->plugs->states[index] != PLUGS_DEAD)
            stop(world, index);
        link_take_down(&root_port_of(world, index)->port, LINK_CAUSE_UPPER_DEAD);
    }
}

void crash_reboot(struct world *world, int host)
{
    for (size_t index = 0; index < world->topology.root_count; index++)
        if (world->topology.roots[index].host == host)
            link_bring_up(&root_port_of(world, index)->port, LINK_CAUSE_UPPER_DEAD);
}

void crash_on_link(struct world *world, size_t index, bool up)
{
    enum plugs_state *state = &world->plugs->states[index];
    if (!up && *state == PLUGS_BOOTS) {
        stop(world, index); /* it begins again with the link */
    } else if (up && *state == PLUGS_DEAD) {
        *state = PLUGS_BOOTS;
        root_registers_start_anew(root_port_of(world, index));
        hotplug_boot(&world->plugs->drivers[index]);
    }
}
