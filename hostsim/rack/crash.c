#include "hostsim/rack/crash.h"

#include "fabric/base/check.h"
#include "fabric/pcie/link_control.h"
#include "fabric/switch/bridge_config.h"
#include "fabric/switch/bridge_reset.h"
#include "fabric/switch/slot.h"
#include "fabric/switch/virtual_switch.h"
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
    holding->seen = holding->passing = false;
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

/* --- chassis --- */

static bool sees_changes(const struct world *world, size_t index)
{
    return plugs_mode(world->plugs, world->topology.roots[index].vh) != HOTPLUG_MODE_NONE;
}

/* The upstream bridge of the hierarchy of root INDEX in CHASSIS; NULL: it is not there. */
static const struct virtual_bridge *upstream_in(const struct world *world, size_t index, int chassis)
{
    const struct virtual_switch *there = world->switches[chassis].virtual_switches[world->topology.roots[index].vh];
    return there == NULL || there->bridges[VIRTUAL_SWITCH_UPSTREAM].absent ? NULL
                                                                           : &there->bridges[VIRTUAL_SWITCH_UPSTREAM];
}

/* What the chassis was to ask the host of VH for goes with its power. */
static void forget_asking(const struct mr_switch *chassis, uint16_t vh)
{
    const struct virtual_switch *there = chassis->virtual_switches[vh];
    for (uint32_t index = 0; index < there->bridge_count; index++)
        if (there->bridges[index].slot != NULL)
            slot_apply(there->bridges[index].slot);
}

void crash_chassis(struct world *world, int chassis)
{
    for (size_t index = 0; index < world->topology.root_count; index++) {
        const struct topology_root *root = &world->topology.roots[index];
        const struct virtual_bridge *upstream = upstream_in(world, index, chassis);
        if (upstream == NULL)
            continue;
        if (root->chassis == chassis && sees_changes(world, index) && world->plugs->states[index] != PLUGS_DEAD)
            stop(world, index);
        forget_asking(&world->switches[chassis], root->vh);
        switch_on_reset(&upstream->port->port, root->vh);
    }
}

void crash_find_chassis(struct world *world, int chassis)
{
    for (size_t index = 0; index < world->topology.root_count; index++) {
        const struct topology_root *root = &world->topology.roots[index];
        const struct virtual_bridge *upstream = upstream_in(world, index, chassis);
        bool walks = upstream != NULL && root->chassis != chassis && sees_changes(world, index);
        if (!walks || world->plugs->states[index] != PLUGS_RUNS || !link_is_up(&upstream->port->port))
            continue;
        const struct switch_port *above = CONTAINER_OF(upstream->port->port.peer, struct switch_port, port);
        const struct virtual_switch *parent = above->owner->virtual_switches[root->vh];
        int bridge = virtual_switch_at_port(parent, above->index);
        hotplug_rescan(&world->plugs->drivers[index], bridge_config_id(parent, (uint32_t)bridge));
    }
}

void crash_on_link(struct world *world, size_t index, bool up)
{
    enum plugs_state *state = &world->plugs->states[index];
    bool is_busy = *state == PLUGS_BOOTS || !hotplug_is_settled(&world->plugs->drivers[index]);
    if (!up && *state != PLUGS_DEAD && is_busy) {
        stop(world, index); /* what it was at comes to nothing: it begins anew with the link */
    } else if (up && *state == PLUGS_DEAD) {
        *state = PLUGS_BOOTS;
        root_registers_start_anew(root_port_of(world, index));
        hotplug_boot(&world->plugs->drivers[index]);
    }
    if (up)
        loads_go_on(world->loads, root_port_of(world, index));
}
