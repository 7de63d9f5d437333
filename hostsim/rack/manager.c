#include "hostsim/rack/manager.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/pcie/rate_guarantee.h"

/* The numbers that stand for "none", and the order of words, are the same on both sides. */
_Static_assert(SCENARIO_NONE == PCIM_NONE && SCENARIO_BF == PCIM_BF, "numbers of functions");
_Static_assert((int)SHARING_EXCLUSIVE == (int)PCIM_EXCLUSIVE && (int)SHARING_SR_IOV == (int)PCIM_SR_IOV, "sharing");
_Static_assert(
    (int)HOTPLUG_NONE == (int)PCIM_HOTPLUG_NONE && (int)HOTPLUG_SURPRISE == (int)PCIM_HOTPLUG_SURPRISE, "hot-plug");

struct pcim_function_id manager_function_id(struct scenario_function function)
{
    return (struct pcim_function_id){function.adapter, function.pf, function.vf};
}

struct pcim_owner manager_owner(struct scenario_owner owner)
{
    return (struct pcim_owner){owner.host, owner.uplink, owner.guest};
}

static void add_host(struct pcim_inventory *inventory, const struct scenario_host *host)
{
    const char **guests = calloc(host->guest_count + 1, sizeof *guests);
    CHECK(guests != NULL);
    for (size_t guest = 0; guest < host->guest_count; guest++)
        guests[guest] = host->guests[guest].name;
    struct pcim_host_config config = {
        .name = host->name,
        .chassis = host->uplinks,
        .uplink_count = host->uplink_count,
        .guests = guests,
        .guest_count = host->guest_count,
        .hotplug = host->capabilities & CAPABILITY_HOTPLUG ? (enum pcim_hotplug)host->hotplug : PCIM_HOTPLUG_NONE,
        .sr_iov = host->capabilities & CAPABILITY_SR_IOV,
        .vf_migration = host->capabilities & CAPABILITY_VF_MIGRATION,
        .plugs_guests = host->capabilities & CAPABILITY_HOTPLUG,
        .most_min_bps = rate_guarantee_most_bps(link_payload_bps(&host->link, false)),
    };
    pcim_inventory_add_host(inventory, &config);
    free(guests);
}

static void add_parts(struct pcim_inventory *inventory, const struct scenario *scenario)
{
    for (size_t index = 0; index < scenario->chassis_count; index++)
        pcim_inventory_add_chassis(inventory, scenario->chassis[index].name);
    for (size_t index = 0; index < scenario->host_count; index++)
        add_host(inventory, &scenario->hosts[index]);
    for (size_t index = 0; index < scenario->trunk_count; index++) {
        const struct scenario_trunk *trunk = &scenario->trunks[index];
        pcim_inventory_add_trunk(inventory, trunk->name, trunk->between[0], trunk->between[1]);
    }
    for (size_t index = 0; index < scenario->adapter_count; index++) {
        const struct scenario_adapter *adapter = &scenario->adapters[index];
        struct pcim_adapter_config config = {
            .name = adapter->name,
            .chassis = adapter->chassis,
            .host = adapter->host,
            .sharing = (enum pcim_sharing)adapter->sharing,
            .pfs = adapter->pfs,
            .vfs = adapter->vfs,
            .most_min_bps =
                rate_guarantee_most_bps(link_payload_bps(&adapter->link, adapter->sharing == SHARING_MR_IOV)),
        };
        pcim_inventory_add_adapter(inventory, &config);
    }
}

void manager_take_inventory(struct pcim_inventory *inventory, const struct scenario *scenario)
{
    add_parts(inventory, scenario);
    pcim_inventory_seal(inventory);
    for (size_t index = 0; index < scenario->assignment_count; index++) {
        const struct scenario_assignment *assignment = &scenario->assignments[index];
        struct pcim_function_id id = manager_function_id(assignment->function);
        pcim_inventory_own(inventory, id, manager_owner(assignment->owner), assignment->weight);
        pcim_function_at(inventory, id)->min_bps = assignment->min_bps;
        pcim_function_at(inventory, id)->max_bps = assignment->max_bps;
    }
}

void manager_init(struct manager *manager, struct world *world)
{
    pcim_init(&manager->pcim, &world->fabric.simulation, &commands_hardware, &manager->commands);
    manager_take_inventory(&manager->pcim.inventory, world->scenario);
    commands_init(&manager->commands, world, &manager->pcim.inventory);
}

void manager_free(struct manager *manager)
{
    commands_free(&manager->commands);
    pcim_free(&manager->pcim);
}
